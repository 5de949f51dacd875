"""Active speech level: how loud speech is while somebody speaks, pauses left out. ITU-T P.56 (12/2011), method B.

The rule it keeps: plain method B (clause 8.2 for the procedure, 8.3 for the parameters) on the signal as it is: no
filter in front, and an offset is not removed. Levels are in dBov: 0 is the power of a square wave of full scale, so a
sine of full scale has -3.01.

Envelope: |x| through two exponential averages of 30 ms. For each threshold 2^-k, a sample is active where the envelope
reaches it, or did within the last 200 ms. The energy spread over the active samples gives a level for each threshold;
the active level is where that lies 15.9 dB above its threshold, interpolated between thresholds in dB.

The oracle in tests is the ITU's own program, `speech_voltmeter` of G.191 (openitu/STL, src/sv56/sv-p56.c at commit
139db497). It stops its interpolation within 0.5 dB of the margin, so the two differ by hundredths of a dB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError

Floats = npt.NDArray[np.float64]
Signal = npt.NDArray[np.float32] | npt.NDArray[np.float64]

TIME_CONSTANT_S = 0.03
HANGOVER_S = 0.2
MARGIN_DB = 15.9
# P.56 wants them from half the maximum down to one quantising step or less; these serve 24 bits too, low to high.
THRESHOLDS: Floats = 2.0 ** -np.arange(24, 0, -1)


@dataclass(frozen=True)
class SpeechLevel:
    """What a speech voltmeter shows.

    Attributes:
        active_db: active speech level in dBov.
        long_term_db: level of the whole signal, pauses included, in dBov.
    """

    active_db: float
    long_term_db: float

    @property
    def activity(self) -> float:
        """Fraction of the time that counts as speech, 0 to 1."""
        return float(10 ** ((self.long_term_db - self.active_db) / 10))


def rms_db(signal: Signal) -> float:
    """Return the level of a signal of shape (time,) in dBov, -inf for silence."""
    power = float(np.mean(np.square(signal, dtype=np.float64)))
    return 10 * math.log10(power) if power else -math.inf


def speech_level(signal: Signal, sample_rate: int) -> SpeechLevel:
    """Measure the active speech level.

    Args:
        signal: shape (time,), full scale at 1.
        sample_rate: Hz.

    Raises:
        AudioError: `no_speech`, where nothing stands out of silence for long enough.
    """
    energy = float(np.sum(np.square(signal, dtype=np.float64)))
    n_active = _active_samples(_envelope(signal, sample_rate), math.ceil(HANGOVER_S * sample_rate))
    heard = n_active > 0
    levels_db = 10 * np.log10(energy / n_active[heard]) if energy else np.zeros(0)
    thresholds_db = 20 * np.log10(THRESHOLDS[heard])
    return SpeechLevel(_crossing(levels_db, thresholds_db), rms_db(signal))


def _envelope(signal: Signal, sample_rate: int) -> Floats:
    """Return p, then q of process 2: |x| averaged twice."""
    from scipy.signal import lfilter

    decay = math.exp(-1 / (sample_rate * TIME_CONSTANT_S))
    envelope: Floats = np.abs(signal, dtype=np.float64)
    for _ in range(2):
        envelope = lfilter([1 - decay], [1, -decay], envelope)
    return envelope


def _active_samples(envelope: Floats, hangover_samples: int) -> npt.NDArray[np.int64]:
    """Count, for each threshold, the samples at which the envelope is above it or was within the hangover."""
    from scipy.ndimage import maximum_filter1d

    width = hangover_samples + 1
    # A maximum over the present and the past holds the envelope up for exactly the hangover.
    held = maximum_filter1d(envelope, width, mode="constant", origin=(width - 1) // 2)
    return np.array([np.count_nonzero(held >= threshold) for threshold in THRESHOLDS])


def _crossing(levels_db: Floats, thresholds_db: Floats) -> float:
    """Return the level that stands the margin above its threshold; both arguments from low thresholds to high."""
    above_margin_db = levels_db - thresholds_db - MARGIN_DB
    upper = int(np.argmax(above_margin_db <= 0)) if (above_margin_db <= 0).any() else 0
    if upper == 0:
        raise AudioError(
            "no_speech", "there is no active speech in it; expected speech that is louder than its pauses (ITU-T P.56)"
        )
    lower = upper - 1
    share = above_margin_db[lower] / (above_margin_db[lower] - above_margin_db[upper])
    return float(levels_db[lower] + share * (levels_db[upper] - levels_db[lower]))
