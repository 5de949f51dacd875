"""The signals of one clip: read, brought to one rate, channel, band and length, and aligned in time.

All versions of a clip get the length of its reference: the clean file, or the noisy one if there is none. Channels are
averaged, and an offset (the mean of the samples) is removed: it cannot be heard, but it would tell recordings from what
models made of them. The delay of a version against the reference is the lag of the largest correlation (see
`metrics.diagnostics`); it is removed if the two then have a correlation of at least 0.3, else nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...audio.reading import read
from ...audio.resampling import fit_length, resample
from ...core.hashing import sha256_of

Signal = npt.NDArray[np.float64]

NARROW_RATE = 16_000
"""Hz. The band 8k is everything that this rate can contain."""
_MIN_CORRELATION = 0.3


@dataclass(frozen=True)
class Version:
    """One version of a clip: a model's output, the noisy or the clean file.

    Attributes:
        samples: shape (time,), aligned with the reference.
        delay_samples: delay that was removed; negative if the version was early.
        sha256: digest of the source file.
    """

    samples: Signal
    delay_samples: int
    sha256: str


def read_versions(paths: Mapping[str, Path], reference: str, sample_rate: int, band: str) -> dict[str, Version]:
    """Read all versions of a clip.

    Args:
        paths: name of the version -> file.
        reference: name of the version that gives length and time.
        sample_rate: Hz wanted.
        band: "native", or "8k" to take everything above 8 kHz out.

    Returns:
        Name -> version; all have the same length.

    Raises:
        AudioError: a file cannot be read.
    """
    target = _read(paths[reference], sample_rate, band)
    found = {}
    for name, path in paths.items():
        samples = target if name == reference else _read(path, sample_rate, band, len(target))
        delay = 0 if name == reference else _delay(target, samples, sample_rate)
        found[name] = Version(shifted(samples, delay), delay, sha256_of(path))
    return found


def shifted(samples: Signal, delay: int) -> Signal:
    """Return samples of shape (time,) without their delay, with zeros at the other end."""
    if delay == 0:
        return samples
    moved = np.zeros_like(samples)
    if delay > 0:
        moved[:-delay] = samples[delay:]
    else:
        moved[-delay:] = samples[:delay]
    return moved


def _read(path: Path, sample_rate: int, band: str, n_samples: int | None = None) -> Signal:
    audio = read(path, mono=True)
    samples, rate = audio.samples, audio.sample_rate
    if band == "8k" and rate > NARROW_RATE:
        samples, rate = resample(samples, rate, NARROW_RATE), NARROW_RATE
    samples = resample(samples, rate, sample_rate)
    if n_samples is not None:
        samples = fit_length(samples, n_samples)
    mono: Signal = np.asarray(samples[0], np.float64)
    return np.asarray(mono - mono.mean(), np.float64)


def _delay(reference: Signal, estimate: Signal, sample_rate: int) -> int:
    from ...metrics.diagnostics import lag_samples
    from ...metrics.errors import MetricError

    try:
        lag = lag_samples(reference=reference, estimate=estimate, sample_rate=sample_rate)
    except MetricError:  # silence, for example: there is nothing to align
        return 0
    moved = shifted(estimate, lag)
    scale = float(np.linalg.norm(reference) * np.linalg.norm(moved))
    return lag if scale and abs(float(np.dot(reference, moved))) >= _MIN_CORRELATION * scale else 0
