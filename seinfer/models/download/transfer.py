"""One HTTP exchange with a bound on every way of waiting.

The exchange runs in a thread of its own while the caller's thread watches. `requests` bounds the wait for a single
packet only: a resolver that hangs, a header that trickles or a body at a byte a second would keep it busy for ever. The
watch gives up on whatever brings nothing for too long, and leaves the thread behind, cut off from the file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Protocol

from ...core.errors import DownloadError
from . import exchange
from .exchange import CHUNK_BYTES, Exchange, PassingError, many
from .partials import Partial

TICK_S = 0.05


class Progress(Protocol):
    """What is told of a download while it runs, always in the caller's thread."""

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Say that a transfer began, of which some bytes are here from before. Comes again when it is begun anew."""
        ...

    def on_bytes(self, n: int) -> None:
        """Say that `n` more bytes are here."""
        ...

    def on_done(self) -> None:
        """Say that the transfer ended, well or not."""
        ...


def transfer(
    url: str, partial: Partial, expected_bytes: int | None, *, name: str, progress: Progress | None = None
) -> int:
    """Fetch what is missing of a file.

    Args:
        url: http or https.
        partial: where it goes; the request is for what comes after the bytes that it holds.
        expected_bytes: size of the whole file, None where it is not known.
        name: for the progress display.
        progress: is told what comes.

    Returns:
        How many bytes of the file are from before; 0 when the server began anew.

    Raises:
        PassingError: it ended early, or the server is in trouble.
        RangeRefusedError: the partial file is of no use to the server.
        IntegrityError: the server announces or sends another size than expected.
        DownloadError: any other reason.
    """
    work = Exchange(url, partial, expected_bytes)
    work.refuse_dead()
    import pooch  # noqa: F401  # slow to import: not on the connection's time

    work.since = time.monotonic()
    outcome = _in_thread(work.get)
    try:
        _Watch(work, partial, name, progress).wait(outcome)
    finally:
        work.cut_off()
    outcome.result()
    if work.total_bytes is not None and partial.size_bytes < work.total_bytes:
        at = f"{partial.size_bytes:,} of {work.total_bytes:,} bytes"
        raise PassingError(f"{url}: the transfer ended early, at {at}")
    return work.offset


class _Watch:
    """The caller's side of an exchange: tells of its progress, and gives up on one that stands still."""

    def __init__(self, work: Exchange, partial: Partial, name: str, progress: Progress | None) -> None:
        self.work = work
        self.partial = partial
        self.name = name
        self.progress = progress
        self.reported_bytes = -1  # none yet

    def wait(self, outcome: Future[None]) -> None:
        try:
            is_done = False
            while not is_done:
                is_done = bool(wait([outcome], timeout=TICK_S).done)
                self._report()
                if not is_done:
                    self._refuse_standstill()
        finally:
            if self.progress is not None and self.reported_bytes >= 0:
                self.progress.on_done()

    def _report(self) -> None:
        if self.progress is None or self.work.phase != "body":
            return
        if self.reported_bytes < 0:
            self.reported_bytes = self.work.offset
            self.progress.on_start(self.name, self.work.total_bytes, self.work.offset)
        size_bytes = self.partial.size_bytes
        if size_bytes > self.reported_bytes:
            self.progress.on_bytes(size_bytes - self.reported_bytes)
            self.reported_bytes = size_bytes

    def _refuse_standstill(self) -> None:
        phase, waited_s = self.work.phase, time.monotonic() - self.work.since
        limits = exchange.LIMITS
        limit_s = limits.connect_s if phase == "connect" else limits.idle_s
        if waited_s < limit_s:
            return
        if phase == "body":
            at = f"{self.partial.size_bytes:,} of {many(self.work.total_bytes)} bytes"
            raise DownloadError(
                f"{self.work.url}: {self.work.host} stopped at {at} (less than {CHUNK_BYTES:,} in {limit_s:g} s)"
            )
        if phase == "connect":
            raise self.work.dead(f"{self.work.door} could not be reached within {limit_s:g} s")
        raise self.work.dead(f"{self.work.host} took the connection and did not answer within {limit_s:g} s")


def _in_thread(work: Callable[[], None]) -> Future[None]:
    """Run `work` in a thread that does not keep the program from ending."""
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 carried over, and raised again by `Future.result` in the caller's thread
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    threading.Thread(target=run, name="seinfer-transfer", daemon=True).start()
    return outcome
