"""The signal processing of DeepFilterNet around its network, for one clip: spectra -> features, masks -> spectra.

The rule: everything with a state (running means, filters) is an object of one clip that accepts frames as they arrive.
The result does not depend on how the frames are grouped. Pure numpy, in double precision inside.

Source: Rikorose/DeepFilterNet@d375b2d, libDF/src/lib.rs (window, ERB bands, normalisation) and in DeepFilterNet/df
multiframe.py (DF), deepfilternet2.py and deepfilternet3.py (DfNet.forward), modules.py (Mask.pf), enhance.py; Schröter
et al., "DeepFilterNet: A Low Complexity Speech Enhancement Framework for Full-Band Audio Based on Deep Filtering",
ICASSP 2022 (arXiv:2110.05588); the post-filter after Valin et al., "A Perceptually-Motivated Approach for
Low-Complexity, Real-Time Enhancement of Fullband Speech", Interspeech 2020 (arXiv:2008.04259).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..frames import Spectra, Window
from .config import Settings

SAMPLE_RATE = 48_000
WIN_LENGTH = 960
HOP_LENGTH = 480
N_BINS = WIN_LENGTH // 2 + 1
N_TAPS = 5
N_FILTERED = 96
LOOKAHEAD = 2
"""Future frames that the network and the filter use; the middle tap of the filter is this far from both ends."""

BAND_WIDTHS = (*[2] * 13, 5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67)
"""Bins in each ERB band."""
N_BANDS = len(BAND_WIDTHS)
_BAND_STARTS = np.cumsum((0, *BAND_WIDTHS[:-1]))

# The authors round exp(-hop / (rate * norm_tau)) to three digits.
_DECAY = 0.99
_PF_BETA = 0.02
_TINY = 1e-12

Values = npt.NDArray[np.float64]
"""Shape (frame, frequency) or (frame, band)."""
Gains = npt.NDArray[np.float32]
"""Shape (frame, band), within [0, 1]."""
Coefficients = npt.NDArray[np.complex64]
"""Shape (frame, frequency, tap): the lowest bins only, the oldest tap first."""


def vorbis_window(win_length: int) -> Window:
    """Return w[n] = sin(pi/2 sin²(pi (n + 1/2) / win_length)), whose square adds up to 1 over hops of half a window."""
    window: Window = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(win_length) + 0.5) / win_length) ** 2)
    return window


WINDOW = vorbis_window(WIN_LENGTH)
_LEAST_MAGNITUDE = float(np.finfo(np.float32).smallest_subnormal)


class RunningMean:
    """m[t] = decay m[t-1] + (1 - decay) x[t], with an initial value that is linear over the bins."""

    def __init__(self, first: float, last: float, n_bins: int) -> None:
        self._mean: Values = np.linspace(first, last, n_bins)

    def push(self, values: Values) -> Values:
        """Accept the next frames; return the mean after each of them."""
        means = (1 - _DECAY) * values
        if not len(means):
            return means
        means[0] += _DECAY * self._mean
        # After k passes each frame contains the terms of the last 2^k frames: no loop over frames is needed.
        reach = 1
        while reach < len(means):
            means[reach:] += _DECAY**reach * means[:-reach].copy()
            reach *= 2
        self._mean = means[-1]
        return means


@dataclass(frozen=True)
class Features:
    """Input of the network, float32.

    Attributes:
        levels: shape (frame, band), level of each ERB band relative to its running mean, in units of 40 dB.
        spectra: shape (2, frame, frequency), real and imaginary part of the lowest bins, normalised by a running mean.
    """

    levels: npt.NDArray[np.float32]
    spectra: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.levels)

    def since(self, start: int) -> Features:
        """Return the frames from `start` on."""
        return Features(self.levels[start:], self.spectra[:, start:])

    def silent_from(self, start: int) -> Features:
        """Return a copy in which the frames from `start` on are zero."""
        keep = np.arange(len(self)) < start
        return Features(self.levels * keep[:, None], self.spectra * keep[:, None])


class FrontEnd:
    """Computes the features of one clip."""

    def __init__(self) -> None:
        self._levels_db = RunningMean(-60.0, -90.0, N_BANDS)
        self._magnitudes = RunningMean(1e-3, 1e-4, N_FILTERED)

    def push(self, spectra: Spectra) -> Features:
        """Accept the next spectra, shape (frame, frequency); return their features."""
        powers = np.add.reduceat(np.square(np.abs(spectra)), _BAND_STARTS, axis=1) / BAND_WIDTHS
        levels_db = 10 * np.log10(powers + 1e-10)
        levels = (levels_db - self._levels_db.push(levels_db)) / 40
        low = spectra[:, :N_FILTERED]
        # After 12 minutes of digital silence the mean would be 0. The authors' code, in float32, never reaches 0.
        magnitudes = np.maximum(self._magnitudes.push(np.abs(low)), _LEAST_MAGNITUDE)
        low = low / np.sqrt(magnitudes)
        return Features(levels.astype(np.float32), np.stack([low.real, low.imag]).astype(np.float32))


class Filter(Protocol):
    """Gains and deep-filter coefficients -> enhanced spectra of one clip, `delay` frames after the noisy ones."""

    delay: int

    def push_noisy(self, noisy: Spectra) -> None:
        """Accept the next noisy spectra."""
        ...

    def push(self, gains: Gains, coefficients: Coefficients) -> Spectra:
        """Accept the network's output for the oldest frames without one; return the enhanced spectra that are ready."""
        ...


