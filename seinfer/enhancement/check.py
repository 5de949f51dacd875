"""`seinfer check`: measures on a recording whether a model is wired right here. Each question gets a verdict.

It finds the faults that made networks run and give bad numbers: state lost between pieces, output delayed, a result
that depends on the other clips of the batch. The contract behind the questions is in backends/base.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..audio.resampling import Samples, resample
from ..backends.base import Batch, Enhancer, Streaming, Waveform, pad, run_stream, stream_over
from ..core.errors import SeinferError
from ..core.numbers import fixed
from ..metrics.diagnostics import gain_db, lag_samples
from ..metrics.errors import MetricError
from .latency import longest_wait, measure_pace
from .long_clips import Clock, windowed
from .parity import agreement_db, block_lengths, block_parities

BATCH_TOLERANCE = 1e-5
STREAM_MIN_DB = 60.0
GAIN_RANGE_DB = (-12.0, 3.0)
# The size of a piece is not a multiple of any hop, so that lost state or lost samples show at every boundary.
_PIECE_S = 0.7771
# Long enough for two windows of longclips.windowed.
_LONG_S = 50.0
_STREAM_QUESTION = "piece by piece, state carried"
_STREAM_EXPECTED = f"an SNR of at least {STREAM_MIN_DB:.0f} dB"
_IDENTICAL, _OTHER_LENGTH = "identical", "of another length"


@dataclass(frozen=True)
class Verdict:
    """The answer to one question.

    Attributes:
        question: the property that was measured.
        measured: the value, as text.
        expected: the value of a correctly wired model, as text.
        is_good: whether it is as expected; None if a person should look at it because it may be right.
    """

    question: str
    measured: str
    expected: str
    is_good: bool | None


def check(enhancer: Enhancer, clip: Samples, sample_rate: int) -> Iterator[Verdict]:
    """Measure a loaded model on one clip.

    Args:
        enhancer: the model.
        clip: shape (channels, time); the first channel is used.
        sample_rate: Hz of the clip.
    """
    rate = enhancer.sample_rate or sample_rate
    noisy = resample(clip[:1], sample_rate, rate)[0]
    before = noisy.copy()
    whole = enhancer.enhance(Batch(noisy[None], (len(noisy),)))[
        0
    ]  # the array itself, not a padded copy: the model could modify it
    yield _length(enhancer, noisy, whole)
    yield Verdict(
        "input left alone",
        "changed" if (noisy != before).any() else "unchanged",
        "unchanged",
        bool((noisy == before).all()),
    )
    yield _difference("the same again", whole, _alone(enhancer, noisy), 0.0)
    yield _difference("in a batch with other clips", whole, _in_batch(enhancer, noisy), BATCH_TOLERANCE)
    yield _lag(noisy, whole, rate)
    yield _level(noisy, whole, rate)
    yield _pieces(enhancer, noisy, whole, rate)


def _alone(enhancer: Enhancer, noisy: Waveform) -> Waveform:
    return enhancer.enhance(pad([noisy]))[0]


def _in_batch(enhancer: Enhancer, noisy: Waveform) -> Waveform:
    """Enhance the clip between a shorter and a longer one, in the middle of the batch."""
    longer = np.concatenate([noisy[::-1], noisy[: len(noisy) // 3]])
    return enhancer.enhance(pad([noisy[: max(1, len(noisy) // 2)], noisy, longer]))[1]


def _length(enhancer: Enhancer, noisy: Waveform, whole: Waveform) -> Verdict:
    lengths = [len(noisy), 1, 17, len(noisy) // 2 + 1]
    got = [len(whole), *(len(_alone(enhancer, noisy[:n])) for n in lengths[1:])]
    is_finite = bool(np.isfinite(whole).all())
    of_inputs = ", ".join(map(str, lengths))
    measured = of_inputs if got == lengths else f"{', '.join(map(str, got))} for inputs of {of_inputs}"
    finite = "" if is_finite else ", not all finite"
    return Verdict("length", f"{measured} samples{finite}", "as the input, all finite", got == lengths and is_finite)


def _difference(question: str, one: Waveform, other: Waveform, tolerance: float) -> Verdict:
    expected = f"differences of at most {tolerance:.0e}" if tolerance else _IDENTICAL
    if one.shape != other.shape:
        return Verdict(question, _OTHER_LENGTH, expected, False)
    largest = float(np.abs(one - other).max())
    measured = f"differs by at most {largest:.1e}" if largest else _IDENTICAL
    return Verdict(question, measured, expected, largest <= tolerance)


def _lag(noisy: Waveform, whole: Waveform, rate: int) -> Verdict:
    lag = _diagnosed(lag_samples, noisy, whole, rate)
    if lag is None:
        return Verdict("delay", "cannot be measured: silent or unlike the input", "0 samples", None)
    # A network that filters changes the phase a little; a frame or a hop is always longer than this.
    return Verdict(
        "delay",
        f"{lag:.0f} {'sample' if abs(lag) == 1 else 'samples'} ({1000 * lag / rate:.2f} ms)",
        "0 samples",
        abs(lag) <= rate // 8000,
    )


def _level(noisy: Waveform, whole: Waveform, rate: int) -> Verdict:
    gain = _diagnosed(gain_db, noisy, whole, rate)
    if gain is None:
        return Verdict("level", "cannot be measured: silent or unlike the input", "near 0 dB", None)
    low, high = GAIN_RANGE_DB
    # How much a noisy clip must lose is not known here: only a higher level is certainly wrong.
    is_good = None if gain < low else gain <= high
    return Verdict(
        "level of the output",
        f"{fixed(gain, 1, is_signed=True)} dB",
        f"{low:+.0f} to {high:+.0f} dB on a noisy clip",
        is_good,
    )


def _pieces(enhancer: Enhancer, noisy: Waveform, whole: Waveform, rate: int) -> Verdict:
    if isinstance(enhancer, Streaming):
        return _blocks(enhancer, noisy, whole, rate)
    if (stream := stream_over(enhancer, noisy)) is not None:
        snr = agreement_db(whole, run_stream(stream, noisy, round(_PIECE_S * rate)))
        return Verdict(_STREAM_QUESTION, _agreement(snr), _STREAM_EXPECTED, snr >= STREAM_MIN_DB)
    long = np.resize(noisy, max(len(noisy), round(_LONG_S * rate)))
    pieces = np.concatenate(list(windowed(enhancer, [long[None]], rate, Clock())), axis=1)[0]
    snr = agreement_db(_alone(enhancer, long), pieces)
    return Verdict(
        "long clips",
        f"in faded windows, {_agreement(snr)}",
        f"an SNR of at least {STREAM_MIN_DB:.0f} dB, else rows are flagged chunked",
        None if snr < STREAM_MIN_DB else True,
    )


def _blocks(enhancer: Streaming, noisy: Waveform, whole: Waveform, rate: int) -> Verdict:
    """Compare blocks of several lengths, and name the length that agrees least."""
    try:
        pace = measure_pace(enhancer.open_stream(), rate, "the model")
    except SeinferError as error:
        return Verdict(_STREAM_QUESTION, str(error), _STREAM_EXPECTED, False)
    lengths = block_lengths(pace.hop, rate)
    worst = min(block_parities(enhancer.open_stream, noisy, whole, lengths), key=lambda parity: parity.snr_db)
    of_lengths = f"blocks of {', '.join(map(str, lengths))} samples"
    in_which = f", worst with {worst.block_samples}" if np.isfinite(worst.snr_db) else ""
    latency_ms = 1000 * (longest_wait(pace, rate, rate, step=1, low_delay=False) + 1) / rate
    return Verdict(
        _STREAM_QUESTION,
        f"{_agreement(worst.snr_db)} ({of_lengths}{in_which}; latency {latency_ms:.1f} ms)",
        _STREAM_EXPECTED,
        worst.snr_db >= STREAM_MIN_DB,
    )


def _agreement(snr_db: float) -> str:
    """Return how well pieces agree with the whole clip; an infinite SNR is said in words."""
    if np.isinf(snr_db):
        return f"{_IDENTICAL} to the whole clip" if snr_db > 0 else f"{_OTHER_LENGTH} than the whole clip"
    return f"an SNR of {snr_db:.0f} dB against the whole clip"


def _diagnosed(measure: Callable[..., float], noisy: Waveform, whole: Waveform, rate: int) -> float | None:
    try:
        return measure(reference=noisy, estimate=whole, sample_rate=rate)
    except MetricError:
        return None
