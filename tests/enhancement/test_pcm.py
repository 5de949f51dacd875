"""Raw PCM through a stream: the bytes of both formats, and input that is cut anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer import Model
from seinfer.backends.noisy import Passthrough
from seinfer.core.errors import AudioError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.pcm import Load, PcmStream

MODEL = Model(ModelSpec("noisy", "", "example:load", 0), Passthrough(0))
TYPES = {"f32": "<f4", "s16": "<i2"}


def run(pcm: PcmStream, data: bytes, n_bytes: int) -> bytes:
    pieces = [pcm.push(data[start : start + n_bytes]) for start in range(0, len(data), n_bytes)]
    return b"".join([*pieces, pcm.finish()])


@pytest.mark.parametrize("n_bytes", [1, 3, 640, 10_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("pcm_format", ["f32", "s16"])
def test_pcm_cut_anywhere_comes_back_unchanged_from_the_baseline(pcm_format: str, channels: int, n_bytes: int) -> None:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (1_000, channels))
    data = (samples if pcm_format == "f32" else samples * 32_768).astype(TYPES[pcm_format]).tobytes()
    pcm = PcmStream(MODEL.stream(16_000), pcm_format, channels)
    assert run(pcm, data, n_bytes) == data
    pcm.require_complete()


def test_pcm_of_s16_clips_what_the_network_makes_too_loud() -> None:
    class Loud(Passthrough):
        def open_stream(self):  # type: ignore[no-untyped-def]
            stream = super().open_stream()
            push = stream.push
            stream.push = lambda block: push(4 * block)  # type: ignore[method-assign]
            return stream

    pcm = PcmStream(Model(ModelSpec("loud", "", "example:load", 0), Loud(0)).stream(16_000), "s16", 1)
    data = np.array([20_000, -20_000, 100], "<i2").tobytes()
    assert np.frombuffer(run(pcm, data, 6), "<i2").tolist() == [32_767, -32_768, 400]


def test_pcm_that_ends_within_a_sample_says_how_many_bytes_arrived() -> None:
    pcm = PcmStream(MODEL.stream(16_000), "s16", 2)
    assert len(run(pcm, bytes(4 * 10 + 3), 7)) == 40
    with pytest.raises(AudioError, match=r"3 of the 4 bytes of its last sample \(int16, 2 channels\)"):
        pcm.require_complete()


def test_pcm_of_nothing_is_nothing() -> None:
    pcm = PcmStream(MODEL.stream(16_000), "f32", 2)
    assert pcm.finish() == b""


def test_load_describes_levels_and_the_share_of_the_time() -> None:
    load = Load()
    load.add(np.full((1, 160), 0.1, np.float32), np.full((1, 160), 0.01, np.float32), 0.002)
    assert load.describe(16_000) == "in  -20.0 dBFS  out  -40.0 dBFS  load  20 %"
    assert Load().describe(16_000) == "in -120.0 dBFS  out -120.0 dBFS  load   0 %"
