"""Mix speech and noise at an SNR: levels, one gain for both files, and rounding to the steps of the files.

The rules: noisy - clean is exactly the noise (plus the reverberation, if the clean file is without it). Nothing clips:
if a peak would exceed -1 dBFS, both files are turned down by the same gain.

    SNR = L_speech - L_noise        (dB)

L_speech is the active speech level of the speech in the mixture (ITU-T P.56; see audio/levels.py), and L_noise is the
RMS level of the added noise over the length of the clip, 10 log10(mean of n_i^2). So for a wanted level and SNR,
speech s with level L_s and noise n with level L_n become

    s * 10^((level - L_s) / 20)  +  n * 10^((level - SNR - L_n) / 20)

In a room the clean file may have less reverberation than the noisy one. So both are stated as measured: against the
speech in the noisy file, and against the clean file, where the reverberation that it lacks counts as noise too.

Signals have shape (time,), full scale at 1, float64. Levels are in dBov.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..audio.levels import rms_db, speech_level
from ..audio.resampling import Samples
from ..core.errors import AudioError

Signal = npt.NDArray[np.float64]
"""Shape (time,)."""

MAX_PEAK_DB = -1.0
SILENCE_DB = -90.0
"""Below the level of one step of 16 bits."""
_LEVEL_TOLERANCE_DB = 0.02


@dataclass(frozen=True)
class Speech:
    """The speech of the two files, aligned to the sample. They differ only in a room.

    Attributes:
        in_noisy: shape (time,).
        in_clean: shape (time,).
    """

    in_noisy: Signal
    in_clean: Signal


@dataclass(frozen=True)
class Measured:
    """Level and SNR of a pair of signals as they are written, against one kind of speech.

    Attributes:
        level_db: active speech level of the speech, in dBov.
        snr_db: this level minus the RMS level of all else in the noisy signal.
    """

    level_db: float
    snr_db: float


@dataclass(frozen=True)
class Mixture:
    """A pair of signals ready to be written.

    Attributes:
        noisy: shape (1, time).
        clean: shape (1, time).
        against_noisy: against the speech in `noisy`, in a room with all its reverberation.
        against_clean: against `clean`.
        level_db: wanted active speech level of the speech in `noisy`, in dBov, with `gain_db`.
        gain_db: gain that was applied to both to keep their peaks below full scale; 0 or less.
    """

    noisy: Samples
    clean: Samples
    against_noisy: Measured
    against_clean: Measured
    level_db: float
    gain_db: float


def mix(speech: Speech, noise: Signal, sample_rate: int, snr_db: float, level_db: float, step: float) -> Mixture:
    """Add noise to speech.

    Args:
        speech: speech of the two files.
        noise: shape (time,), as long as the speech.
        sample_rate: Hz.
        snr_db: active speech level minus noise level.
        level_db: wanted active speech level in dBov.
        step: difference of two neighbouring sample values in the files.

    Raises:
        AudioError: `no_speech`, also in the clean signal; `silent` noise; `below_resolution`: the speech or the noise
            would be too quiet for the steps of the files.
    """
    measured_db = speech_level(speech.in_noisy, sample_rate).active_db
    speech_factor = _factor(level_db - measured_db)
    added = noise * _factor(level_db - snr_db - require_sound(noise, "the excerpt of noise"))
    in_noisy, in_clean = speech.in_noisy * speech_factor, speech.in_clean * speech_factor
    peak = max(np.max(np.abs(in_noisy + added)), np.max(np.abs(in_clean)))
    gain = min(1.0, _factor(MAX_PEAK_DB) / float(peak))
    in_noisy, added = _rounded(in_noisy * gain, step, "speech"), _rounded(added * gain, step, "noise")
    gain_db = 20 * math.log10(gain)
    clean = np.rint(in_clean * gain / step) * step
    noisy = in_noisy + added
    against_clean = _measured(clean, noisy, sample_rate)
    is_same = speech.in_clean is speech.in_noisy
    against_noisy = against_clean if is_same else _measured(in_noisy, noisy, sample_rate)
    return Mixture(_as_samples(noisy), _as_samples(clean), against_noisy, against_clean, level_db + gain_db, gain_db)


def require_sound(signal: npt.NDArray[np.float32] | Signal, what: str) -> float:
    """Return the RMS level in dBov of a signal that is not silent.

    Args:
        signal: shape (time,).
        what: the signal's name, for the message.

    Raises:
        AudioError: `silent`, if the level is below SILENCE_DB.
    """
    level = rms_db(signal)
    if level < SILENCE_DB:
        raise AudioError("silent", f"{what} has a level of {level:.1f} dBov; expected sound above {SILENCE_DB:g} dBov")
    return level


def _measured(speech: Signal, noisy: Signal, sample_rate: int) -> Measured:
    level_db = speech_level(speech, sample_rate).active_db
    return Measured(level_db, level_db - rms_db(noisy - speech))


def _factor(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))


def _as_samples(signal: Signal) -> Samples:
    return signal.astype(np.float32)[np.newaxis]


def _rounded(signal: Signal, step: float, what: str) -> Signal:
    """Round speech and noise separately, so that the difference of the two files is exactly the rounded noise."""
    rounded: Signal = np.rint(signal / step) * step
    before, after = rms_db(signal), rms_db(rounded)
    if not abs(after - before) <= _LEVEL_TOLERANCE_DB:
        raise AudioError(
            "below_resolution",
            f"the {what} would have {before:.1f} dBov, too little for the steps of the file; expected a more moderate "
            "--snr or --level-db, or --subtype PCM_24",
        )
    return rounded
