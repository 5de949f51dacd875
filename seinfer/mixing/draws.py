"""Who gets what, by hash: a draw depends on the seed and on names, never on how many others there are.

So a file that is added or taken away later leaves the draws of the rest alone. Candidates are ranked by a hash of the
drawer's name and their own (highest random weight: Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1),
1998); where each must be drawn equally often, the drawers choose one after the other until a candidate is full
(bounded loads: Mirrokni et al., SODA 2018), and an added drawer moves about two others, however many there are.

SHA-256, not a random generator of a library: the same draws with every release of everything.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """Everything that is left to chance in a test set, from one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def fraction(self, *names: object) -> float:
        """Return a number from 0 to below 1 that belongs to these names."""
        return int.from_bytes(self._digest(names)[:6], "big") / (1 << 48)

    def ranked(self, drawer: str, candidates: Iterable[T]) -> list[T]:
        """Return the candidates in the order in which `drawer` would take them."""
        return sorted(candidates, key=lambda candidate: self._digest((drawer, candidate)))

    def balanced(self, drawers: Iterable[str], candidates: Sequence[T]) -> Mapping[str, T]:
        """Give each drawer a candidate, each candidate to equally many drawers or to one more."""
        queue = self.ranked("queue", drawers)
        n_each, n_over = divmod(len(queue), len(candidates))
        n_taken: Counter[T] = Counter()
        given: dict[str, T] = {}
        for drawer in queue:
            has_room = [c for c in candidates if n_taken[c] < n_each + (n_over > 0)]
            given[drawer] = choice = self.ranked(drawer, has_room)[0]
            n_over -= n_taken[choice] == n_each
            n_taken[choice] += 1
        return given

    def _digest(self, names: tuple[object, ...]) -> bytes:
        return hashlib.sha256(repr((self._seed, *names)).encode()).digest()