class NoisyFilter:
    """DeepFilterNet 3: the low bins are filtered from the noisy spectrum, the others masked."""

    delay = LOOKAHEAD

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._noisy = _no_past()

    def push_noisy(self, noisy: Spectra) -> None:
        """Accept the next noisy spectra."""
        self._noisy = np.concatenate([self._noisy, noisy])

    def push(self, gains: Gains, coefficients: Coefficients) -> Spectra:
        """Return an enhanced frame for each of `gains`."""
        noisy = self._noisy[LOOKAHEAD : LOOKAHEAD + len(gains)]
        enhanced = noisy * _over_bins(gains)
        enhanced[:, :N_FILTERED] = _filtered(self._noisy, coefficients)
        if self._settings.post_filter:
            enhanced *= _post_filter(noisy, enhanced)
        self._noisy = self._noisy[len(gains) :]
        return _limited(noisy, enhanced, self._settings)


class MaskedFilter:
    """DeepFilterNet 2: all bins are masked, then the low bins filtered, which needs the masks of future frames."""

    delay = 2 * LOOKAHEAD

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._unmasked: Spectra = np.zeros((0, N_BINS), np.complex128)
        self._noisy = _no_past()
        self._masked = _no_past()
        self._coefficients: Coefficients = np.zeros((0, N_FILTERED, N_TAPS), np.complex64)

    def push_noisy(self, noisy: Spectra) -> None:
        """Accept the next noisy spectra."""
        self._unmasked = np.concatenate([self._unmasked, noisy])

    def push(self, gains: Gains, coefficients: Coefficients) -> Spectra:
        """Return the enhanced frames for which the next two masked frames are known."""
        noisy, self._unmasked = self._unmasked[: len(gains)], self._unmasked[len(gains) :]
        masked = noisy * _over_bins(_post_filtered(gains) if self._settings.post_filter else gains)
        self._noisy = np.concatenate([self._noisy, noisy])
        self._masked = np.concatenate([self._masked, masked])
        self._coefficients = np.concatenate([self._coefficients, coefficients])
        return self._take(max(0, len(self._masked) - 2 * LOOKAHEAD))

    def _take(self, n_frames: int) -> Spectra:
        here = slice(LOOKAHEAD, LOOKAHEAD + n_frames)
        enhanced = self._masked[here].copy()
        enhanced[:, :N_FILTERED] = _filtered(self._masked, self._coefficients[:n_frames])
        noisy = self._noisy[here]
        self._noisy, self._masked = self._noisy[n_frames:], self._masked[n_frames:]
        self._coefficients = self._coefficients[n_frames:]
        return _limited(noisy, enhanced, self._settings)


def _no_past() -> Spectra:
    """Return the frames of zeros before a clip, which the oldest taps use."""
    return np.zeros((LOOKAHEAD, N_BINS), np.complex128)


def _over_bins(gains: Gains) -> Gains:
    """Return the gain of each bin, shape (frame, frequency)."""
    per_bin: Gains = np.repeat(gains, BAND_WIDTHS, axis=1)
    return per_bin


def _filtered(spectra: Spectra, coefficients: Coefficients) -> Spectra:
    """Return sum over n of C[t, f, n] X[t + n, f]; the first frame of `spectra` is two before the first output."""
    n_frames = len(coefficients)
    low = spectra[: n_frames + 2 * LOOKAHEAD, :N_FILTERED]
    return sum(
        (low[tap : tap + n_frames] * coefficients[:, :, tap] for tap in range(N_TAPS)),
        start=np.zeros((n_frames, N_FILTERED), np.complex128),
    )


def _post_filter(noisy: Spectra, enhanced: Spectra) -> Values:
    """Return the additional gain of each bin, computed from the gain so far: DeepFilterNet 3."""
    gains = np.clip(np.abs(enhanced) / (np.abs(noisy) + _TINY), _TINY, 1)
    extra: Values = (1 + _PF_BETA) / (1 + _PF_BETA / np.maximum(np.sin(np.pi / 2 * gains), _TINY) ** 2)
    return extra


def _post_filtered(gains: Gains) -> Gains:
    """Return the gains of the ERB bands with the post-filter applied: DeepFilterNet 2."""
    wide = gains.astype(np.float64)
    ratio = wide / np.maximum(wide * np.sin(np.pi / 2 * wide), _TINY)
    filtered: Gains = ((1 + _PF_BETA) * wide / (1 + _PF_BETA * ratio**2)).astype(np.float32)
    return filtered


def _limited(noisy: Spectra, enhanced: Spectra, settings: Settings) -> Spectra:
    """Add a share of the noisy spectrum, so that noise is attenuated by at most the limit."""
    if settings.atten_lim_db is None:
        return enhanced
    share = 10 ** (-settings.atten_lim_db / 20)
    return noisy * share + enhanced * (1 - share)
