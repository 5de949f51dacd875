"""Ctrl-C: the first one ends the command, further ones are ignored for a while."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from seinfer.cli import interrupts
from seinfer.cli.interrupts import Interrupts

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Restore the handlers of the test runner."""
    before = [signal.getsignal(number) for number in BOTH]
    yield
    for number, handler in zip(BOTH, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("first", BOTH)
@pytest.mark.parametrize("second", BOTH)
def test_interrupts_only_the_first_signal_raises(first: signal.Signals, second: signal.Signals) -> None:
    Interrupts()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(first)
    for _ in range(3):
        signal.raise_signal(second)


def test_interrupts_signal_after_the_command_has_ended_is_ignored() -> None:
    Interrupts().close()
    for number in BOTH:
        signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN


def test_interrupts_signal_long_after_the_first_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(interrupts, "_PATIENCE_S", -1.0)
    Interrupts()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    assert codes == [130]
