"""Short-time objective intelligibility (STOI) and its extension to modulated noise (ESTOI).

Both compare third-octave envelopes over segments of 30 frames (384 ms): STOI correlates the envelopes of each band,
ESTOI the spectra after each band's envelope has been normalised. What belongs to the reference is computed once.

Sources: Taal, Hendriks, Heusdens, Jensen 2011, doi:10.1109/TASL.2011.2114881, eq. 1-6; Jensen, Taal 2016,
doi:10.1109/TASLP.2016.2585878. The oracle in tests is pystoi, matched to 1e-9. pystoi adds noise of 2e-16 to
the envelopes of ESTOI, which becomes a random spectrum wherever a signal is digital zero; here such a band counts 0, so
that the figure is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from .blocks import Floats
from .metric import MetricError
from .resample10k import to_10k
from .signals import Signal, check_both
from .thirdoctave import EPS, N_BANDS, Indices, envelopes, frame_count, spoken_frames

if TYPE_CHECKING:
    from .pair import Pair

N_SEGMENT = 30  # frames
_CLIP = 1 + 10 ** (15 / 20)  # no cell of an estimate counts as worse than a signal-to-distortion ratio of -15 dB
_MEAN = np.full(N_BANDS, 1 / N_BANDS)  # as a product: NumPy's mean over a short last axis is six times as slow
# Segments at a time: 450 numbers each, so that a group stays in the cache.
_GROUP = 64


@dataclass(frozen=True, eq=False)
class PreparedStoi:
    """What STOI and ESTOI need of a reference.

    Attributes:
        sample_rate: Hz of the signals.
        frames: those in which the reference speaks.
        envelopes: of the reference, shape (frame, band).
        mean, spread, norm: of each segment and band, shape (segment, band): mean, norm about the mean, norm about zero.
        column_norm: norm of each spectrum in a segment after both of ESTOI's normalisations, shape (30, segment).
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


