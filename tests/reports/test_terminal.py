from __future__ import annotations

import pytest
from rich.table import Table

from seinfer.reports.terminal import console


def test_console_without_a_terminal_is_160_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == 160


def test_console_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "97")
    assert console().width == 97


def test_console_shows_markup_emoji_codes_and_control_characters_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table("[b]x")
    table.add_row("[red]:smile:\x1b[31m")
    console().print("[red]:smile:\x1b[31m", table)
    shown = capsys.readouterr().out
    assert shown.count(r"[red]:smile:\x1b[31m") == 2
    assert "[b]x" in shown


def test_console_with_soft_wrap_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("a\nb " * 100, soft_wrap=True)
    assert capsys.readouterr().out == r"a\nb " * 100 + "\n"


def test_console_for_errors_writes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console(is_error=True).print("trouble")
    console().print("data")
    assert capsys.readouterr() == ("data\n", "trouble\n")
