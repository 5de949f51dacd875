"""Log-likelihood ratio: how much worse the estimate's linear predictor does on the reference than the reference's own.

Source: Quackenbush, Barnwell, Clements, "Objective Measures of Speech Quality", 1988; in the form of the composite
measures (Hu, Loizou 2008): order 16 at 16 kHz, frames not limited to 2, the largest 5 % of them left out.

Digital silence has no predictor. Where both frames are silent they are alike and count 0; where only the reference is,
they count ln 1000, the figure that the Python ports of the original give to any ratio that is not defined.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blocks import Floats
from .shortterm import LPC_ORDER, analyse, mean_of_smallest, require
from .signals import check_both

_UNDEFINED = math.log(1000)
# A frame whose prediction error is this small a share of its energy is predicted to working precision (a pure tone).
_LEAST_SHARE = 1e-13


@dataclass(frozen=True, eq=False)
class PreparedLlr:
    """What LLR needs of a reference.

    Attributes:
        autocorrelation: lags 0 to 16, shape (17, frame).
        error: energy that each frame's own predictor leaves, shape (frame,).
    """

    autocorrelation: Floats
    error: Floats


def llr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the mean log-likelihood ratio by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz, 16000.

    Returns:
        Mean over frames, natural logarithm; 0 for equal spectra, better is lower.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    one, other = check_both(reference, estimate)
    require(one.size, sample_rate)
    return score(prepare(analyse(one).autocorrelation), analyse(other).autocorrelation)


def prepare(autocorrelation: Floats) -> PreparedLlr:
    """Do the part that depends on the reference alone; shape (17, frame)."""
    return PreparedLlr(autocorrelation, predictors(autocorrelation)[1])


def score(prepared: PreparedLlr, autocorrelation: Floats) -> float:
    """Compute LLR of an estimate's autocorrelation, shape (17, frame)."""
    coefficients, _ = predictors(autocorrelation)
    # a' R a, with the Toeplitz matrix R of the reference: its lags times the autocorrelation of the coefficients.
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
        Coefficients of the prediction error filter, the first one 1, shape (order + 1, frame), and the energy that it
        leaves, shape (frame,). A frame that is predicted to working precision before the last order keeps what it has.
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
