"""Tests of paired differences: Wilcoxon's signed-rank test, the paired t test, and Holm's correction of p values.

Sources: Wilcoxon 1945, doi:10.2307/3001968; Student 1908, doi:10.2307/2331554; Holm 1979, "A simple sequentially
rejective multiple test procedure", Scandinavian Journal of Statistics 6(2). Demšar 2006, JMLR 7, gives the reasons for
comparing models in this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import Values

MIN_CLIPS_TEST = 6
"""With fewer clips the test cannot reach p < 0.05: the smallest two-sided p of 5 clips is 0.0625."""


@dataclass(frozen=True)
class SignedRank:
    """Result of Wilcoxon's signed-rank test.

    Attributes:
        p: two-sided p value; None if the test cannot be computed.
        note: why `p` is None, or how many zero differences were dropped.
    """

    p: float | None
    note: str = ""


def signed_rank(differences: Values) -> SignedRank:
    """Test whether paired differences are symmetric about zero; two-sided (Wilcoxon 1945).

    Zero differences are dropped, as in Wilcoxon's paper, and the note says how many. The null distribution is exact up
    to 50 differences without ties; otherwise it is the normal approximation with continuity correction.

    Args:
        differences: finite paired differences, shape (clip,).
    """
    return signed_ranks(differences[:, None])[0]


def signed_ranks(differences: Values) -> list[SignedRank]:
    """Return `signed_rank` of each column.

    Args:
        differences: finite paired differences, shape (clip, pair).
    """
    nonzero = [column[column != 0] for column in differences.T]
    n_clips, notes = len(differences), [_note(len(column), len(differences)) for column in nonzero]
    # Columns without zeros and ties are tested in one call; one other column would change the method for all of them.
    plain = [i for i, column in enumerate(nonzero) if len(np.unique(np.abs(column))) == n_clips]
    special = [i for i, column in enumerate(nonzero) if len(column) >= MIN_CLIPS_TEST and i not in plain]
    p_values: dict[int, float] = {}
    if n_clips >= MIN_CLIPS_TEST and plain:
        p_values |= zip(plain, _wilcoxon(differences[:, plain]), strict=True)
    for i in special:
        p_values[i] = float(_wilcoxon(nonzero[i][:, None])[0])
    return [SignedRank(p_values.get(i), note) for i, note in enumerate(notes)]


def _wilcoxon(differences: Values) -> list[float]:
    from scipy.stats import wilcoxon

    return [float(p) for p in wilcoxon(differences, axis=0, correction=True).pvalue]


def _note(n_nonzero: int, n_clips: int) -> str:
    """Return the note of a test; these texts are values of pairwise.csv and stay as they are."""
    if not n_nonzero:
        return "all differences are 0" if n_clips else "no common clip"
    if n_nonzero < MIN_CLIPS_TEST:
        return f"n too small: {n_nonzero} nonzero differences, {MIN_CLIPS_TEST} needed"
    return f"{n_clips - n_nonzero} zero differences left out" if n_nonzero < n_clips else ""


def t_test(differences: Values) -> Values:
    """Return the two-sided p values of the paired t test (Student 1908: t = mean sqrt(n) / s) for each column.

    Args:
        differences: finite paired differences, shape (clip, pair), at least two clips.

    Returns:
        p values, shape (pair,). Without any spread p is 0 for a nonzero mean difference and 1 for a zero one.
    """
    from scipy.special import stdtr

    n = len(differences)
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(n)
    t = np.divide(np.abs(mean), error, out=np.where(mean == 0, 0.0, np.inf), where=error > 0)
    return np.asarray(2 * stdtr(n - 1, -t), np.float64)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust the p values of one family of tests by Holm's step-down method (Holm 1979).

    The i-th smallest of m p values (i = 1..m) is multiplied by m - i + 1, limited to 1, and is never smaller than the
    adjusted value before it.

    Args:
        p_values: one for each test; None for a test that could not be computed, which does not count in m.

    Returns:
        Adjusted p values in the order of the input; None stays None.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = largest
    return adjusted
