"""Work that takes too long is abandoned, and its thread can end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from seinfer.models.download.time_limits import call_within, iterate_within


def test_call_within_returns_the_result_or_raises_the_error_of_the_function() -> None:
    assert call_within(10, lambda: int("7")) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        call_within(10, lambda: int("seven"))


def test_call_within_abandons_a_function_that_does_not_return_and_discards_its_late_result() -> None:
    release, is_discarded = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
        call_within(0.05, lambda: release.wait(30), discard=lambda result: is_discarded.set())
    assert not is_discarded.is_set()
    release.set()
    assert is_discarded.wait(10)


def test_iterate_within_yields_all_items_in_order() -> None:
    assert list(iterate_within(10, range(1000))) == list(range(1000))


def test_iterate_within_yields_the_items_before_an_error() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    found = []
    with pytest.raises(ValueError, match="broken"):
        for item in iterate_within(10, items()):
            found.append(item)
    assert found == [1]


def test_iterate_within_abandons_an_iterator_that_stops() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(30)

    found = []
    with pytest.raises(TimeoutError, match=r"nothing received within 0\.05 s"):
        for item in iterate_within(0.05, items()):
            found.append(item)
    assert found == [1]
    release.set()


def test_iterate_within_that_is_closed_lets_its_thread_end() -> None:
    is_ended = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            is_ended.set()

    with closing(iterate_within(10, items())) as found:
        assert next(iter(found)) == 1
    assert is_ended.wait(10)
