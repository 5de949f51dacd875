"""Long clips: block by block the result equals that of the whole clip; windows are cross-faded without a step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from seinfer.audio import reading
from seinfer.audio.resampling import Samples
from seinfer.backends.base import Batch, Streaming, Waveform
from seinfer.backends.noisy import Passthrough
from seinfer.core.errors import AudioError
from seinfer.enhancement import long_clips
from seinfer.enhancement.loading import load_enhancer
from seinfer.enhancement.long_clips import Clock, enhance_file, streamed, windowed
from seinfer.enhancement.model import enhance_clips
from seinfer.models.registry import load_registry
from tests.helpers import RATE, snr_db, speech_like, write_audio


class Echo:
    """A network whose state cannot be carried between blocks: y[n] = x[n] + 0.5 x[n - 100], at 16 kHz."""

    sample_rate = RATE

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [
            row + 0.5 * np.concatenate([np.zeros(min(100, len(row)), np.float32), row[:-100]]) for row in batch.rows()
        ]


def noise(duration_s: float) -> Samples:
    """Return two channels, shape (2, time)."""
    return 0.1 * np.random.default_rng(0).standard_normal((2, round(duration_s * RATE)), dtype=np.float32)


def pieces(samples: Samples, n: int) -> Iterator[Samples]:
    return (samples[:, start : start + n] for start in range(0, samples.shape[1], n))


def joined(blocks: Iterator[Samples]) -> Samples:
    return np.concatenate(list(blocks), axis=1)


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
def test_streamed_rnnoise_equals_the_whole_clip(sample_rate: int) -> None:
    enhancer = load_enhancer(load_registry().find("rnnoise"), threads=1)
    clip = np.stack([speech_like(4.0, sample_rate, seed=seed) for seed in (0, 1)])
    [whole] = enhance_clips(enhancer, [clip], [sample_rate])
    assert isinstance(enhancer, Streaming)
    streams = [enhancer.open_stream() for _ in clip]
    got = joined(streamed(streams, pieces(clip, 9_973), sample_rate, enhancer.sample_rate, Clock()))
    n = min(got.shape[1], whole.shape[1])
    assert whole.shape[1] - n <= 1
    # 100 dB: the resamplers and the network compute the same in other blocks.
    assert snr_db(reference=whole[:, :n].ravel(), estimate=got[:, :n].ravel()) > 100


def test_windowed_network_with_short_memory_equals_the_whole_clip() -> None:
    clip = noise(95.0)
    [whole] = enhance_clips(Echo(), [clip], [RATE])
    got = joined(windowed(Echo(), pieces(clip, 70_001), RATE, Clock()))
    assert got.shape == whole.shape
    np.testing.assert_allclose(got, whole, atol=1e-6)


@given(st.integers(1, 15_000), st.integers(100, 9_000))
def test_windowed_any_length_in_any_pieces_keeps_every_sample(n_samples: int, n_piece: int) -> None:
    ramp = np.arange(n_samples, dtype=np.float32)[None] / n_samples
    got = joined(windowed(Passthrough(0), pieces(ramp, n_piece), 100, Clock()))
    assert got.shape == ramp.shape
    np.testing.assert_allclose(got, ramp, atol=1e-6)


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    write_audio(tmp_path / "long.wav", noise(65.0), RATE, "PCM_24")
    return tmp_path / "long.wav"


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("is_streaming", [True, False])
def test_enhance_file_keeps_length_rate_channels_and_samples(long_file: Path, is_streaming: bool, mono: bool) -> None:
    network = Passthrough(RATE) if is_streaming else PassthroughWithoutStream(RATE)
    target = long_file.with_name("out.wav")
    result = enhance_file(network, long_file, target, reading.probe(long_file), "PCM_24", mono=mono)
    assert result.is_chunked is not is_streaming
    assert result.wall_s > 0
    expected = reading.read(long_file, mono=mono).samples
    np.testing.assert_allclose(reading.read(target).samples, expected, atol=2**-22)
    assert result.channels == len(expected)


class PassthroughWithoutStream:
    """Returns its input, and has no open_stream."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.copy() for row in batch.rows()]


