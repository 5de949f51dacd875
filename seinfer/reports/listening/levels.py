"""Matching the level of the speech, not of the whole signal: a noisy clip is louder than its enhanced versions.

Rules of `--level`:

    p56:-26   the speech of every stimulus has the active speech level -26 dBov (ITU-T P.56)
    lufs:-23  every stimulus has the loudness -23 LUFS as a whole, noise included (ITU-R BS.1770, pyloudnorm)
    align     the speech of every stimulus has the level of the clean file; the clips keep their own levels
    none      no gain

With a clean file c, the level of the speech in a signal e is that of c plus the gain of its projection,
20 log10(<e, c> / <c, c>). If less than half of the energy of an enhanced signal is its projection, the model has
changed the speech so much that the projection misses most of it; then, and without a clean file, the level of the
speech is the active speech level of the signal itself. That is approximate: noise counts as speech. A signal without
speech, or with so little that it would be turned up by 30 dB more than the reference, gets the gain of the reference: a
model that removes the speech must not be helped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...audio.levels import speech_level
from ...core.errors import AudioError, UsageError
from ...core.records import BASELINE

Signal = npt.NDArray[np.float64]

RULES = {"p56": (-26.0, "dBov"), "lufs": (-23.0, "LUFS")}
MAX_PEAK_DB = -1.0
"""If a peak would be higher, all stimuli of the test are turned down by the same gain; none is ever limited."""
_MIN_PROJECTION = 0.5
_MAX_DIFFERENCE_DB = 30.0


@dataclass(frozen=True)
class LevelRule:
    """A rule of level matching: "p56", "lufs", "align" or "none"; the level in dBov or LUFS for the first two."""

    kind: str
    level_db: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}:{self.level_db:g}" if self.kind in RULES else self.kind


@dataclass(frozen=True)
class Gain:
    """The gain of one signal in dB, and whether the level of its speech is only approximate."""

    gain_db: float
    is_approximate: bool = False


def level_rule(text: str) -> LevelRule:
    """Return the rule that the value of --level names, such as "p56:-26", "p56" or "none".

    Raises:
        UsageError: there is no such rule, or its level is not from -60 to -10.
    """
    kind, colon, number = text.partition(":")
    if kind in ("align", "none") and not colon:
        return LevelRule(kind)
    level_db = _number(number) if colon else RULES.get(kind, (math.nan, ""))[0]
    if kind not in RULES or not -60 <= level_db <= -10:
        raise UsageError(
            f"--level is {text!r}; expected p56:-26 (dBov), lufs:-23 (LUFS), each from -60 to -10, align or none"
        )
    return LevelRule(kind, level_db)


def gains(
    signals: Mapping[str, Signal], clean: Signal | None, noisy: Signal, rule: LevelRule, sample_rate: int
) -> dict[str, Gain]:
    """Return the gain of each signal of one clip.

    Args:
        signals: model -> signal of shape (time,), aligned with `clean` or `noisy`.
        clean: the clean file, shape (time,); None if there is none.
        noisy: the noisy file, shape (time,).
        rule: the rule of level matching.
        sample_rate: Hz.

    Raises:
        AudioError: `no_speech` or `too_short`, the clean file, or the noisy one if there is none, has no level.
    """
    if rule.kind == "none":
        return {name: Gain(0.0) for name in signals}
    measure = _loudness if rule.kind == "lufs" else _active_level
    reference_db = measure(clean if clean is not None else noisy, sample_rate)
    target_db = reference_db if rule.kind == "align" else rule.level_db
    found = {}
    for name, signal in signals.items():
        level_db = _projected_level(name, signal, clean, reference_db) if rule.kind != "lufs" else None
        is_approximate = level_db is None and rule.kind != "lufs"
        if level_db is None:
            level_db = _own_level(signal, sample_rate, measure, reference_db)
        found[name] = Gain(target_db - level_db, is_approximate)
    return found


def common_gain_db(peak: float) -> float:
    """Return the gain in dB, 0 or less, with which the highest peak of a test is at most MAX_PEAK_DB."""
    return min(0.0, MAX_PEAK_DB - 20 * math.log10(peak)) if peak > 0 else 0.0


def _projected_level(name: str, signal: Signal, clean: Signal | None, clean_db: float) -> float | None:
    """Return the level of the projection onto the clean signal; None if it does not hold enough of the signal."""
    if clean is None:
        return None
    projection, energy = abs(float(np.dot(signal, clean))), float(np.dot(clean, clean))
    share = projection**2 / (energy * float(np.dot(signal, signal)) or math.inf)
    # The noisy clip is the clean one plus noise, so its projection is right at every SNR.
    if projection == 0 or (share < _MIN_PROJECTION and name != BASELINE):
        return None
    return clean_db + 20 * math.log10(projection / energy)


def _own_level(signal: Signal, sample_rate: int, measure: Callable[[Signal, int], float], reference_db: float) -> float:
    """Return the level of a signal, that of the reference if the signal has none or is more than 30 dB below it."""
    try:
        level_db = measure(signal, sample_rate)
    except AudioError:
        return reference_db
    return level_db if level_db > reference_db - _MAX_DIFFERENCE_DB else reference_db


def _active_level(signal: Signal, sample_rate: int) -> float:
    return speech_level(signal, sample_rate).active_db


def _loudness(signal: Signal, sample_rate: int) -> float:
    import pyloudnorm

    meter = pyloudnorm.Meter(sample_rate)
    if len(signal) < meter.block_size * sample_rate:
        raise AudioError("too_short", f"it lasts {len(signal) / sample_rate:.2f} s; loudness needs at least 0.4 s")
    loudness = float(meter.integrated_loudness(signal))
    if not math.isfinite(loudness):
        raise AudioError("no_speech", "it is too quiet to have a loudness (ITU-R BS.1770)")
    return loudness


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
