"""Waveforms of shape (time,) for the tests of backends: from a file, and through an enhancer."""

from __future__ import annotations

from pathlib import Path

import soundfile

from seinfer.backends.base import Enhancer, Waveform, pad


def alone(enhancer: Enhancer, waveform: Waveform) -> Waveform:
    """Return the result of a batch that contains one waveform only."""
    [enhanced] = enhancer.enhance(pad([waveform]))
    return enhanced


def read(path: Path, sample_rate: int) -> Waveform:
    """Read a mono file that has the expected sample rate in Hz."""
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == sample_rate
    return samples
