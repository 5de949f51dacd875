"""Exit codes of the command line; the README and `errors.py` refer to them."""

ALL_DONE = 0
ERROR = 1
USAGE = 2
PAIRING = 3
INTEGRITY = 4
"""A hash is wrong, or a file is not what it must be."""
PARTLY_FAILED = 5
"""Finished, but some clips or models failed."""
INTERRUPTED = 130
