"""Orders of presentation: Williams designs, and the order of the trials of one session.

A Williams design is a set of orders of n conditions in which each condition is equally often in each position, and each
condition equally often directly follows each other condition. For even n it has n rows, for odd n it has 2n rows: the
square and its mirror image (Williams, "Experimental designs balanced for the estimation of residual effects of
treatments", Australian Journal of Scientific Research A 2, 1949).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...mixing.random_draws import RandomDraws

Cell = tuple[str, str]
"""(clip_id, treatment): one trial. A treatment is a model, a pair of models, or all conditions together."""

_MAX_TRIES = 200
_MAX_PASSES = 50
_MAX_RESTARTS = 20


def williams(n: int) -> tuple[tuple[int, ...], ...]:
    """Return the rows of a Williams design.

    Args:
        n: number of conditions, at least 1.

    Returns:
        n rows for even n, 2n for odd n (1 for n = 1); each is a permutation of 0 ... n-1.
    """
    if n == 1:
        return ((0,),)
    # 0, n-1, 1, n-2, ...: each difference between neighbours (modulo n) occurs once for even n, twice with the mirror.
    first = [position // 2 if position % 2 == 0 else n - 1 - position // 2 for position in range(n)]
    square = [tuple((value + row) % n for value in first) for row in range(n)]
    return (*square, *(row[::-1] for row in square if n % 2))


@dataclass(frozen=True)
class Ordered:
    """The test trials of one session, in order.

    Attributes:
        cells: the trials.
        n_neighbours: number of neighbouring trials that have the same clip or the same treatment; 0 where possible.
    """

    cells: tuple[Cell, ...]
    n_neighbours: int


def ordered_cells(
    clips: Sequence[str], treatments: Sequence[str], first_block: int, draws: RandomDraws, name: str
) -> Ordered:
    """Return every clip with every treatment, each once, in a balanced order.

    The session consists of one block per clip. A block has every treatment once, in the order of a row of the Williams
    design. Treatment t of block b is first given the clip b + shift(t), a Latin square; then clips are exchanged among
    the trials of one treatment until no two neighbouring trials share a clip, or no exchange helps.

    Args:
        clips: of this session.
        treatments: in the order of the test, the same for all sessions.
        first_block: number of blocks in the sessions before, so that all rows are used equally often over the test.
        draws: random draws of the test.
        name: of the session, for the draws.
    """
    rows = williams(len(treatments))
    used = [rows[(first_block + block) % len(rows)] for block in range(len(clips))]
    best: Ordered | None = None
    for attempt in range(_MAX_RESTARTS):
        order = _joined(used, draws, f"{name} {attempt}")
        heard = _clips_in_order(order, clips, len(treatments), draws, f"{name} {attempt}")
        cells = tuple((clip, treatments[t]) for clip, t in zip(heard, order, strict=True))
        n = n_equal_neighbours(cells, is_one_treatment=len(treatments) == 1)
        best = Ordered(cells, n) if best is None or n < best.n_neighbours else best
        if n == 0:
            break
    assert best is not None, "there was no try"
    return best


def _joined(rows: Sequence[Sequence[int]], draws: RandomDraws, name: str) -> list[int]:
    """Return the rows one after the other, in a random order in which no row begins as the one before it ended."""
    best: list[int] = []
    fewest = -1
    for attempt in range(_MAX_TRIES):
        waiting = [rows[i] for i in draws.ranked(f"rows {name} {attempt}", range(len(rows)))]
        joined: list[int] = []
        while waiting:
            fitting = (row for row in waiting if not joined or row[0] != joined[-1])
            row = next(fitting, waiting[0])
            waiting.remove(row)
            joined += row
        n = sum(left == right for left, right in pairwise(joined))
        if fewest < 0 or n < fewest:
            best, fewest = joined, n
        if n == 0:
            break
    return best


def _clips_in_order(
    order: Sequence[int], clips: Sequence[str], n_treatments: int, draws: RandomDraws, name: str
) -> list[str]:
    """Return the clip of each trial; see `ordered_cells`."""
    clips = draws.ranked(f"clips {name}", clips)
    shifts = draws.ranked(f"shifts {name}", range(n_treatments))
    heard = [clips[(i // n_treatments + shifts[t]) % len(clips)] for i, t in enumerate(order)]
    places = {t: [i for i, other in enumerate(order) if other == t] for t in set(order)}
    for attempt in range(_MAX_PASSES):
        equal = [i for i in range(1, len(heard)) if heard[i] == heard[i - 1]]
        if not equal:
            break
        for i in equal:
            _exchange(heard, i, draws.ranked(f"exchange {name} {attempt} {i}", places[order[i]]))
    return heard


def _exchange(heard: list[str], i: int, places: Sequence[int]) -> None:
    """Exchange the clip at i with the one at the place that leaves the fewest equal neighbours."""

    def count(j: int) -> int:
        return sum(heard[k] == heard[k + 1] for k in {i - 1, i, j - 1, j} if 0 <= k < len(heard) - 1)

    best, least = i, 0
    for j in places:
        before = count(j)
        heard[i], heard[j] = heard[j], heard[i]
        change = count(j) - before
        heard[i], heard[j] = heard[j], heard[i]
        if j != i and (change < least or (change == least and best == i)):
            best, least = j, change
    heard[i], heard[best] = heard[best], heard[i]


def n_equal_neighbours(cells: Sequence[Cell], *, is_one_treatment: bool) -> int:
    """Return how many neighbouring trials have the same clip, or the same treatment unless there is only one."""
    return sum(left[0] == right[0] or (left[1] == right[1] and not is_one_treatment) for left, right in pairwise(cells))


def clips_of_sessions(clips: Sequence[str], n_sessions: int, n_each: int) -> list[tuple[str, ...]]:
    """Return the clips of each session: consecutive parts of the list, which starts again at its end.

    So the numbers of sessions in which two clips are differ by one at most (incomplete blocks).

    Args:
        clips: in random order.
        n_sessions: number of sessions.
        n_each: clips of a session, at most all.
    """
    n = len(clips)
    return [tuple(clips[(session * n_each + i) % n] for i in range(n_each)) for session in range(n_sessions)]


def placed(
    trials: Sequence[Cell], extra: Mapping[str, tuple[Cell, int]], draws: RandomDraws, name: str
) -> list[str | int]:
    """Place control trials at random positions among the test trials.

    Args:
        trials: the test trials in order.
        extra: name of a control trial -> (its clip and treatment, number of test trials that must come before it).
        draws: random draws of the test.
        name: of the session, for the draws.

    Returns:
        The order: indices of test trials, and names of control trials. Of 200 random orders, the first one in which no
        two neighbours share a clip or a treatment, else the one with the fewest.
    """
    best: list[str | int] = []
    fewest = -1
    for attempt in range(_MAX_TRIES):
        order: list[str | int] = list(range(len(trials)))
        for control, (_, after) in extra.items():
            share = draws.fraction(name, control, attempt)
            start = order.index(after - 1) + 1 if after else 0
            order.insert(start + int(share * (len(order) + 1 - start)), control)
        cells = [trials[one] if isinstance(one, int) else extra[one][0] for one in order]
        n = n_equal_neighbours(cells, is_one_treatment=len({cell[1] for cell in trials}) == 1)
        if fewest < 0 or n < fewest:
            best, fewest = order, n
        if n == 0:
            break
    return best
