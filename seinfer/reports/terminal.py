"""Where text goes: standard output for data, standard error for the rest."""

from __future__ import annotations

import os
import sys

from rich.console import Console

# Where nobody looks at a terminal, lines must not be folded at an imagined one.
_WIDTH_WITHOUT_TERMINAL = 160


def console(*, is_error: bool = False) -> Console:
    """Return a console for standard output, or standard error, as wide as the terminal or COLUMNS says."""
    stream = sys.stderr if is_error else sys.stdout
    is_told = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    width = None if is_told else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=is_error, width=width, highlight=False)
