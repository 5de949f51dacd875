"""The rich consoles for standard output (data) and standard error (everything else)."""

from __future__ import annotations

import os
import sys

from rich.console import Console

# Output to a file or a pipe has no width of its own; it must be wide enough that lines are not folded.
_WIDTH_WITHOUT_TERMINAL = 160


def console(*, is_error: bool = False) -> Console:
    """Return a console for standard output, or for standard error.

    Its width is that of the terminal, or the environment variable COLUMNS, or 160 columns if neither is available.
    """
    stream = sys.stderr if is_error else sys.stdout
    is_width_known = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    width = None if is_width_known else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=is_error, width=width, highlight=False)
