from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from seinfer.core.progress import State
from seinfer.reports import progress
from seinfer.reports.progress import DownloadBars, ProgressBars


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Replace standard error by a terminal of 120 columns, and return what is written to it."""
    text = io.StringIO()
    target = Console(file=text, force_terminal=True, width=120)
    monkeypatch.setattr(progress, "console", lambda **_: target)
    return text


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def last_lines(terminal: io.StringIO) -> dict[str, str]:
    """Return the first word of each bar -> the bar as it was drawn last."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).replace("\r", "\n")
    return {line.split()[0]: " ".join(line.split()) for line in text.splitlines() if line.strip()}


def test_progress_bars_show_the_steps_of_each_stage_and_of_all(terminal: io.StringIO) -> None:
    with ProgressBars() as bars:
        bars.start("enhance", 3)
        bars.start("score", 5)
        for _ in range(3):
            bars.advance("enhance")
        bars.advance("score")
    shown = last_lines(terminal)
    assert "3/3" in shown["enhance"] and "1/5" in shown["score"] and "4/8" in shown["all"]


def test_progress_bars_of_a_single_stage_have_no_bar_for_all(terminal: io.StringIO) -> None:
    with ProgressBars() as bars:
        bars.start("mixing", 2)
        bars.advance("mixing")
    assert set(last_lines(terminal)) == {"mixing"}


def test_progress_bars_count_the_time_of_a_stage_from_its_own_start(terminal: io.StringIO) -> None:
    clock = Clock()
    with ProgressBars(get_time=clock) as bars:
        bars.start("first", 1, State.WAITING)
        bars.start("second", 4, State.WAITING)
        bars.change("first", State.RUNNING)
        clock.now_s += 60.0
        bars.advance("first")
        bars.change("second", State.LOADING)
        clock.now_s += 5.0
    shown = last_lines(terminal)
    assert shown["first"].endswith("1/1 0:01:00")
    assert shown["second"].endswith("0/4 0:00:05, loading")


def test_progress_bars_show_no_stage_that_waits(terminal: io.StringIO) -> None:
    with ProgressBars() as bars:
        bars.start("first", 1)
        bars.start("second", 4, State.WAITING)
    shown = last_lines(terminal)
    assert set(shown) == {"first", "all"}
    assert "0/5" in shown["all"]


def test_progress_bars_give_the_time_left_from_the_first_step_on_without_the_time_of_loading(
    terminal: io.StringIO,
) -> None:
    clock = Clock()
    with ProgressBars(get_time=clock) as bars:
        bars.start("net", 5, State.WAITING)
        bars.advance("net")  # done by an earlier command
        bars.change("net", State.LOADING)
        clock.now_s += 30.0
        bars.change("net", State.RUNNING)
        clock.now_s += 10.0
        bars.start("other", 3, State.WAITING)
    before = last_lines(terminal)["net"]
    assert before.endswith("1/5 0:00:40")
    with bars:
        bars.advance("net")
    assert last_lines(terminal)["net"].endswith("2/5 0:00:40, about 0:00:30 left")


def test_progress_bars_give_at_least_as_much_time_for_all_stages_as_for_each(terminal: io.StringIO) -> None:
    clock = Clock()
    with ProgressBars(get_time=clock) as bars:
        for stage, total in (("quick", 100), ("slow", 3)):
            bars.start(stage, total, State.WAITING)
        bars.change("quick", State.RUNNING)
        clock.now_s += 1.0
        for _ in range(100):
            bars.advance("quick")
        bars.change("slow", State.RUNNING)
        clock.now_s += 20.0
        bars.advance("slow")
    shown = last_lines(terminal)
    assert shown["slow"].endswith("about 0:00:40 left")
    assert shown["all"].endswith("101/103 0:00:21, about 0:00:40 left")


def test_progress_bars_of_a_stage_that_is_lost_end_and_count_its_steps(terminal: io.StringIO) -> None:
    with ProgressBars() as bars:
        bars.start("broken", 4, State.WAITING)
        bars.start("other", 1, State.WAITING)
        bars.change("broken", State.LOADING)
        bars.change("broken", State.LOST)
    shown = last_lines(terminal)
    assert shown["broken"].endswith("0/4 not run")
    assert "4/5" in shown["all"]


def test_progress_bars_of_long_names_fit_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    text, clock = io.StringIO(), Clock()
    monkeypatch.setattr(progress, "console", lambda **_: Console(file=text, force_terminal=True, width=80))
    with ProgressBars(get_time=clock) as bars:
        bars.start("denoiser-valentini-nc", 999)
        bars.start("scoring", 999)
        clock.now_s += 36000.0
        bars.advance("denoiser-valentini-nc")
    assert "1/999 10:00:00, about" in last_lines(text)["denoiser-valentini-nc"]


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
