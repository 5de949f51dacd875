"""Streams compared with the whole clip, on a real recording: a correct one, and the mistakes that users make."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.audio.reading import read
from seinfer.audio.resampling import resample
from seinfer.backends.base import Streaming, Waveform, pad, run_stream
from seinfer.clips.discovery import DEMO_CLIPS
from seinfer.enhancement.loading import load_enhancer
from seinfer.enhancement.parity import agreement_db, block_lengths, block_parities
from seinfer.models.registry import load_registry

RATE = 48_000


@pytest.fixture(scope="module")
def rnnoise() -> Streaming:
    enhancer = load_enhancer(load_registry().find("rnnoise"), threads=1)
    assert isinstance(enhancer, Streaming)
    return enhancer


@pytest.fixture(scope="module")
def noisy() -> Waveform:
    clip = read(DEMO_CLIPS / "noisy" / "street_16k.flac")
    return resample(clip.samples[:1], clip.sample_rate, RATE)[0]


@pytest.fixture(scope="module")
def whole(rnnoise: Streaming, noisy: Waveform) -> Waveform:
    return rnnoise.enhance(pad([noisy]))[0]  # type: ignore[attr-defined]


class Resetting:
    """A stream that loses its state after each block."""

    def __init__(self, enhancer: Streaming) -> None:
        self._enhancer = enhancer

    def push(self, block: Waveform) -> Waveform:
        return run_stream(self._enhancer.open_stream(), block, len(block))

    def finish(self) -> Waveform:
        return np.zeros(0, np.float32)


def test_stream_that_carries_its_state_agrees_with_the_whole_clip(
    rnnoise: Streaming, noisy: Waveform, whole: Waveform
) -> None:
    found = block_parities(rnnoise.open_stream, noisy, whole, block_lengths(480, RATE))
    assert [parity.block_samples for parity in found] == [131, 480, 997, 4_800, 4_801, RATE]
    assert min(parity.snr_db for parity in found) > 60


# Measured: 4 dB for blocks of 20 ms, 18 dB for blocks of a second, as a mean over the bundled clips.
@pytest.mark.parametrize(("n_block", "at_most_db"), [(960, 12), (4_800, 20), (RATE, 30)])
def test_stream_that_resets_its_state_each_block_is_far_from_the_whole_clip(
    rnnoise: Streaming, noisy: Waveform, whole: Waveform, n_block: int, at_most_db: float
) -> None:
    [broken] = block_parities(lambda: Resetting(rnnoise), noisy, whole, (n_block,))
    assert broken.snr_db < at_most_db


def test_agreement_of_equal_signals_is_infinite_and_of_other_lengths_minus_infinite() -> None:
    signal = np.ones(4, np.float32)
    assert agreement_db(signal, signal) == float("inf")
    assert agreement_db(signal, signal[:3]) == float("-inf")
    assert agreement_db(signal, 0.9 * signal) == pytest.approx(20, abs=1e-4)
