"""Many different pairs of clips, made from the bundled demo clips, for benchmarks that need a folder of clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seinfer.audio import reading, resampling, writing
from seinfer.clips.discovery import DEMO_CLIPS

SAMPLE_RATE = 16_000
"""Hz of the pairs."""


def make_pairs(folder: Path, n_pairs: int, duration_s: float) -> None:
    """Write `n_pairs` pairs of `duration_s` to folder/noisy and folder/clean."""
    make_pairs_of(folder, [duration_s] * n_pairs)


def make_pairs_of(folder: Path, durations_s: Sequence[float]) -> None:
    """Write a pair of each duration to folder/noisy and folder/clean."""
    pairs = [
        (_read(DEMO_CLIPS / "noisy" / path.name), _read(path)) for path in sorted((DEMO_CLIPS / "clean").iterdir())
    ]
    for index, duration_s in enumerate(durations_s):
        # Each time a demo clip is used again it starts at another sample, so that no two pairs are equal.
        noisy, clean = pairs[index % len(pairs)]
        start = (index // len(pairs)) * SAMPLE_RATE // 7 % len(clean)
        for kind, samples in (("noisy", noisy), ("clean", clean)):
            repeated = np.resize(np.roll(samples, -start), round(duration_s * SAMPLE_RATE))
            writing.write(folder / kind / f"{index:04}.wav", repeated[None], SAMPLE_RATE, "PCM_16")


def _read(path: Path) -> resampling.Samples:
    decoded = reading.read(path, mono=True)
    return resampling.resample(decoded.samples, decoded.sample_rate, SAMPLE_RATE)[0]
