"""Random draws by hash: a draw depends on the seed and on names, not on how many other names there are.

So a file that is added or removed later does not change the draws of the others. Each key (such as a speech file) ranks
the candidates (such as noises) by a hash of both names (highest random weight: Thaler and Ravishankar, IEEE/ACM
Transactions on Networking 6(1), 1998). If every candidate must be drawn equally often, the keys choose one after the
other, and a candidate that is full cannot be chosen any more (bounded loads: Mirrokni et al., SODA 2018); an added key
changes the draws of about two others, however many there are.

SHA-256 instead of the random generator of a library: every release of every library gives the same draws.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class RandomDraws:
    """All random choices of a test set, from one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def fraction(self, *names: object) -> float:
        """Return a random number from 0 (included) to 1 (excluded) for these names."""
        return int.from_bytes(self._digest(names)[:6], "big") / (1 << 48)

    def ranked(self, key: str, candidates: Iterable[T]) -> list[T]:
        """Return the candidates in the random order of preference of `key`."""
        return sorted(candidates, key=lambda candidate: self._digest((key, candidate)))

    def balanced(self, keys: Iterable[str], candidates: Sequence[T]) -> Mapping[str, T]:
        """Draw one candidate for each key, so that the counts of the candidates differ by one at most."""
        queue = self.ranked("queue", keys)
        n_each, n_over = divmod(len(queue), len(candidates))
        n_drawn: Counter[T] = Counter()
        drawn: dict[str, T] = {}
        for key in queue:
            available = [c for c in candidates if n_drawn[c] < n_each + (n_over > 0)]
            drawn[key] = choice = self.ranked(key, available)[0]
            n_over -= n_drawn[choice] == n_each
            n_drawn[choice] += 1
        return drawn

    def _digest(self, names: tuple[object, ...]) -> bytes:
        return hashlib.sha256(repr((self._seed, *names)).encode()).digest()
