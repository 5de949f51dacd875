"""Is a paired difference more than chance? Wilcoxon's signed-rank test, the paired t test, Holm's correction.

Sources: Wilcoxon 1945, doi:10.2307/3001968; Holm 1979, "A simple sequentially rejective multiple test procedure";
Demšar 2006, JMLR 7, on why models are compared this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import Figures

MIN_CLIPS_TEST = 6
"""Fewer can't reach p < 0.05: the smallest two-sided p of 5 clips is 0.0625."""


@dataclass(frozen=True)
class SignedRank:
    """The outcome of Wilcoxon's test; `p` is None where it cannot say anything, and `note` says why."""

    p: float | None
    note: str = ""


def signed_rank(differences: Figures) -> SignedRank:
    """Test whether paired differences, shape (clip,), are symmetric about zero; two-sided.

    Zero differences are left out, as Wilcoxon did, and that is noted. The distribution is exact up to 50 differences
    without ties.
    """
    return signed_ranks(differences[:, None])[0]


def signed_ranks(differences: Figures) -> list[SignedRank]:
    """Return `signed_rank` of each column of differences, shape (clip, pair)."""
    nonzero = [column[column != 0] for column in differences.T]
    n_clips, notes = len(differences), [_note(len(column), len(differences)) for column in nonzero]
    # Columns without zeros and ties go in one call; any other would change the method for all of them.
    plain = [i for i, column in enumerate(nonzero) if len(np.unique(np.abs(column))) == n_clips]
    special = [i for i, column in enumerate(nonzero) if len(column) >= MIN_CLIPS_TEST and i not in plain]
    p_values: dict[int, float] = {}
    if n_clips >= MIN_CLIPS_TEST and plain:
        p_values |= zip(plain, _wilcoxon(differences[:, plain]), strict=True)
    for i in special:
        p_values[i] = float(_wilcoxon(nonzero[i][:, None])[0])
    return [SignedRank(p_values.get(i), note) for i, note in enumerate(notes)]


def _wilcoxon(differences: Figures) -> list[float]:
    from scipy.stats import wilcoxon

    return [float(p) for p in wilcoxon(differences, axis=0, correction=True).pvalue]


def _note(n_nonzero: int, n_clips: int) -> str:
    if not n_nonzero:
        return "all differences are 0" if n_clips else "no common clip"
    if n_nonzero < MIN_CLIPS_TEST:
        return f"n too small: {n_nonzero} nonzero differences, {MIN_CLIPS_TEST} needed"
    return f"{n_clips - n_nonzero} zero differences left out" if n_nonzero < n_clips else ""


def t_test(differences: Figures) -> Figures:
    """Return two-sided p values of the paired t test for each column of differences, shape (clip, pair), n >= 2."""
    from scipy.special import stdtr

    n = len(differences)
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(n)
    # Without any spread a difference is certain, and no difference is none.
    t = np.divide(np.abs(mean), error, out=np.where(mean == 0, 0.0, np.inf), where=error > 0)
    return np.asarray(2 * stdtr(n - 1, -t), np.float64)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust the p values of one family by Holm's step-down rule; None stays None and does not count."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = largest
    return adjusted
