"""Narrow-band PESQ before its mapping to MOS-LQO: the raw score of P.862.

Tables of the DNS challenges print this value as "NB-PESQ". ITU-T P.862.1 maps a raw score P to the MOS-LQO that the
package pesq returns (`pesq_nb`):

    MOS-LQO = 0.999 + 4 / (1 + exp(-1.4945 P + 4.6607))

The mapping has one inverse, which is computed here for each clip, before any mean:

    P = (4.6607 - ln(4 / (MOS-LQO - 0.999) - 1)) / 1.4945

Computed at 16 kHz, like `pesq_nb`. A clip whose `pesq_nb` is a mean over pieces has the raw score of that mean.

Unit: none. Range: -0.5 to 4.5; higher is better. It is not on the scale of MOS-LQO: for the same clip, raw 2.76 is
2.47 MOS-LQO.

Source: ITU-T P.862.1 (2003), eq. 1 and 2; P.862 (2001) for the raw score.
"""

from __future__ import annotations

import math

import numpy.typing as npt

from .errors import MetricError
from .pair import Pair, pair_of

_LOWEST, _HEIGHT = 0.999, 4.0
_SLOPE, _OFFSET = 1.4945, 4.6607


def pesq_nb_raw(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_nb: float) -> float:
    """Compute the raw score of narrow-band PESQ from its MOS-LQO.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, 16000.
        pesq_nb: narrow-band PESQ of the same signals, MOS-LQO.

    Returns:
        -0.5 to 4.5.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; undefined if no raw score has this MOS-LQO.
    """
    values = {"pesq_nb": pesq_nb}
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate, values=values))


def of_pair(pair: Pair) -> float:
    """Compute the raw score of a pair from its value of `pesq_nb`."""
    return raw_score(pair.values["pesq_nb"])


def raw_score(mos_lqo: float) -> float:
    """Invert the mapping of P.862.1.

    Args:
        mos_lqo: narrow-band MOS-LQO.

    Raises:
        MetricError: undefined, for a value that the mapping cannot reach.
    """
    share = (mos_lqo - _LOWEST) / _HEIGHT
    if not 0 < share < 1:
        raise MetricError(
            "undefined",
            f"pesq_nb is {mos_lqo}; P.862.1 gives values between {_LOWEST} and {_LOWEST + _HEIGHT} only",
        )
    return (_OFFSET - math.log(1 / share - 1)) / _SLOPE
