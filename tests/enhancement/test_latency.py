"""The latency of a stream: what is measured part by part equals what a caller counts sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.frames import FramedStream, Frames, Framing
from seinfer.backends.noisy import PassthroughStream
from seinfer.core.errors import BackendError, UsageError
from seinfer.enhancement.latency import Pace, longest_wait, measure_pace


def framed(**framing: int) -> FramedStream:
    def unchanged(frames: Frames) -> Frames:
        return frames

    return FramedStream(Framing(**framing), unchanged)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (PassthroughStream(), Pace(1, 1, 1)),
        (framed(win_length=512, hop_length=256), Pace(512, 256, 256)),
        (framed(win_length=480, hop_length=480, delay_samples=960), Pace(1_440, 480, 480)),
        (framed(win_length=512, hop_length=128, lead_samples=100), Pace(412, 28, 128)),
    ],
)
def test_pace_of_a_stream_is_measured(stream: FramedStream, expected: Pace) -> None:
    pace = measure_pace(stream, 16_000, "example")
    assert pace == expected


def test_pace_counts_what_the_stream_returns() -> None:
    stream = framed(win_length=512, hop_length=128, lead_samples=100)
    counted = np.cumsum([len(stream.push(np.zeros(1, np.float32))) for _ in range(2_000)])
    pace = Pace(412, 28, 128)
    np.testing.assert_array_equal(pace.n_ready(np.arange(1, 2_001)), counted)


def test_pace_of_a_stream_that_loses_samples_is_refused() -> None:
    class Lossy(PassthroughStream):
        n_in = 0

        def push(self, block: Waveform) -> Waveform:
            self.n_in += len(block)
            return block[: self.n_in % 2]

    with pytest.raises(BackendError, match="returned 1 samples for 2 samples of input"):
        measure_pace(Lossy(), 16_000, "lossy")


def test_pace_of_a_stream_that_waits_for_the_end_is_refused() -> None:
    class Waiting(PassthroughStream):
        def push(self, block: Waveform) -> Waveform:
            return block[:0]

    with pytest.raises(UsageError, match="waiting cannot run as a stream: it returns no output in the first 10 s"):
        measure_pace(Waiting(), 4_000, "waiting")


def test_longest_wait_at_the_rate_of_the_model_is_a_window_without_its_last_sample() -> None:
    pace = Pace(512, 256, 256)
    assert longest_wait(pace, 16_000, 16_000, step=1, low_delay=False) == 511
    assert longest_wait(pace, 16_000, 16_000, step=256, low_delay=False) == 256
    assert longest_wait(pace, 16_000, 16_000, step=512, low_delay=False) == 256
    assert longest_wait(pace, 16_000, 16_000, step=300, low_delay=False) == 508