class Levelling:
    """A network that scales the whole clip to a mean square of 1, at half the rate."""

    sample_rate = RATE // 2

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row / np.sqrt(np.mean(np.square(row))) for row in batch.rows()]

    def open_first_pass(self) -> LevellingFirstPass:
        return LevellingFirstPass()


class LevellingFirstPass:
    def __init__(self) -> None:
        self.total, self.n = 0.0, 0

    def push(self, block: Waveform) -> None:
        self.total, self.n = self.total + float(np.square(block).sum()), self.n + len(block)

    def open_stream(self) -> LevellingStream:
        return LevellingStream(self.total / self.n)


class LevellingStream:
    def __init__(self, mean_square: float) -> None:
        self.level = np.float32(np.sqrt(mean_square))

    def push(self, block: Waveform) -> Waveform:
        return block / self.level

    def finish(self) -> Waveform:
        return np.zeros(0, np.float32)


def test_enhance_file_network_with_a_first_pass_reads_the_whole_clip_first(long_file: Path) -> None:
    target = long_file.with_name("out.wav")
    result = enhance_file(Levelling(), long_file, target, reading.probe(long_file), "FLOAT", mono=False)
    assert not result.is_chunked
    [whole] = enhance_clips(Levelling(), [reading.read(long_file).samples], [RATE])
    # 100 dB: the resamplers compute the same in other blocks.
    assert snr_db(reference=whole.ravel(), estimate=reading.read(target).samples.ravel()) > 100


def test_enhance_file_truncated_input_leaves_no_output(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.flac", noise(90.0)[0])
    content = (tmp_path / "x.flac").read_bytes()
    info = reading.probe(tmp_path / "x.flac")
    (tmp_path / "x.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError) as caught:
        enhance_file(Passthrough(RATE), tmp_path / "x.flac", tmp_path / "out.wav", info, "PCM_16", mono=False)
    assert caught.value.reason == "truncated"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.flac"]


def test_enhance_file_nan_from_the_network_is_refused(long_file: Path) -> None:
    class Broken(PassthroughWithoutStream):
        def enhance(self, batch: Batch) -> list[Waveform]:
            return [np.full_like(row, np.nan) for row in batch.rows()]

    with pytest.raises(AudioError) as caught:
        enhance_file(
            Broken(RATE), long_file, long_file.with_name("o.wav"), reading.probe(long_file), "PCM_16", mono=False
        )
    assert caught.value.reason == "nonfinite_output"


def test_block_lengths_leave_room_for_context() -> None:
    assert long_clips.LONG_S > long_clips._WINDOW_S + 2 * long_clips._CONTEXT_S > long_clips._BLOCK_S


def test_enhance_file_windows_are_enhanced_channel_by_channel(tmp_path: Path) -> None:
    rows: list[int] = []

    class Counting(PassthroughWithoutStream):
        def enhance(self, batch: Batch) -> list[Waveform]:
            rows.append(len(batch))
            return super().enhance(batch)

    source = tmp_path / "long.wav"
    write_audio(source, np.tile(noise(65.0)[:1], (3, 1)), RATE, "PCM_16")
    enhance_file(Counting(RATE), source, tmp_path / "out.wav", reading.probe(source), "PCM_16", mono=False)
    assert set(rows) == {1}


def test_enhance_file_with_too_many_samples_in_a_window_names_the_limit(tmp_path: Path) -> None:
    source = tmp_path / "wide.flac"
    soundfile.write(source, np.zeros((10, 8), np.int16), 192_000, "PCM_16")
    target = tmp_path / "out.wav"
    with pytest.raises(AudioError, match="has 61440000 samples in 8 channels at 192000 Hz; expected at most 40000000"):
        enhance_file(PassthroughWithoutStream(RATE), source, target, reading.probe(source), "PCM_16", mono=False)
    assert not target.exists()
    enhance_file(PassthroughWithoutStream(RATE), source, target, reading.probe(source), "PCM_16", mono=True)
    assert target.exists()
