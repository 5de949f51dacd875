"""Log-likelihood ratio (LLR): how badly the estimate's linear predictor fits the reference.

    LLR of a frame = ln((a_e' R a_e) / (a_r' R a_r))

for the prediction error filters a_e of the estimate and a_r of the reference, and the autocorrelation matrix R of the
reference; the mean over the smallest 95 % of the frames. Order 16 at 16 kHz; frames are not limited to 2.

Digital silence has no predictor. If both frames are silent, the distance is 0; if only the reference is, it is ln 1000,
the value that the Python ports of the original give to every undefined ratio.

Unit: natural logarithm of energy. Range: 0 upwards; lower is better. Defined here at 16 kHz.

Source: Quackenbush, Barnwell, Clements, "Objective Measures of Speech Quality", 1988; in the form of the composite
measures (Hu, Loizou 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pair import Pair, pair_of
from .shortterm import LPC_ORDER, analyse, mean_of_smallest, require
from .signals import Floats

_UNDEFINED = math.log(1000)
# If the prediction error of a frame is this small a share of its energy, it is predicted to working precision (a pure
# tone).
_LEAST_SHARE = 1e-13


def llr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the mean log-likelihood ratio of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, 16000.

    Returns:
        Mean over frames, natural logarithm; 0 for equal spectra, lower is better.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute LLR of a pair. The composite measures share the spectral analysis and call `prepare` and `score`."""
    clean = pair.reference.samples
    require(clean.size, pair.sample_rate)
    return score(prepare(analyse(clean).autocorrelation), analyse(pair.estimate).autocorrelation)


@dataclass(frozen=True, eq=False)
class PreparedLlr:
    """The part of LLR that depends on the reference.

    Attributes:
        autocorrelation: lags 0 to 16, shape (17, frame).
        error: energy a_r' R a_r of each frame's own prediction error, shape (frame,).
    """

    autocorrelation: Floats
    error: Floats


def prepare(autocorrelation: Floats) -> PreparedLlr:
    """Compute the part that depends on the reference alone; shape (17, frame)."""
    return PreparedLlr(autocorrelation, predictors(autocorrelation)[1])


def score(prepared: PreparedLlr, autocorrelation: Floats) -> float:
    """Compute LLR of an estimate's autocorrelation, shape (17, frame)."""
    coefficients, _ = predictors(autocorrelation)
    # a' R a with the Toeplitz matrix R of the reference: its lags times the autocorrelation of the coefficients a.
    error = prepared.autocorrelation[0] * np.square(coefficients).sum(axis=0)
    for lag in range(1, LPC_ORDER + 1):
        pairs = np.einsum("of,of->f", coefficients[lag:], coefficients[:-lag])
        error += 2 * prepared.autocorrelation[lag] * pairs
    is_defined = (error > 0) & (prepared.error > 0)
    distances = np.full(error.shape, _UNDEFINED)
    distances[(prepared.autocorrelation[0] == 0) & (autocorrelation[0] == 0)] = 0.0
    np.log(error / np.where(is_defined, prepared.error, 1.0), out=distances, where=is_defined)
    return mean_of_smallest(distances)


def predictors(autocorrelation: Floats) -> tuple[Floats, Floats]:
    """Run the Levinson-Durbin recursion on all frames at once.

    Args:
        autocorrelation: shape (order + 1, frame).

    Returns:
        Coefficients of the prediction error filter, the first one 1, shape (order + 1, frame), and the energy of its
        prediction error, shape (frame,). If a frame is predicted to working precision before the last order, its
        further coefficients are 0.
    """
    coefficients = np.zeros_like(autocorrelation)
    coefficients[0] = 1.0
    error = autocorrelation[0].copy()
    least = _LEAST_SHARE * error
    reflection = np.zeros_like(error)
    is_open = error > 0
    for order in range(1, len(autocorrelation)):
        past = coefficients[:order]
        rest = np.einsum("of,of->f", past, autocorrelation[order:0:-1])
        np.divide(-rest, error, out=reflection, where=is_open)
        is_open &= (np.abs(reflection) < 1) & (error * (1 - np.square(reflection)) > least)
        reflection[~is_open] = 0.0
        coefficients[1 : order + 1] += reflection * past[::-1].copy()
        error *= 1 - np.square(reflection)
    return coefficients, error
