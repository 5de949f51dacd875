"""Exit codes of the command line, as docs/files.md lists them; errors.py assigns them to errors."""

ALL_DONE = 0
ERROR = 1
USAGE = 2
PAIRING = 3
INTEGRITY = 4
"""The hash of a file is wrong, or a checkpoint does not match its network."""
PARTLY_FAILED = 5
"""Finished, but some clips or models failed."""
INTERRUPTED = 130
