"""The rich consoles for standard output (data) and standard error (everything else).

Texts from outside are shown as they are: no markup such as [red], no emoji codes, control characters as escapes.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from ..core.escape import visible, visible_lines
from ..core.streams import styled

# Output to a file or a pipe has no width of its own; it must be wide enough that lines are not folded.
_WIDTH_WITHOUT_TERMINAL = 160


def console(*, is_error: bool = False) -> Console:
    """Return a console for standard output, or for standard error.

    Its width is that of the terminal, or the environment variable COLUMNS, or 160 columns if neither is available.
    """
    stream = sys.stderr if is_error else sys.stdout
    is_width_known = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    width = None if is_width_known else _WIDTH_WITHOUT_TERMINAL
    return _PlainConsole(file=styled(stream), width=width, highlight=False, markup=False, emoji=False)


class _PlainConsole(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does; with `soft_wrap` each text is one line, and a line break in it becomes an escape."""
        is_line = options.get("soft_wrap")
        super().print(*(visible(o) if is_line and isinstance(o, str) else o for o in objects), **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as rich shows it; each text that is printed, and each cell of a table, comes through here."""
        return super().render_str(visible_lines(text), **options)
