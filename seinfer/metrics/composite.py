"""Composite measures: predicted ratings of the speech (CSIG), the background (CBAK) and the whole (COVL).

    CSIG = 3.093 - 1.029 LLR + 0.603 PESQ - 0.009 WSS
    CBAK = 1.634 + 0.478 PESQ - 0.007 WSS + 0.063 SSNR
    COVL = 1.594 + 0.805 PESQ - 0.512 LLR - 0.007 WSS

each clipped to 1 ... 5, with the log-likelihood ratio (`llr`), the weighted spectral slope distance (`wss`), segmental
SNR (`ssnr`) and wide-band PESQ. They were fitted to ratings on the five-point scales of ITU-T P.835.

Unit: MOS. Range: 1 to 5; higher is better. Defined here at 16 kHz.

Source: Hu, Loizou, "Evaluation of objective quality measures for speech enhancement", IEEE TASLP 16(1), 2008,
doi:10.1109/TASL.2007.911054; coefficients and conventions of the authors' `composite.m` (see `shortterm`). The authors
fitted them at 8 kHz with narrow-band PESQ. As in nearly all tables since, ours are at 16 kHz with wide-band PESQ.

Published tables disagree, so check the following before comparing with them. The arguments of LLR and SSNR are not
interchangeable, and at least one toolkit (SpeechScore of ClearerVoice-Studio 6b3774d) passes the estimate as the
reference: on one clip CSIG 2.69 instead of 2.99, SSNR 7.4 instead of 3.6. Others resample first, or limit LLR to 2. The
oracle in tests is DeepFilterNet's df/sepm.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy.typing as npt

from . import llr as _llr
from . import ssnr as _ssnr
from . import wss as _wss
from .pair import Pair, pair_of
from .shortterm import analyse, require
from .signals import Signal

_LOWEST, _HIGHEST = 1.0, 5.0


def csig(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of signal distortion.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, 16000.
        pesq_wb: wide-band PESQ of the same signals.

    Returns:
        1 (very distorted) to 5 (not distorted).

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    return csig_of_pair(_pair(reference, estimate, sample_rate, pesq_wb))


def cbak(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of background noise, 1 (very intrusive) to 5 (not noticeable); otherwise like `csig`."""
    return cbak_of_pair(_pair(reference, estimate, sample_rate, pesq_wb))


def covl(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> float:
    """Predict the rating of overall quality, 1 (bad) to 5 (excellent); otherwise like `csig`."""
    return covl_of_pair(_pair(reference, estimate, sample_rate, pesq_wb))


def csig_of_pair(pair: Pair) -> float:
    """Compute CSIG of a pair; the reference's part is cached, and the distances are shared with CBAK and COVL."""
    distances, pesq_wb = pair.remember(_distances), pair.values["pesq_wb"]
    return _clipped(3.093 - 1.029 * distances.llr + 0.603 * pesq_wb - 0.009 * distances.wss)


def cbak_of_pair(pair: Pair) -> float:
    """Compute CBAK of a pair; see `csig_of_pair`."""
    distances, pesq_wb, ssnr_db = pair.remember(_distances), pair.values["pesq_wb"], pair.remember(_ssnr.of_pair)
    return _clipped(1.634 + 0.478 * pesq_wb - 0.007 * distances.wss + 0.063 * ssnr_db)


def covl_of_pair(pair: Pair) -> float:
    """Compute COVL of a pair; see `csig_of_pair`."""
    distances, pesq_wb = pair.remember(_distances), pair.values["pesq_wb"]
    return _clipped(1.594 + 0.805 * pesq_wb - 0.512 * distances.llr - 0.007 * distances.wss)


class Distances(NamedTuple):
    """The two spectral distances of an estimate."""

    llr: float
    wss: float


@dataclass(frozen=True, eq=False)
class PreparedSpectra:
    """The part of both spectral distances that depends on the reference."""

    llr: _llr.PreparedLlr
    slopes: _wss.Slopes


def prepare(reference: Signal, sample_rate: int) -> PreparedSpectra:
    """Compute the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate, too_short.
    """
    require(reference.size, sample_rate)
    spectra = analyse(reference)
    return PreparedSpectra(_llr.prepare(spectra.autocorrelation), _wss.prepare(spectra.band_power))


def score(prepared: PreparedSpectra, estimate: Signal) -> Distances:
    """Compute both distances of an estimate that is as long as the reference, from one spectral analysis."""
    spectra = analyse(estimate)
    return Distances(
        _llr.score(prepared.llr, spectra.autocorrelation),
        _wss.score(prepared.slopes, _wss.prepare(spectra.band_power)),
    )


def _pair(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, pesq_wb: float) -> Pair:
    return pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate, values={"pesq_wb": pesq_wb})


def _distances(pair: Pair) -> Distances:
    return score(pair.reference.remember(prepare), pair.estimate)


def _clipped(rating: float) -> float:
    return max(_LOWEST, min(_HIGHEST, rating))
