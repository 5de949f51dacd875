"""Blocking work with a time limit: it runs in another thread, which is abandoned when the time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from queue import Empty, Queue
from typing import TypeVar

Result = TypeVar("Result")
_QUEUE_LENGTH = 64
_END = object()


def call_within(
    limit_s: float, function: Callable[[], Result], discard: Callable[[Result], object] | None = None
) -> Result:
    """Return the result of a function, called in another thread that is abandoned when the time is over.

    Args:
        limit_s: seconds to wait.
        function: the function to call.
        discard: called with a result that comes too late, to close it.

    Raises:
        TimeoutError: there was no result in time.
        BaseException: the function raised it.
    """
    outcome = start_thread(function)
    if not wait([outcome], timeout=limit_s).done:
        if discard:
            outcome.add_done_callback(lambda late: None if late.exception() else discard(late.result()))
        raise TimeoutError(f"no answer within {limit_s:g} s")
    return outcome.result()


def start_thread(function: Callable[[], Result]) -> Future[Result]:
    """Call a function in a thread that does not keep the program from ending."""
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(function())
        except BaseException as error:  # noqa: BLE001 raised again in the caller's thread by `Future.result`
            outcome.set_exception(error)

    threading.Thread(target=run, name="seinfer-download", daemon=True).start()
    return outcome


def iterate_within(limit_s: float, items: Iterable[Result]) -> Generator[Result, None, None]:
    """Yield items that another thread produces ahead of time.

    Args:
        limit_s: seconds to wait for each item.
        items: the items; when the time is over, the thread may still wait for the next one.

    Raises:
        TimeoutError: the next item did not come in time.
        BaseException: producing the items raised it.
    """
    queue: Queue[Result | object] = Queue(_QUEUE_LENGTH)
    is_abandoned = threading.Event()

    def produce() -> None:
        try:
            for item in items:
                queue.put(item)
                if is_abandoned.is_set():
                    return
        finally:
            queue.put(_END)

    outcome = start_thread(produce)
    try:
        while (item := _get(queue, limit_s)) is not _END:
            yield item  # type: ignore[misc]  # every object in the queue except _END is an item
        outcome.result()
    finally:
        is_abandoned.set()
        while not queue.empty():  # a thread that waits for space in the queue can continue and end
            queue.get()


def _get(queue: Queue[Result | object], limit_s: float) -> Result | object:
    try:
        return queue.get(timeout=limit_s)
    except Empty:
        raise TimeoutError(f"nothing received within {limit_s:g} s") from None
