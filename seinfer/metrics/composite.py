"""Composite measures: what listeners would say of the speech (CSIG), the background (CBAK) and the whole (COVL).

Each is a linear function of PESQ, the log-likelihood ratio, the weighted spectral slope distance and segmental SNR,
fitted to ratings on the five-point scales of ITU-T P.835 and held within 1 and 5.

Source: Hu, Loizou, "Evaluation of objective quality measures for speech enhancement", IEEE TASLP 16(1), 2008,
doi:10.1109/TASL.2007.911054; coefficients and conventions of the authors' `composite.m` (see `shortterm`). Theirs were
fitted at 8 kHz with narrow-band PESQ. As in nearly all tables since, ours are at 16 kHz with wide-band PESQ.

Published tables disagree, and one must know why before comparing with them. The arguments of LLR and SSNR are not
interchangeable, and at least one toolkit (SpeechScore of ClearerVoice-Studio 6b3774d) passes the estimate as the
reference: CSIG 2.69 for 2.99, SSNR 7.4 for 3.6 on one clip. Others resample first, or limit LLR to 2. The oracle in
tests is DeepFilterNet's df/sepm.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy.typing as npt

from . import llr as _llr
from . import ssnr as _ssnr
from . import wss as _wss
from .llr import llr
from .shortterm import analyse, require
from .signals import Signal, check_both
from .ssnr import ssnr
from .wss import wss

if TYPE_CHECKING:
    from .pair import Pair

__all__ = ["cbak", "covl", "csig", "llr", "ssnr", "wss"]


class Distances(NamedTuple):
    """The two spectral distances of an estimate."""

    llr: float
    wss: float


@dataclass(frozen=True, eq=False)
class PreparedSpectra:
    """What both spectral distances need of a reference."""

    llr: _llr.PreparedLlr
    slopes: _wss.Slopes


def csig(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of signal distortion by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz, 16000.
        pesq_wb: wide-band PESQ of the same signals.

    Returns:
        1 (very distorted) to 5 (not distorted).

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    return _csig(_distances(reference, estimate, sample_rate), pesq_wb)


def cbak(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of background noise, 1 (very intrusive) to 5 (not noticeable); the rest as `csig`."""
    snr_db = ssnr(reference=reference, estimate=estimate, sample_rate=sample_rate)
    return _cbak(_distances(reference, estimate, sample_rate), snr_db, pesq_wb)


def covl(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of overall quality, 1 (bad) to 5 (excellent); the rest as `csig`."""
    return _covl(_distances(reference, estimate, sample_rate), pesq_wb)


def _distances(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> Distances:
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other)


def prepare(reference: Signal, sample_rate: int) -> PreparedSpectra:
    """Do the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate, too_short.
    """
    require(reference.size, sample_rate)
    spectra = analyse(reference)
    return PreparedSpectra(_llr.prepare(spectra.autocorrelation), _wss.prepare(spectra.band_power))


def score(prepared: PreparedSpectra, estimate: Signal) -> Distances:
    """Compute both distances of an estimate as long as the prepared reference."""
    spectra = analyse(estimate)
    return Distances(
        _llr.score(prepared.llr, spectra.autocorrelation),
        _wss.score(prepared.slopes, _wss.prepare(spectra.band_power)),
    )


def _csig(distances: Distances, pesq_wb: float) -> float:
    return _on_scale(3.093 - 1.029 * distances.llr + 0.603 * pesq_wb - 0.009 * distances.wss)


def _cbak(distances: Distances, ssnr_db: float, pesq_wb: float) -> float:
    return _on_scale(1.634 + 0.478 * pesq_wb - 0.007 * distances.wss + 0.063 * ssnr_db)


def _covl(distances: Distances, pesq_wb: float) -> float:
    return _on_scale(1.594 + 0.805 * pesq_wb - 0.512 * distances.llr - 0.007 * distances.wss)


def _on_scale(rating: float) -> float:
    return max(1.0, min(5.0, rating))


def _distances_of_pair(pair: Pair) -> Distances:
    return score(pair.reference.remember(prepare), pair.estimate)


def csig_of_pair(pair: Pair) -> float:
    """Compute CSIG of a pair, its reference prepared once, its distances shared with CBAK and COVL."""
    return _csig(pair.remember(_distances_of_pair), pair.values["pesq_wb"])


def cbak_of_pair(pair: Pair) -> float:
    """Compute CBAK of a pair; see `csig_of_pair`."""
    return _cbak(pair.remember(_distances_of_pair), pair.remember(_ssnr.of_pair), pair.values["pesq_wb"])


def covl_of_pair(pair: Pair) -> float:
    """Compute COVL of a pair; see `csig_of_pair`."""
    return _covl(pair.remember(_distances_of_pair), pair.values["pesq_wb"])