def stoi(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute STOI by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz, any usual rate.

    Returns:
        Mean correlation, up to 1.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch, sample_rate; too_short under 0.41 s;
            not_enough_speech where the reference speaks for less than 0.41 s.
    """
    return _alone(stoi_score, reference, estimate, sample_rate)


def estoi(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute ESTOI by itself; arguments, range and errors as `stoi`."""
    return _alone(estoi_score, reference, estimate, sample_rate)


def _alone(
    score: Callable[[PreparedStoi, Floats], float],
    reference: npt.ArrayLike,
    estimate: npt.ArrayLike,
    sample_rate: int,
) -> float:
    one, other = check_both(reference, estimate)
    prepared = prepare(one, sample_rate)
    return score(prepared, prepared.envelopes_of(other))


def prepare(reference: Signal, sample_rate: int) -> PreparedStoi:
    """Do the part that depends on the reference alone.

    Raises:
        MetricError: too_short, not_enough_speech, sample_rate.
    """
    signal = to_10k(reference, sample_rate)
    # Cut out and joined, n frames make a signal of n - 1.
    if frame_count(len(signal)) <= N_SEGMENT:
        raise MetricError("too_short", f"{reference.size / sample_rate:.2f} s, expected 0.41 s")
    frames = spoken_frames(signal)
    if len(frames) <= N_SEGMENT:
        raise MetricError(
            "not_enough_speech", f"{len(frames)} frames of 12.8 ms hold speech, expected over {N_SEGMENT}"
        )
    bands = envelopes(signal, frames)
    mean, spread, norm = _moments(bands)
    column_norm = np.empty((N_SEGMENT, len(mean)))
    segments = _segments(bands)
    for group in _groups(len(mean)):
        columns = _centred(_normalised(segments[:, group], mean[group], spread[group]))
        column_norm[:, group] = np.sqrt(np.einsum("fsb,fsb->fs", columns, columns))
    return PreparedStoi(sample_rate, frames, bands, mean, spread, norm, column_norm)


def stoi_score(prepared: PreparedStoi, estimate: Floats) -> float:
    """Compute STOI of an estimate's envelopes, shape (frame, band)."""
    _, _, norm = _moments(estimate)
    gain = prepared.norm / (norm + EPS)
    references, limits = _segments(prepared.envelopes), _segments(prepared.envelopes * _CLIP)
    estimates = _segments(estimate)
    total = 0.0
    for group in _groups(len(gain)):
        fitted = estimates[:, group] * gain[group]
        np.minimum(fitted, limits[:, group], out=fitted)
        fitted -= fitted.mean(axis=0)
        # Deviations from a mean sum to zero, so the mean of the reference need not be taken off as well.
        product = np.einsum("fsb,fsb->sb", fitted, references[:, group])
        spread = np.sqrt(np.einsum("fsb,fsb->sb", fitted, fitted))
        total += float((product / ((spread + EPS) * (prepared.spread[group] + EPS))).sum())
    return total / gain.size


def estoi_score(prepared: PreparedStoi, estimate: Floats) -> float:
    """Compute ESTOI of an estimate's envelopes, shape (frame, band)."""
    mean, spread, _ = _moments(estimate)
    references, estimates = _segments(prepared.envelopes), _segments(estimate)
    total = 0.0
    for group in _groups(len(mean)):
        # As above, it is enough to take the mean off one of the two spectra.
        one = _normalised(references[:, group], prepared.mean[group], prepared.spread[group])
        other = _centred(_normalised(estimates[:, group], mean[group], spread[group]))
        norms = prepared.column_norm[:, group] * np.sqrt(np.einsum("fsb,fsb->fs", other, other))
        total += float(_divide(np.einsum("fsb,fsb->fs", one, other), norms).sum())
    return total / mean.size * N_BANDS / N_SEGMENT


def _segments(bands: Floats) -> Floats:
    """View envelopes as overlapping segments, shape (30, segment, band)."""
    return np.asarray(sliding_window_view(bands, N_SEGMENT, axis=0).transpose(2, 0, 1))


def _groups(n_segments: int) -> Iterator[slice]:
    for start in range(0, n_segments, _GROUP):
        yield slice(start, start + _GROUP)


def _moments(bands: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, norm about the mean, and norm about zero of each segment and band, shape (segment, band)."""
    segments = _segments(bands)
    mean = segments.mean(axis=0)
    norm = np.sqrt(_segments(np.square(bands)).sum(axis=0))
    spread = np.empty_like(mean)
    for group in _groups(len(mean)):
        centred = segments[:, group] - mean[group]
        spread[group] = np.sqrt(np.einsum("fsb,fsb->sb", centred, centred))
    return mean, spread, norm


def _normalised(segments: Floats, mean: Floats, spread: Floats) -> Floats:
    """Give each band mean 0 and norm 1 over time, shape (30, segment, band)."""
    bands = segments - mean
    bands *= _divide(np.ones(1), spread)
    return bands


def _centred(bands: Floats) -> Floats:
    """Take the mean off each spectrum, in place."""
    bands -= (bands @ _MEAN)[:, :, None]
    return bands


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with 0 where the denominator is 0: a band or spectrum without any variation correlates with nothing."""
    quotient = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.asarray(np.divide(numerator, denominator, out=quotient, where=denominator > 0))


def _estimate_envelopes(pair: Pair) -> Floats:
    return pair.reference.remember(prepare).envelopes_of(pair.estimate)


def stoi_of_pair(pair: Pair) -> float:
    """Compute STOI of a pair, its reference prepared once, its envelopes shared with ESTOI."""
    return stoi_score(pair.reference.remember(prepare), pair.remember(_estimate_envelopes))


def estoi_of_pair(pair: Pair) -> float:
    """Compute ESTOI of a pair, its reference prepared once, its envelopes shared with STOI."""
    return estoi_score(pair.reference.remember(prepare), pair.remember(_estimate_envelopes))
