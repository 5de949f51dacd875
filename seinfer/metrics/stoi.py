"""Short-time objective intelligibility (STOI) and its extension to modulated noise (ESTOI).

For the third-octave envelopes X of the reference and Y of the estimate (see `thirdoctave`), shape (band j, frame), and
each segment of 30 frames (384 ms) that ends with frame m:

    STOI:  y' = min(y |x| / |y|, x (1 + 10^(15/20))) for the rows x and y of band j       (eq. 3 and 4)
           d(j, m) = <x - mean x, y' - mean y'> / (|x - mean x| |y' - mean y'|)           (eq. 5)
           STOI = mean of d over all bands and segments                                   (eq. 6)
    ESTOI: subtract the mean of each row and divide by its norm, then do the same with each column;
           ESTOI = mean over segments of 1/30 sum over frames n of <column n of X, column n of Y>

Unit: none. Range: -1 to 1; higher is better.

Sources: Taal, Hendriks, Heusdens, Jensen 2011, doi:10.1109/TASL.2011.2114881, eq. 1-6; Jensen, Taal 2016,
doi:10.1109/TASLP.2016.2585878. The oracle in tests is pystoi, which this matches to 1e-9. pystoi adds noise of 2e-16 to
the envelopes of ESTOI. If a signal is digital zero, this noise becomes a random spectrum; here such a band counts 0, so
that the value is the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from .errors import MetricError
from .frames import in_groups
from .pair import Pair, pair_of
from .resample10k import to_10k
from .signals import Floats, Signal
from .thirdoctave import EPS, N_BANDS, Indices, envelopes, frame_count, speech_frames

N_SEGMENT = 30  # frames
_CLIP = 1 + 10 ** (15 / 20)  # eq. 3: limits the signal-to-distortion ratio of a cell to -15 dB and more
_MEAN = np.full(N_BANDS, 1 / N_BANDS)  # for a product: NumPy's mean over a short last axis is six times as slow


def stoi(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute STOI of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz, any usual rate.

    Returns:
        Mean correlation, up to 1.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch, sample_rate; too_short under 0.41 s;
            not_enough_speech if the reference contains less than 0.41 s of speech.
    """
    return stoi_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def estoi(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute ESTOI of two waveforms; arguments, range and errors as for `stoi`."""
    return estoi_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def stoi_of_pair(pair: Pair) -> float:
    """Compute STOI of a pair; the reference's part is cached, the estimate's envelopes are shared with ESTOI."""
    return stoi_score(pair.reference.remember(prepare), pair.remember(_estimate_envelopes))


def estoi_of_pair(pair: Pair) -> float:
    """Compute ESTOI of a pair; the reference's part is cached, the estimate's envelopes are shared with STOI."""
    return estoi_score(pair.reference.remember(prepare), pair.remember(_estimate_envelopes))


@dataclass(frozen=True, eq=False)
class PreparedStoi:
    """The part of STOI and ESTOI that depends on the reference.

    Attributes:
        sample_rate: Hz of the signals.
        frames: indices of the frames in which the reference contains speech.
        envelopes: of the reference, shape (frame, band).
        mean, spread, norm: mean x, |x - mean x| and |x| of each segment and band, shape (segment, band).
        column_norm: norm of each column of a segment after the normalisation of rows and the subtraction of the column
            mean (ESTOI), shape (30, segment).
    """

    sample_rate: int
    frames: Indices
    envelopes: Floats
    mean: Floats
    spread: Floats
    norm: Floats
    column_norm: Floats

    def envelopes_of(self, estimate: Signal) -> Floats:
        """Return the envelopes of an estimate in the same frames, shape (frame, band)."""
        return envelopes(to_10k(estimate, self.sample_rate), self.frames)


def prepare(reference: Signal, sample_rate: int) -> PreparedStoi:
    """Compute the part that depends on the reference alone.

    Raises:
        MetricError: too_short, not_enough_speech, sample_rate.
    """
    signal = to_10k(reference, sample_rate)
    # The n frames that are cut out and joined again give a signal of n - 1 frames.
    if frame_count(len(signal)) <= N_SEGMENT:
        raise MetricError("too_short", f"{reference.size / sample_rate:.2f} s, expected 0.41 s")
    frames = speech_frames(signal)
    if len(frames) <= N_SEGMENT:
        raise MetricError(
            "not_enough_speech", f"{len(frames)} frames of 12.8 ms contain speech, expected more than {N_SEGMENT}"
        )
    bands = envelopes(signal, frames)
    mean, spread, norm = _moments(bands)
    column_norm = np.empty((N_SEGMENT, len(mean)))
    segments = _segments(bands)
    for group in in_groups(len(mean)):
        columns = _centred(_normalised(segments[:, group], mean[group], spread[group]))
        column_norm[:, group] = np.sqrt(np.einsum("fsb,fsb->fs", columns, columns))
    return PreparedStoi(sample_rate, frames, bands, mean, spread, norm, column_norm)


def stoi_score(prepared: PreparedStoi, estimate: Floats) -> float:
    """Compute STOI of an estimate's envelopes, shape (frame, band)."""
    _, _, norm = _moments(estimate)
    gain = prepared.norm / (norm + EPS)  # |x| / |y|
    references, limits = _segments(prepared.envelopes), _segments(prepared.envelopes * _CLIP)
    estimates = _segments(estimate)
    total = 0.0
    for group in in_groups(len(gain)):
        fitted = estimates[:, group] * gain[group]
        np.minimum(fitted, limits[:, group], out=fitted)  # y', eq. 3 and 4
        fitted -= fitted.mean(axis=0)
        # eq. 5. Deviations from a mean sum to zero, so the mean of x need not be subtracted as well.
        product = np.einsum("fsb,fsb->sb", fitted, references[:, group])
        spread = np.sqrt(np.einsum("fsb,fsb->sb", fitted, fitted))
        total += float((product / ((spread + EPS) * (prepared.spread[group] + EPS))).sum())
    return total / gain.size  # eq. 6


def estoi_score(prepared: PreparedStoi, estimate: Floats) -> float:
    """Compute ESTOI of an estimate's envelopes, shape (frame, band)."""
    mean, spread, _ = _moments(estimate)
    references, estimates = _segments(prepared.envelopes), _segments(estimate)
    total = 0.0
    for group in in_groups(len(mean)):
        # As above, it is enough to subtract the mean of one of the two columns.
        one = _normalised(references[:, group], prepared.mean[group], prepared.spread[group])
        other = _centred(_normalised(estimates[:, group], mean[group], spread[group]))
        norms = prepared.column_norm[:, group] * np.sqrt(np.einsum("fsb,fsb->fs", other, other))
        total += float(_divide(np.einsum("fsb,fsb->fs", one, other), norms).sum())
    return total / mean.size * N_BANDS / N_SEGMENT


def _estimate_envelopes(pair: Pair) -> Floats:
    return pair.reference.remember(prepare).envelopes_of(pair.estimate)


def _segments(bands: Floats) -> Floats:
    """View envelopes as overlapping segments, shape (30, segment, band)."""
    return np.asarray(sliding_window_view(bands, N_SEGMENT, axis=0).transpose(2, 0, 1))


def _moments(bands: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean x, |x - mean x| and |x| of each segment and band, shape (segment, band)."""
    segments = _segments(bands)
    mean = segments.mean(axis=0)
    norm = np.sqrt(_segments(np.square(bands)).sum(axis=0))
    spread = np.empty_like(mean)
    for group in in_groups(len(mean)):
        centred = segments[:, group] - mean[group]
        spread[group] = np.sqrt(np.einsum("fsb,fsb->sb", centred, centred))
    return mean, spread, norm


def _normalised(segments: Floats, mean: Floats, spread: Floats) -> Floats:
    """Normalise each row: mean 0 and norm 1 over time, shape (30, segment, band)."""
    bands = segments - mean
    bands *= _divide(np.ones(1), spread)
    return bands


def _centred(bands: Floats) -> Floats:
    """Subtract the mean of each column, in place."""
    bands -= (bands @ _MEAN)[:, :, None]
    return bands


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with 0 for a denominator of 0: a band or spectrum without any variation correlates with nothing."""
    quotient = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.asarray(np.divide(numerator, denominator, out=quotient, where=denominator > 0))
