"""Signal levels: RMS, and active speech level (the level of speech without its pauses; ITU-T P.56, 12/2011, method B).

The rule: plain method B (clause 8.2: procedure, 8.3: parameters) on the signal as it is, without a filter before it and
without removing an offset. Levels are in dBov: 0 dBov is the power of a full-scale square wave; a full-scale sine has
-3.01 dBov.

With samples x_i, sample rate f, g = exp(-1 / (f T)) and T = 30 ms, the envelope q_i is |x_i| averaged twice:

    p_i = g p_(i-1) + (1 - g) |x_i|        q_i = g q_(i-1) + (1 - g) p_i

For each threshold c_j = 2^-k, a_j counts the active samples: those at which q_i >= c_j now or within the last 200 ms.

    A_j = 10 log10(sum of x_i^2 / a_j)     C_j = 20 log10(c_j)

The active speech level is A where A - C = 15.9 dB, interpolated in dB between neighbouring thresholds. The activity is
10^((long-term level - active level) / 10).

The tests compare with the ITU's own program, `speech_voltmeter` of G.191 (openitu/STL, src/sv56/sv-p56.c at commit
139db497). It ends its interpolation within 0.5 dB of the margin, so the two differ by hundredths of a dB.
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
# P.56 requires thresholds from half the maximum down to one quantising step or less; these reach down to 24 bits.
# In ascending order.
THRESHOLDS: Floats = 2.0 ** -np.arange(24, 0, -1)


@dataclass(frozen=True)
class SpeechLevel:
    """Result of `speech_level`.

    Attributes:
        active_db: active speech level in dBov.
        long_term_db: RMS level of the whole signal, including pauses, in dBov.
    """

    active_db: float
    long_term_db: float

    @property
    def activity(self) -> float:
        """Fraction of the time that counts as speech, 0 to 1."""
        return float(10 ** ((self.long_term_db - self.active_db) / 10))


def rms_db(signal: Signal) -> float:
    """Return the RMS level of a signal of shape (time,) in dBov: 10 log10(mean of x_i^2); -inf for silence."""
    power = float(np.mean(np.square(signal, dtype=np.float64)))
    return 10 * math.log10(power) if power else -math.inf


def speech_level(signal: Signal, sample_rate: int) -> SpeechLevel:
    """Measure the active speech level.

    Args:
        signal: shape (time,), full scale at 1.
        sample_rate: Hz.

    Raises:
        AudioError: `no_speech`, if no part is loud enough for long enough to count as active.
    """
    energy = float(np.sum(np.square(signal, dtype=np.float64)))
    n_active = _active_samples(_envelope(signal, sample_rate), math.ceil(HANGOVER_S * sample_rate))
    is_reached = n_active > 0
    levels_db = 10 * np.log10(energy / n_active[is_reached]) if energy else np.zeros(0)
    thresholds_db = 20 * np.log10(THRESHOLDS[is_reached])
    return SpeechLevel(_crossing(levels_db, thresholds_db), rms_db(signal))


def _envelope(signal: Signal, sample_rate: int) -> Floats:
    """Return q_i (P.56 clause 8.2): |x_i| averaged twice."""
    from scipy.signal import lfilter

    decay = math.exp(-1 / (sample_rate * TIME_CONSTANT_S))
    envelope: Floats = np.abs(signal, dtype=np.float64)
    for _ in range(2):
        envelope = lfilter([1 - decay], [1, -decay], envelope)
    return envelope


def _active_samples(envelope: Floats, hangover_samples: int) -> npt.NDArray[np.int64]:
    """Return a_j: for each threshold, how many samples have an envelope that reaches it now or within the hangover."""
    from scipy.ndimage import maximum_filter1d

    width = hangover_samples + 1
    # The maximum of the present and the past keeps a value for exactly the length of the hangover.
    held = maximum_filter1d(envelope, width, mode="constant", origin=(width - 1) // 2)
    return np.array([np.count_nonzero(held >= threshold) for threshold in THRESHOLDS])


def _crossing(levels_db: Floats, thresholds_db: Floats) -> float:
    """Return A where A - C equals the margin; both arguments in ascending order of the thresholds."""
    above_margin_db = levels_db - thresholds_db - MARGIN_DB
    upper = int(np.argmax(above_margin_db <= 0)) if (above_margin_db <= 0).any() else 0
    if upper == 0:
        raise AudioError(
            "no_speech", "it contains no active speech; expected speech that is louder than its pauses (ITU-T P.56)"
        )
    lower = upper - 1
    share = above_margin_db[lower] / (above_margin_db[lower] - above_margin_db[upper])
    return float(levels_db[lower] + share * (levels_db[upper] - levels_db[lower]))
