"""Perceptual evaluation of speech quality at 16 kHz, wide band (P.862.2) and narrow band (P.862.1).

The rule: what the package pesq says, unchanged, since practically all papers use it. Corrigendum 2 of the standard (the
package pesqc2) gives 0.4 to 0.9 more and is another metric.

The package holds the ITU's C code with tables for 50 utterances and no bounds check: a clip with more ends the process,
or goes on with overwritten memory. An utterance and the pause behind it take 97 windows of 4 ms at least, so a 51st
cannot begin before 19.4 s. A clip of more than 19 s is therefore cut into equal pieces of at most 19 s, and its figure
is the mean over those in which the reference speaks. On speech of 17 to 19 s the mean of two halves was within 0.04 of
the whole in five of six cases (0.11 in the sixth); the first 10 s alone were 0.02 to 0.19 off.

It can still bring its process down, so run it in one that may be lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .metric import MetricError
from .signals import SILENCE_PEAK, Signal, check_both

if TYPE_CHECKING:
    from .pair import Pair

SAMPLE_RATE = 16_000
MAX_PIECE_S = 19.0
_MIN_S = 0.25
# A piece is without speech when nothing in it comes within 40 dB of the loudest 32 ms of the clip, the rule of STOI.
_BLOCK = 512
_DYNAMIC_RANGE_DB = 40.0


@dataclass(frozen=True, eq=False)
class PreparedPesq:
    """A reference, and the pieces of it that are scored."""

    reference: Signal
    pieces: tuple[slice, ...]


def pesq_wb(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute wide-band PESQ by itself, in this process.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz, 16000.

    Returns:
        MOS-LQO, 1.04 to 4.64.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            0.25 s; not_enough_speech where the package finds no utterance; pesq_error with what else the package says.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other, mode="wb")


def pesq_nb(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute narrow-band PESQ of signals at 16 kHz by itself, in this process.

    At 8 kHz the same clips come out 0.1 to 0.16 higher.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz, 16000.

    Returns:
        MOS-LQO, 1.02 to 4.55.

    Raises:
        MetricError: as `pesq_wb`.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other, mode="nb")


def prepare(reference: Signal, sample_rate: int) -> PreparedPesq:
    """Do the part that depends on the reference alone: choose the pieces.

    Raises:
        MetricError: sample_rate, too_short.
    """
    if sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"PESQ is defined here at {SAMPLE_RATE} Hz, got {sample_rate} Hz")
    if reference.size < _MIN_S * SAMPLE_RATE:
        raise MetricError("too_short", f"{reference.size / SAMPLE_RATE:.3f} s, expected {_MIN_S} s")
    count = math.ceil(reference.size / (MAX_PIECE_S * SAMPLE_RATE))
    edges = [reference.size * i // count for i in range(count + 1)]
    pieces = [slice(start, stop) for start, stop in pairwise(edges)]
    levels = [_loudest(reference[piece]) for piece in pieces]
    threshold = max(levels) * 10 ** (-_DYNAMIC_RANGE_DB / 20)
    return PreparedPesq(reference, tuple(p for p, level in zip(pieces, levels, strict=True) if level >= threshold))


def _loudest(samples: npt.NDArray[np.float64]) -> float:
    """Return the highest root-mean-square level of the blocks of 32 ms."""
    blocks = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return float(np.sqrt(np.square(blocks).mean(axis=1).max()))


def score(prepared: PreparedPesq, estimate: Signal, *, mode: str) -> float:
    """Compute PESQ of an estimate as long as the prepared reference.

    Args:
        prepared: the reference.
        estimate: shape (time,).
        mode: "wb" or "nb".

    Raises:
        MetricError: silent_est, not_enough_speech, pesq_error.
    """
    values = [_score_piece(prepared.reference[piece], estimate[piece], mode) for piece in prepared.pieces]
    return float(np.mean(values))


def _score_piece(reference: npt.NDArray[np.float64], estimate: npt.NDArray[np.float64], mode: str) -> float:
    from pesq import BufferTooShortError, NoUtterancesError, PesqError, pesq

    if max(float(estimate.max()), -float(estimate.min())) < SILENCE_PEAK:
        raise MetricError("silent_est", "a piece of the estimate is silent where the reference has speech")
    try:
        return float(pesq(SAMPLE_RATE, reference, estimate, mode))
    except BufferTooShortError as error:
        raise MetricError("too_short", _words(error)) from error
    except NoUtterancesError as error:
        raise MetricError("not_enough_speech", _words(error)) from error
    except (PesqError, ValueError) as error:
        raise MetricError("pesq_error", detail=_words(error)) from error


def _words(error: Exception) -> str:
    """Return the message of an error, which the package gives as bytes."""
    first = error.args[0] if error.args else error
    return first.decode() if isinstance(first, bytes) else str(first)


def wb_of_pair(pair: Pair) -> float:
    """Compute wide-band PESQ of a pair."""
    return score(pair.reference.remember(prepare), pair.estimate, mode="wb")


def nb_of_pair(pair: Pair) -> float:
    """Compute narrow-band PESQ of a pair."""
    return score(pair.reference.remember(prepare), pair.estimate, mode="nb")
