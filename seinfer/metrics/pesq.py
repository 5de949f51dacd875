"""Perceptual evaluation of speech quality (PESQ) at 16 kHz, wide band (P.862.2) and narrow band (P.862.1).

    wide band:   MOS-LQO = 0.999 + 4 / (1 + exp(-1.3669 P + 3.8224))
    narrow band: MOS-LQO = 0.999 + 4 / (1 + exp(-1.4945 P + 4.6607))

for the raw score P of the perceptual model of P.862, all computed by the package pesq. Its values are used unchanged,
because practically all papers use it. Corrigendum 2 of the standard (the package pesqc2) gives 0.4 to 0.9 more and is
another metric.

The value is the package's own value of the whole clip wherever the package computes it safely. It contains the ITU's C
code, with tables of fixed size and no bounds checks: beyond them it ends the process, or continues with overwritten
memory. Two tables depend on the clip:

- 50 utterances. `pesq_utterances` counts those of the reference. Clips of up to 45 are computed whole; 4 below the last
  safe number, as the package may round the level differently. An utterance and the pause after it take at least 97
  windows of 4 ms, so a clip of up to 19 s needs no count.
- 1000 intervals in which the two signals differ strongly. Such an interval takes at least 5 frames of 16 ms and the
  distance to the next one 3, so 1000 of them take 128 s. Clips of up to 120 s are computed whole; the package then
  needs about 110 MiB.

Any other clip is cut into equal pieces of at most 19 s, and its value is the mean over those in which the reference
contains speech. A remark beside the value says so. This depends on the reference alone, so all estimates of a clip are
computed in the same way. On speech of 17 to 19 s the mean of two halves was within 0.04 of the whole in five of six
cases (0.11 in the sixth); the first 10 s alone differed by 0.02 to 0.19.

The package can still crash its process, so run it in a process that can be replaced. The pieces are then the second
try (`Pair.crashed`).

Unit: MOS-LQO. Range: 1.04 to 4.64 (wide band), 1.02 to 4.55 (narrow band); higher is better.

Source: ITU-T P.862 (2001), with P.862.2 (2007) for wide band and P.862.1 (2003) for narrow band, which
define the two mappings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .errors import AFTER_CRASH, MetricError, remark_on_pieces
from .pair import Pair, pair_of
from .pesq_utterances import count_utterances
from .signals import SILENCE_PEAK, Floats, Signal

SAMPLE_RATE = 16_000
MAX_WHOLE_S = 120.0
MAX_UTTERANCES = 45
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
    """Compute wide-band PESQ of a pair; the pieces of the reference are cached, and a remark names them."""
    return _of_pair(pair, "pesq_wb", "wb")


def nb_of_pair(pair: Pair) -> float:
    """Compute narrow-band PESQ of a pair; otherwise like `wb_of_pair`."""
    return _of_pair(pair, "pesq_nb", "nb")


@dataclass(frozen=True, eq=False)
class PreparedPesq:
    """A reference, and how it is computed.

    Attributes:
        reference: the signal.
        mode: "wb" or "nb".
        n_pieces: number of pieces that the clip is cut into; 1: it is computed whole.
        pieces: those that contain speech.
    """

    reference: Signal
    mode: str
    n_pieces: int
    pieces: tuple[slice, ...]

    @property
    def remark(self) -> str:
        """The remark beside the value; "" for a clip that is computed whole."""
        return remark_on_pieces(len(self.pieces), self.n_pieces) if self.n_pieces > 1 else ""


def prepare(reference: Signal, sample_rate: int, *, mode: str, has_crashed: bool = False) -> PreparedPesq:
    """Compute the part that depends on the reference alone: whether the clip is cut, and into which pieces.

    Args:
        reference: the signal.
        sample_rate: Hz.
        mode: "wb" or "nb".
        has_crashed: the package crashed on this clip: cut it if it is longer than a piece.

    Raises:
        MetricError: sample_rate, too_short.
    """
    if sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"PESQ is defined here at {SAMPLE_RATE} Hz, got {sample_rate} Hz")
    if reference.size < _MIN_S * SAMPLE_RATE:
        raise MetricError("too_short", f"{reference.size / SAMPLE_RATE:.3f} s, expected {_MIN_S} s")
    if not has_crashed and _is_safe(reference, mode):
        return PreparedPesq(reference, mode, 1, (slice(0, reference.size),))
    count = math.ceil(reference.size / (MAX_PIECE_S * SAMPLE_RATE))
    edges = [reference.size * i // count for i in range(count + 1)]
    pieces = [slice(start, stop) for start, stop in pairwise(edges)]
    levels = [_loudest(reference[piece]) for piece in pieces]
    threshold = max(levels) * 10 ** (-_DYNAMIC_RANGE_DB / 20)
    with_speech = tuple(p for p, level in zip(pieces, levels, strict=True) if level >= threshold)
    return PreparedPesq(reference, mode, count, with_speech)


# One function for each way, so that `Reference.remember` keeps each result.
_PREPARE = {
    (mode, has_crashed): partial(prepare, mode=mode, has_crashed=has_crashed)
    for mode in ("wb", "nb")
    for has_crashed in (False, True)
}


def score(prepared: PreparedPesq, estimate: Signal) -> float:
    """Compute PESQ of an estimate that is as long as the reference.

    Args:
        prepared: the reference.
        estimate: shape (time,).

    Raises:
        MetricError: silent_est, not_enough_speech, pesq_error.
    """
    values = [_score_piece(prepared.reference[piece], estimate[piece], prepared.mode) for piece in prepared.pieces]
    return float(np.mean(values))


def _of_pair(pair: Pair, name: str, mode: str) -> float:
    has_crashed = name in pair.crashed
    prepared = pair.reference.remember(_PREPARE[mode, has_crashed])
    value = score(prepared, pair.estimate)
    if prepared.remark:
        pair.remarks[name] = prepared.remark + (AFTER_CRASH if has_crashed else "")
    return value


def _is_safe(reference: Signal, mode: str) -> bool:
    """Return whether the package can compute the whole clip within its tables."""
    duration_s = reference.size / SAMPLE_RATE
    if duration_s <= MAX_PIECE_S or duration_s > MAX_WHOLE_S:
        return duration_s <= MAX_PIECE_S
    n_utterances = count_utterances(reference, mode=mode)
    return n_utterances is not None and n_utterances <= MAX_UTTERANCES


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
