"""The command line: options -> one request -> one call -> one rendering -> one exit code. One module a command."""
