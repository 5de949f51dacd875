"""Speech attenuation and residual noise: how much speech a denoiser removed, and how much is left that is not speech.

Each segment of 80 ms is cut into bands k, and the estimate E in a band is split into the reference R with a real gain,
and the rest. The gain is the one that leaves the least rest:

    a_k = <R_k, E_k> / <R_k, R_k>        E_k = a_k R_k + D_k

    speech attenuation = mean over segments with speech of clip(10 log10(sum_k |R_k|^2 / sum_k |a_k R_k|^2), 0, 35)
    residual noise     = mean over all segments of clip(10 log10(sum_k |D_k|^2 / P), -60, 20)

A segment has speech if its level is at most 15.9 dB below the active speech level of the reference (ITU-T P.56). P is
the energy that a segment at the active speech level has. D contains remaining noise and everything that the denoiser
added. Both measures are needed: muting the clip removes all noise, and doing nothing removes no speech.

- An unchanged noisy clip has a speech attenuation close to 0 dB. The improvement of residual noise over the noisy clip
  is the attenuation of the noise.
- A gain below 1 of the whole clip counts as attenuation of speech; a gain above 1 does not count.
- A band in which the noise happens to resemble the speech gets a wrong gain. A band has 32 or more complex values, so
  noise as strong as the speech changes its gain by about 0.1.
- A delay of a fraction of a millisecond counts as removed speech and as residual noise, as in SDR without its filter.

Unit: dB; lower is better. Defined at 16 kHz: spectra of 32 ms every 16 ms with a Hann window, 4 frames in a segment,
14 bands whose width is a fifth of their centre frequency, at least 250 Hz.

Source: the split is that of Vincent, Gribonval, Févotte, "Performance measurement in blind audio source separation",
IEEE TASLP 14(4), 2006, doi:10.1109/TSA.2005.858005, sec. III, with the gains that vary in time and frequency as the
allowed distortion. The mean of segments in dB follows the segmental attenuation of speech and noise of Fingscheidt,
Suhadi, Stan, "Environment-optimized speech enhancement", IEEE TASLP 16(4), 2008, doi:10.1109/TASL.2008.920062. It
filters the two components by the gains of the denoiser, which are unknown here. Segments, bands and bounds are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from ..audio.levels import MARGIN_DB, speech_level
from ..core.errors import AudioError
from .errors import MetricError
from .frames import frames_of, in_groups, periodic_hann
from .pair import Pair, pair_of
from .signals import Floats, Signal

SAMPLE_RATE = 16_000
MAX_ATTENUATION_DB = 35.0
MIN_RESIDUAL_DB, MAX_RESIDUAL_DB = -60.0, 20.0
_WIN_LENGTH, _HOP_LENGTH = 512, 256
_FRAMES_PER_SEGMENT = 4
MIN_SAMPLES = _WIN_LENGTH + (_FRAMES_PER_SEGMENT - 1) * _HOP_LENGTH
# First bin of each band; a bin has 31.25 Hz.
_BANDS = np.array([0, 8, 16, 24, 32, 40, 50, 62, 76, 94, 116, 142, 174, 214])
_WINDOW = periodic_hann(_WIN_LENGTH)
# Energy of a segment in the spectra (bins 0 to n_fft / 2), relative to the mean power of its samples; Parseval.
_SEGMENT_ENERGY = _FRAMES_PER_SEGMENT * float(np.square(_WINDOW).sum()) * _WIN_LENGTH / 2
_TINY = float(np.finfo(np.float64).tiny)


def speech_attenuation(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute how much the speech is attenuated.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape, with the same gain and no delay.
        sample_rate: Hz, 16000.

    Returns:
        dB, 0 to 35; 0 if no speech is removed.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch, not_enough_speech; sample_rate for other rates;
            too_short under 1280 samples.
    """
    return attenuation_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def residual_noise(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the level of everything that is not speech, relative to the active speech level of the reference.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape, with the same gain and no delay.
        sample_rate: Hz, 16000.

    Returns:
        dB, -60 to 20; -60 if nothing is left.

    Raises:
        MetricError: as `speech_attenuation`.
    """
    return residual_of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def attenuation_of_pair(pair: Pair) -> float:
    """Compute the speech attenuation of a pair."""
    level_db, split = pair.reference.remember(_active_db), pair.remember(_split)
    has_speech = _level_db(split.speech) >= level_db - MARGIN_DB
    if not has_speech.any():
        raise MetricError("not_enough_speech")
    attenuation_db = _db(split.speech[has_speech]) - _db(split.kept[has_speech])
    return float(np.clip(attenuation_db, 0.0, MAX_ATTENUATION_DB).mean())


def residual_of_pair(pair: Pair) -> float:
    """Compute the residual noise of a pair."""
    level_db, split = pair.reference.remember(_active_db), pair.remember(_split)
    return float(np.clip(_level_db(split.rest) - level_db, MIN_RESIDUAL_DB, MAX_RESIDUAL_DB).mean())


@dataclass(frozen=True, eq=False)
class _Split:
    """Energies of the parts of an estimate, each of shape (segment,).

    Attributes:
        speech: the reference.
        kept: the reference with the gains of the estimate.
        rest: the estimate without it.
    """

    speech: Floats
    kept: Floats
    rest: Floats


def _split(pair: Pair) -> _Split:
    groups = zip(_spectra(pair.reference.samples), _spectra(pair.estimate), strict=True)
    speech, kept, rest = (np.concatenate(parts) for parts in zip(*(_energies(*group) for group in groups), strict=True))
    return _Split(speech, kept, rest)


def _active_db(reference: Signal, sample_rate: int) -> float:
    """Return the active speech level of a reference in dBov.

    Raises:
        MetricError: sample_rate, too_short, not_enough_speech.
    """
    if sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"expected {SAMPLE_RATE} Hz, got {sample_rate} Hz")
    if reference.size < MIN_SAMPLES:
        raise MetricError("too_short", f"the clip has {reference.size} samples, expected {MIN_SAMPLES} or more")
    try:
        return speech_level(reference, sample_rate).active_db
    except AudioError as error:
        raise MetricError("not_enough_speech", str(error)) from error


def _spectra(signal: Signal) -> Iterator[npt.NDArray[np.complex128]]:
    """Yield the spectra of whole segments, a group at a time, shape (frame, frequency)."""
    frames = frames_of(signal, _WIN_LENGTH, _HOP_LENGTH)
    frames = frames[: len(frames) // _FRAMES_PER_SEGMENT * _FRAMES_PER_SEGMENT]
    for group in in_groups(len(frames)):
        yield np.asarray(rfft(frames[group] * _WINDOW, axis=-1))


def _energies(
    reference: npt.NDArray[np.complex128], estimate: npt.NDArray[np.complex128]
) -> tuple[Floats, Floats, Floats]:
    """Return the energies of the reference, of its share of the estimate and of the rest, each of shape (segment,)."""
    speech = _in_bands(reference, reference)
    gain = _in_bands(reference, estimate) / np.maximum(speech, _TINY)
    # Not the energy of the estimate minus that of the share, which loses all digits of a small rest.
    rest = estimate - np.repeat(np.repeat(gain, _band_widths(), axis=1), _FRAMES_PER_SEGMENT, axis=0) * reference
    return speech.sum(axis=1), (np.square(gain) * speech).sum(axis=1), _in_bands(rest, rest).sum(axis=1)


def _in_bands(first: npt.NDArray[np.complex128], second: npt.NDArray[np.complex128]) -> Floats:
    """Return the real inner products of two spectra in each segment and band, shape (segment, band)."""
    products = first.real * second.real + first.imag * second.imag
    by_segment = products.reshape(-1, _FRAMES_PER_SEGMENT, products.shape[-1]).sum(axis=1)
    return np.add.reduceat(by_segment, _BANDS, axis=1)


def _band_widths() -> npt.NDArray[np.int64]:
    return np.diff(_BANDS, append=_WIN_LENGTH // 2 + 1)


def _level_db(energies: Floats) -> Floats:
    """Return the levels of segments in dBov."""
    return _db(energies / _SEGMENT_ENERGY)


def _db(energies: Floats) -> Floats:
    return np.asarray(10 * np.log10(np.maximum(energies, _TINY)))
