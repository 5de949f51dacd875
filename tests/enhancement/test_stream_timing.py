"""The hop, the latency and the times of a stream, with streams whose hop and latency are known."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seinfer.audio import reading
from seinfer.backends.base import Stream, TwoPass, Waveform
from seinfer.backends.frames import FramedStream, Framing
from seinfer.clips.discovery import DEMO_CLIPS
from seinfer.core.errors import BackendError
from seinfer.enhancement.loading import load_enhancer
from seinfer.enhancement.stream_timing import WARM_UP_S, find_hop, hop_times, time_stream
from seinfer.models.registry import load_registry

RATE = 16_000


class SilentStream:
    """A stream that never gives output before its end."""

    def push(self, block: Waveform) -> Waveform:
        return np.zeros(0, np.float32)

    def finish(self) -> Waveform:
        return np.zeros(0, np.float32)


class Recorder(SilentStream):
    """A stream that records what it is given, and whether the garbage collector could run."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.has_collector: set[bool] = set()

    def push(self, block: Waveform) -> Waveform:
        self.sizes.append(len(block))
        self.has_collector.add(gc.isenabled())
        return block


class WithStreams:
    sample_rate = RATE

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def enhance(self, batch: object) -> list[Waveform]:
        return []

    def open_stream(self) -> Stream:
        return FramedStream(Framing(320, 160, 160), lambda frames: frames)


@pytest.mark.parametrize(("hop", "win", "delay"), [(160, 320, 0), (128, 512, 0), (100, 400, 200)])
def test_find_hop_of_framed_stream_is_its_hop_and_window(hop: int, win: int, delay: int) -> None:
    framing = Framing(win, hop, lead_samples=win - hop, delay_samples=delay)
    found = find_hop(FramedStream(framing, lambda frames: frames), RATE)
    assert found == (hop, win + delay)


def test_find_hop_of_a_copy_is_one_sample() -> None:
    noisy = load_enhancer(load_registry().specs["noisy"])
    assert find_hop(noisy.open_stream(), RATE) == (1, 1)  # type: ignore[attr-defined]


def test_find_hop_stream_without_output_raises() -> None:
    with pytest.raises(BackendError, match=r"0 blocks of output for 1. s of silence"):
        find_hop(SilentStream(), 1000)


def test_hop_times_blocks_are_whole_hops_and_the_collector_is_off() -> None:
    stream = Recorder()
    times = list(hop_times(stream, np.zeros(1000, np.float32), 300))
    assert stream.sizes == [300, 300, 300]
    assert len(times) == 3
    assert stream.has_collector == {False}
    assert gc.isenabled()


def test_time_stream_first_half_second_does_not_count() -> None:
    clip = reading.read(DEMO_CLIPS / "noisy" / "fan_16k.flac")
    run = time_stream(WithStreams(SilentStream()), clip)
    n_hops = clip.samples.shape[1] // 160
    assert (run.reason, run.sample_rate, run.hop_samples, run.latency_samples) == ("", RATE, 160, 320)
    assert len(run.seconds) == len(run.cpu_seconds) == n_hops - round(WARM_UP_S * RATE) // 160
    assert run.peak_rss_mib > 0


def test_time_stream_clip_is_too_short_raises() -> None:
    clip = reading.read(DEMO_CLIPS / "noisy" / "fan_16k.flac")
    short = replace(clip, samples=clip.samples[:, :4000])
    with pytest.raises(BackendError, match="expected a longer clip"):
        time_stream(WithStreams(SilentStream()), short)


def test_time_stream_network_without_streams_gives_the_reason() -> None:
    class WholeClip:
        sample_rate = RATE

        def enhance(self, batch: object) -> list[Waveform]:
            return []

    class InTwoPasses(WholeClip):
        def open_first_pass(self) -> None:
            raise AssertionError

    clip = reading.read(DEMO_CLIPS / "noisy" / "fan_16k.flac")
    assert isinstance(InTwoPasses(), TwoPass)
    assert time_stream(WholeClip(), clip).reason == "its backend has no streams (open_stream)"
    assert time_stream(InTwoPasses(), clip).reason == "needs the whole clip before its first output"


def test_time_stream_at_another_rate_is_resampled(tmp_path: Path) -> None:
    clip = reading.read(DEMO_CLIPS / "noisy" / "fan_48k.flac")
    run = time_stream(WithStreams(SilentStream()), clip)
    assert (run.sample_rate, run.hop_samples) == (RATE, 160)
