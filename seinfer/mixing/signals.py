"""The arithmetic of a mixture, in double precision: levels, impulse responses, looped noise, one gain for both files.

The rule it keeps: noisy - clean is the noise (and, where the clean file is not to have it, the reverberation), to the
bit of the file. SNR is the active speech level of the speech in the mixture (ITU-T P.56) less the RMS level of the
noise that is added to it, over the length of the clip. Nothing clips: both files are turned down alike instead.

Signals have shape (time,), full scale at 1, float64 as soon as levels matter. Levels are in dBov.
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

TARGETS = ("reverberant", "early", "dry")
PEAK_DB = -1.0
EARLY_S = 0.05
SILENCE_DB = -90.0
"""Below the level of one step of 16 bits."""
_FADE_S = 0.02
_STEPS_PER_S = 100
# A stretch this far below the level of its file is a pause of it.
_PAUSE_DB = 20.0
_LEVEL_TOLERANCE_DB = 0.02


@dataclass(frozen=True)
class Voice:
    """Speech as it arrives, and what of it the clean file is to hold; aligned to the sample.

    Attributes:
        heard: shape (time,), goes into the noisy file.
        target: shape (time,), goes into the clean file.
    """

    heard: Signal
    target: Signal


@dataclass(frozen=True)
class Mixture:
    """A pair of signals ready to be written.

    Attributes:
        noisy: shape (1, time).
        clean: shape (1, time).
        level_db: active speech level of the speech in `noisy`.
        gain_db: by how much both were turned down to keep their peaks below full scale; 0 or less.
    """

    noisy: Samples
    clean: Samples
    level_db: float
    gain_db: float


def mix(voice: Voice, noise: Signal, sample_rate: int, snr_db: float, level_db: float, step: float) -> Mixture:
    """Add noise to speech.

    Args:
        voice: the speech.
        noise: shape (time,), as long as the speech.
        sample_rate: Hz.
        snr_db: active speech level less noise level.
        level_db: active speech level wanted.
        step: distance of two neighbouring values that the files can hold.

    Raises:
        AudioError: `no_speech`; `silent` noise; `below_resolution`, where the files cannot hold speech or noise that
            quiet.
    """
    measured_db = speech_level(voice.heard, sample_rate).active_db
    loudness = _factor(level_db - measured_db)
    scaled = noise * _factor(level_db - snr_db - audible(noise, "the stretch of noise"))
    heard, target = voice.heard * loudness, voice.target * loudness
    peak = max(np.max(np.abs(heard + scaled)), np.max(np.abs(target)))
    gain = min(1.0, _factor(PEAK_DB) / float(peak))
    heard, scaled = _rounded(heard * gain, step, "speech"), _rounded(scaled * gain, step, "noise")
    gain_db = 20 * math.log10(gain)
    clean = np.rint(target * gain / step) * step
    return Mixture(_as_file(heard + scaled), _as_file(clean), level_db + gain_db, gain_db)


def audible(signal: Signal, what: str) -> float:
    """Return the RMS level.

    Raises:
        AudioError: `silent`, where it is that of silence.
    """
    level = rms_db(signal)
    if level < SILENCE_DB:
        raise AudioError("silent", f"{what} has a level of {level:.1f} dBov; expected sound above {SILENCE_DB:g} dBov")
    return level


def _factor(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))


def _as_file(signal: Signal) -> Samples:
    return signal.astype(np.float32)[np.newaxis]


def _rounded(signal: Signal, step: float, what: str) -> Signal:
    """Round speech and noise each for itself: so the difference of the files is the noise, whatever it is added to."""
    rounded: Signal = np.rint(signal / step) * step
    before, after = rms_db(signal), rms_db(rounded)
    if not abs(after - before) <= _LEVEL_TOLERANCE_DB:
        raise AudioError(
            "below_resolution",
            f"the {what} would have {before:.1f} dBov, too little for the steps of the file; expected a more moderate "
            "--snr or --level-db, or --subtype PCM_24",
        )
    return rounded


def reverberated(speech: Signal, response: Signal, sample_rate: int, target: str) -> Voice:
    """Send speech through a room.

    The direct path is the response's largest sample, and comes out where it went in; what rings on after the end of
    the speech is cut.

    Args:
        speech: shape (time,).
        response: impulse response of shape (time,), same rate.
        sample_rate: Hz.
        target: "reverberant": all that is heard; "early": up to 50 ms after the direct path; "dry": that path alone.
    """
    from scipy.signal import oaconvolve

    direct = int(np.argmax(np.abs(response)))

    def through(path: Signal) -> Signal:
        arrived: Signal = oaconvolve(speech, path)[direct : direct + len(speech)]
        return arrived

    heard = through(response)
    if target == "reverberant":
        return Voice(heard, heard)
    if target == "early":
        return Voice(heard, through(response[: direct + 1 + round(EARLY_S * sample_rate)]))
    return Voice(heard, speech * response[direct])


def stretch(signal: Samples, sample_rate: int, n_samples: int, fraction: float) -> tuple[Samples, int]:
    """Cut a stretch out of a signal that is long enough, or out of its endless repetition where it is not.

    Stretches start on a grid of 10 ms and are not pauses of the signal. A repetition fades into the next over 20 ms
    with equal power.

    Args:
        signal: shape (time,).
        sample_rate: Hz.
        n_samples: length wanted.
        fraction: which of the possible stretches, 0 to below 1.

    Returns:
        The stretch and the sample of `signal` at which it starts.
    """
    grid = max(1, sample_rate // _STEPS_PER_S)
    if n_samples <= len(signal):
        starts = _sounding(signal, n_samples, grid)
        start = int(starts[int(fraction * len(starts))])
        return signal[start : start + n_samples], start
    period = _repeatable(signal, round(_FADE_S * sample_rate))
    start = int(fraction * len(period)) // grid * grid
    return np.resize(np.roll(period, -start), n_samples), start


def _sounding(signal: Samples, n_samples: int, grid: int) -> npt.NDArray[np.int64]:
    """Return the starts of stretches that are not much quieter than the signal as a whole."""
    n_starts = (len(signal) - n_samples) // grid + 1
    blocks = np.add.reduceat(signal**2, np.arange(0, len(signal), grid))
    before = np.concatenate([[0.0], np.cumsum(blocks, dtype=np.float64)])
    width = -(-n_samples // grid)
    energies = before[width : width + n_starts] - before[:n_starts]
    usual = before[-1] * n_samples / len(signal)
    enough = min(usual * 10 ** (-_PAUSE_DB / 10), energies.max())
    return np.flatnonzero(energies >= enough) * grid


def _repeatable(signal: Samples, fade_samples: int) -> Samples:
    """Fade the end of a signal into its start, so that it can follow itself."""
    fade = min(fade_samples, len(signal) // 2)
    angle = np.pi / 2 * (np.arange(fade) + 0.5) / max(1, fade)
    period = signal[: len(signal) - fade].copy()
    period[:fade] = period[:fade] * np.sin(angle) + signal[len(signal) - fade :] * np.cos(angle)
    return period
