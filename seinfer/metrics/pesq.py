"""Perceptual evaluation of speech quality (PESQ) at 16 kHz, wide band (P.862.2) and narrow band (P.862.1).

    wide band:   MOS-LQO = 0.999 + 4 / (1 + exp(-1.3669 P + 3.8224))
    narrow band: MOS-LQO = 0.999 + 4 / (1 + exp(-1.4945 P + 4.6607))

for the raw score P of the perceptual model of P.862, all computed by the package pesq. Its values are used unchanged,
because practically all papers use it. Corrigendum 2 of the standard (the package pesqc2) gives 0.4 to 0.9 more and is
another metric.

The package contains the ITU's C code, with tables for 50 utterances and no bounds checks: a clip with more utterances
crashes the process, or continues with overwritten memory. An utterance and the pause after it take at least 97 windows
of 4 ms, so a 51st cannot begin before 19.4 s. A clip of more than 19 s is therefore cut into equal pieces of at most
19 s, and its value is the mean over those in which the reference contains speech. On speech of 17 to 19 s the mean of
two halves was within 0.04 of the whole in five of six cases (0.11 in the sixth); the first 10 s alone differed by 0.02
to 0.19.

The package can still crash its process, so run it in a process that can be replaced.

Unit: MOS-LQO. Range: 1.04 to 4.64 (wide band), 1.02 to 4.55 (narrow band); higher is better.

Source: ITU-T P.862 (2001), with P.862.2 (2007) for wide band and P.862.1 (2003) for narrow band, which
define the two mappings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .errors import MetricError
from .pair import Pair, pair_of
from .signals import SILENCE_PEAK, Floats, Signal

SAMPLE_RATE = 16_000
MAX_PIECE_S = 19.0
_MIN_S = 0.25
# A piece contains no speech if all of it is more than 40 dB below the loudest 32 ms of the clip, the rule of STOI.
_BLOCK = 512
_DYNAMIC_RANGE_DB = 40.0


def pesq_wb(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute wide-band PESQ of two waveforms, in this process.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, 16000.

    Returns:
        MOS-LQO, 1.04 to 4.64.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            0.25 s; not_enough_speech if the package finds no utterance; pesq_error with any other error of the package.
    """
    return wb_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def pesq_nb(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute narrow-band PESQ of two waveforms at 16 kHz, in this process.

    Computed at 8 kHz, the same clips score 0.1 to 0.16 higher.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, 16000.

    Returns:
        MOS-LQO, 1.02 to 4.55.

    Raises:
        MetricError: as `pesq_wb`.
    """
    return nb_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def wb_of_pair(pair: Pair) -> float:
    """Compute wide-band PESQ of a pair; the pieces of the reference are cached."""
    return score(pair.reference.remember(prepare), pair.estimate, mode="wb")


def nb_of_pair(pair: Pair) -> float:
    """Compute narrow-band PESQ of a pair; the pieces of the reference are cached."""
    return score(pair.reference.remember(prepare), pair.estimate, mode="nb")


@dataclass(frozen=True, eq=False)
class PreparedPesq:
    """A reference, and the pieces of it that contain speech."""

    reference: Signal
    pieces: tuple[slice, ...]


def prepare(reference: Signal, sample_rate: int) -> PreparedPesq:
    """Compute the part that depends on the reference alone: choose the pieces.

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


def score(prepared: PreparedPesq, estimate: Signal, *, mode: str) -> float:
    """Compute PESQ of an estimate that is as long as the reference.

    Args:
        prepared: the reference.
        estimate: shape (time,).
        mode: "wb" or "nb".

    Raises:
        MetricError: silent_est, not_enough_speech, pesq_error.
    """
    values = [_score_piece(prepared.reference[piece], estimate[piece], mode) for piece in prepared.pieces]
    return float(np.mean(values))


def _loudest(samples: Floats) -> float:
    """Return the highest root-mean-square level of the blocks of 32 ms."""
    blocks = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return float(np.sqrt(np.square(blocks).mean(axis=1).max()))


def _score_piece(reference: Floats, estimate: Floats, mode: str) -> float:
    from pesq import BufferTooShortError, NoUtterancesError, PesqError, pesq

    if max(float(estimate.max()), -float(estimate.min())) < SILENCE_PEAK:
        raise MetricError("silent_est", "a piece of the estimate is silent, but the reference has speech in it")
    try:
        return float(pesq(SAMPLE_RATE, reference, estimate, mode))
    except BufferTooShortError as error:
        raise MetricError("too_short", _text_of(error)) from error
    except NoUtterancesError as error:
        raise MetricError("not_enough_speech", _text_of(error)) from error
    except (PesqError, ValueError) as error:
        raise MetricError("pesq_error", detail=_text_of(error)) from error


def _text_of(error: Exception) -> str:
    """Return the message of an error; the package stores it as bytes."""
    first = error.args[0] if error.args else error
    return first.decode() if isinstance(first, bytes) else str(first)
