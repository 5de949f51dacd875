from __future__ import annotations

import pytest

from seinfer.reports.terminal import console


def test_console_without_a_terminal_is_160_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == 160


def test_console_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "97")
    assert console().width == 97


def test_console_for_errors_writes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console(is_error=True).print("trouble")
    console().print("data")
    assert capsys.readouterr() == ("data\n", "trouble\n")
