"""A fixed calculation that tells whether the processor is busy with other work: it takes longer than its own best.

The calculation is SHA-256 over zeros, in as many threads as the model may use; hashlib releases the interpreter lock,
so the threads need one core each. The best time is the shortest seen, in seconds or in processor seconds of one thread.
The latter hardly depends on other work, so a machine that is busy all the time is recognised too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

_BLOCK = bytes(1 << 20)
# Much shorter pieces would be missed: the system runs a thread that just woke up before those that compute all along.
_PIECE_S = 0.05


@dataclass(frozen=True)
class Reading:
    """Duration of one calculation.

    Attributes:
        wall_s: seconds until all threads were done.
        cpu_s: processor seconds of the thread that needed most.
    """

    wall_s: float
    cpu_s: float


class Calibration:
    """Readings of one calculation, compared with the best of them.

    Attributes:
        best_s: shortest time so far.
    """

    def __init__(self, read: Callable[[], Reading]) -> None:
        """Prepare.

        Args:
            read: runs the calculation once.
        """
        self.best_s = float("inf")
        self._read = read

    def measure(self) -> Reading:
        """Run the calculation once."""
        reading = self._read()
        self.best_s = min(self.best_s, reading.wall_s, reading.cpu_s or reading.wall_s)
        return reading

    def slowdown(self, reading: Reading) -> float:
        """Return how many times longer than the best time a reading took; at least 1."""
        return reading.wall_s / self.best_s


def calibrate(threads: int) -> Calibration:
    """Return a calibration whose calculation takes about 50 ms on a quiet machine, in `threads` threads."""
    shortest_s = min(_hash(1) for _ in range(5))
    n_blocks = max(1, round(_PIECE_S / max(shortest_s, 1e-6)))
    return Calibration(lambda: _run(threads, n_blocks))


def _run(threads: int, n_blocks: int) -> Reading:
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        cpu_s = max(pool.map(_hash, [n_blocks] * threads))
        return Reading(time.perf_counter() - started, cpu_s)


def _hash(n_blocks: int) -> float:
    """Hash so many blocks; return the processor seconds of this thread."""
    started = time.thread_time()
    digest = hashlib.sha256()
    for _ in range(n_blocks):
        digest.update(_BLOCK)
    return time.thread_time() - started
