"""Lengths of real speech clips, for benchmarks that need the spread of a data set and not one length.

Source: the column `length` of metadata/LibriSpeech/dev-clean.csv and test-clean.csv in JorisCos/LibriMix at b898ca37:
the utterances of LibriSpeech from which LibriMix is made, 3 s and longer. Only quantiles are kept here.
"""

from __future__ import annotations

N_UTTERANCES = 4532
"""Number of utterances of which these are the quantiles."""
QUANTILES_S = (
    3.0, 3.28, 3.58, 3.92, 4.28, 4.62, 4.92, 5.29, 5.73, 6.21, 6.72,
    7.3, 7.84, 8.52, 9.27, 10.17, 11.18, 12.72, 14.68, 17.77, 34.95,
)  # fmt: skip
"""Length in seconds at 0, 5, ..., 100 % of the utterances."""
_GOLDEN = 0.618033988749895


def lengths_s(n_clips: int) -> list[float]:
    """Return as many lengths as clips, in seconds, in a fixed mixed order.

    The fractions 0.5 + i * the golden ratio (modulo 1) cover 0 to 1 evenly for every number of clips, so that also a
    small set has short and long clips.
    """
    return [_quantile((0.5 + index * _GOLDEN) % 1.0) for index in range(n_clips)]


def _quantile(fraction: float) -> float:
    position = fraction * (len(QUANTILES_S) - 1)
    lower = int(position)
    return QUANTILES_S[lower] + (position - lower) * (QUANTILES_S[lower + 1] - QUANTILES_S[lower])
