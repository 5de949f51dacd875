"""Comparison of signals in dB and samples, and a signal that networks take for speech. Pure numpy.

Waveforms have shape (time,). Energies are added up in double precision.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Waveform = npt.NDArray[np.float32]
Signal = npt.NDArray[np.floating]

# F1, F2, F3 in Hz of five vowels of men, from Peterson and Barney, JASA 24(2), 1952, table II; F4 and F5 rest.
_VOWELS_HZ = np.array([[270, 2290, 3010], [530, 1840, 2480], [730, 1090, 2440], [570, 840, 2410], [300, 870, 2240]])
_HIGH_FORMANTS_HZ = (3_500, 4_500)
_FORMANT_WIDTHS_HZ = (60, 90, 130, 200, 250)
_TOP_HZ = 7_000
_SYLLABLE_S = 0.25


def _power(signal: Signal) -> float:
    return float(np.sum(np.square(signal, dtype=np.float64)))


def _ratio_db(numerator: float, denominator: float) -> float:
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(numerator) - np.log10(denominator)))


def peak_dbfs(signal: Signal) -> float:
    """Return the largest magnitude in dB of full scale; -inf for silence."""
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(np.max(np.abs(signal), initial=0.0)))


def snr_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the power of the reference over that of the difference, in dB; inf where they are equal."""
    _require_same_shape(reference, estimate)
    difference = estimate.astype(np.float64) - reference
    return _ratio_db(_power(reference), _power(difference)) if difference.any() else np.inf


def gain(*, reference: Signal, estimate: Signal) -> float:
    """Return the factor that fits the reference to the estimate: <estimate, reference> / <reference, reference>."""
    _require_same_shape(reference, estimate)
    return float(np.dot(estimate.astype(np.float64), reference.astype(np.float64)) / _power(reference))


def gain_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the magnitude of `gain` in dB: the level of what is in the estimate of the reference, noise left out."""
    return 20 * float(np.log10(abs(gain(reference=reference, estimate=estimate))))


def si_sdr_db(*, reference: Signal, estimate: Signal) -> float:
    """Return the SI-SDR of Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019; no mean is removed."""
    target = gain(reference=reference, estimate=estimate) * reference.astype(np.float64)
    return _ratio_db(_power(target), _power(estimate - target))


def lag_samples(*, reference: Signal, estimate: Signal, max_lag: int = 4_000) -> int:
    """Return how many samples the estimate is late, negative where it is early: the peak of their cross-correlation.

    Differences of the samples are compared: bass makes the peak broad, and a high-pass filter turns its phase.
    """
    _require_same_shape(reference, estimate)
    n_fft = 2 * len(reference)
    spectra = [np.fft.rfft(np.diff(signal, prepend=0), n_fft) for signal in (estimate, reference)]
    spectrum = spectra[0] * np.conj(spectra[1])
    correlation = np.fft.irfft(spectrum, n_fft)
    lags = np.arange(-min(max_lag, len(reference) - 1), min(max_lag, len(reference) - 1) + 1)
    return int(lags[np.argmax(correlation[lags])])


def _require_same_shape(reference: Signal, estimate: Signal) -> None:
    # Broadcasting would turn a wrong length into a number.
    assert reference.shape == estimate.shape, f"reference has shape {reference.shape}, estimate {estimate.shape}"


def speech_like(duration_s: float, sample_rate: int, seed: int = 0, rms_dbfs: float = -26.0) -> Waveform:
    """Return vowels that glide into each other under a gliding pitch, four syllables a second, every fifth a pause.

    It has what a denoiser looks for in speech: harmonics under formants, in syllables. It is made as in Fant, "Acoustic
    Theory of Speech Production", 1960: a source that falls by 6 dB an octave as heard, through resonances in a row.
    """
    rng = np.random.default_rng(seed)
    n_syllables = int(np.ceil(duration_s / _SYLLABLE_S)) + 1
    vowels_hz = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ), size=n_syllables)]
    pitches_hz = rng.uniform(100, 140, n_syllables)
    efforts = np.where(np.arange(n_syllables) % 5 == 4, 0.0, rng.uniform(0.6, 1.0, n_syllables))

    position = np.arange(round(duration_s * sample_rate)) / (sample_rate * _SYLLABLE_S)
    pitch_hz = np.interp(position, np.arange(n_syllables), pitches_hz)
    effort = efforts[position.astype(int)] * np.sin(np.pi * (position % 1)) ** 2
    signal = effort * _voice(position, pitch_hz, vowels_hz, sample_rate)
    return (signal * 10 ** (rms_dbfs / 20) / np.sqrt(np.mean(signal**2))).astype(np.float32)


def _voice(position: Signal, pitch_hz: Signal, vowels_hz: Signal, sample_rate: int) -> Signal:
    """Return the sum of harmonics, each as loud as the formants of its moment make it."""
    moments = np.arange(0, len(vowels_hz), 0.05)
    formants_hz = [np.interp(moments, np.arange(len(vowels_hz)), track) for track in vowels_hz.T]
    formants_hz += [np.full(len(moments), high) for high in _HIGH_FORMANTS_HZ]
    phase = 2 * np.pi * np.cumsum(pitch_hz) / sample_rate
    total = np.zeros(len(phase))
    for k in range(1, int(_TOP_HZ / pitch_hz.max())):
        frequency = k * np.interp(moments, position, pitch_hz)
        gain_at = np.full(len(moments), 1 / k)
        for formant, width in zip(formants_hz, _FORMANT_WIDTHS_HZ, strict=True):
            gain_at *= formant**2 / np.hypot(formant**2 - frequency**2, frequency * width)
        total += np.interp(position, moments, gain_at) * np.sin(k * phase)
    return total
