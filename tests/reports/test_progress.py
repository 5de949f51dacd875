from __future__ import annotations

import io

import pytest
from rich.console import Console

from seinfer.reports import progress
from seinfer.reports.progress import DownloadBars, ProgressBars


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Replace standard error by a terminal of 120 columns, and return what is written to it."""
    text = io.StringIO()
    target = Console(file=text, force_terminal=True, width=120)
    monkeypatch.setattr(progress, "console", lambda **_: target)
    return text


def test_progress_bars_show_the_steps_of_each_stage(terminal: io.StringIO) -> None:
    with ProgressBars() as bars:
        bars.start("enhance", 3)
        bars.start("score", 5)
        for _ in range(3):
            bars.advance("enhance")
        bars.advance("score")
    shown = terminal.getvalue()
    assert "enhance" in shown and "3/3" in shown
    assert "score" in shown and "1/5" in shown


def test_progress_bars_that_are_not_shown_write_nothing(terminal: io.StringIO) -> None:
    with ProgressBars(is_shown=False) as bars:
        bars.start("enhance", 3)
        bars.advance("enhance")
    assert terminal.getvalue() == ""


def test_download_bars_count_bytes_from_those_of_an_earlier_attempt(terminal: io.StringIO) -> None:
    with DownloadBars() as bars:
        bars.on_start("net.th", 2_000_000, 500_000)
        bars.on_bytes(1_000_000)
        bars.on_done()
        bars.on_bytes(1_000_000)  # no file is open: not counted
    shown = terminal.getvalue()
    assert "net.th" in shown and "1.5/2.0 MB" in shown


@pytest.mark.parametrize("bars", [ProgressBars, DownloadBars])
def test_bars_without_a_terminal_show_nothing(
    bars: type[ProgressBars] | type[DownloadBars], capsys: pytest.CaptureFixture[str]
) -> None:
    with bars() as shown:
        if isinstance(shown, ProgressBars):
            shown.start("enhance", 1)
            shown.advance("enhance")
        else:
            shown.on_start("net.th", 10, 0)
            shown.on_bytes(10)
    assert capsys.readouterr() == ("", "")
