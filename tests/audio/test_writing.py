"""Writing WAV files: complete or not at all, and clipped samples are counted."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.audio import reading, writing
from seinfer.core.errors import AudioError

from .sounds import noise


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_write_of_decoded_samples_keeps_them_exactly(tmp_path: Path, subtype: str) -> None:
    writing.write(tmp_path / "a.wav", noise(2, 1_000), 44_100, subtype)
    first = reading.read(tmp_path / "a.wav")
    assert writing.write(tmp_path / "b.wav", first.samples, first.sample_rate, first.subtype) == 0
    np.testing.assert_array_equal(reading.read(tmp_path / "b.wav").samples, first.samples)


@pytest.mark.parametrize("source", ["PCM_U8", "ULAW", "VORBIS", "MPEG_LAYER_III", "OPUS"])
def test_wav_subtype_of_a_lossy_source_is_16_bits(source: str) -> None:
    assert writing.wav_subtype(source) == "PCM_16"


def test_write_beyond_full_scale_clips_and_counts(tmp_path: Path) -> None:
    samples = np.array([[0.0, 1.0, 1.5, -1.0, -1.001, 0.99]], np.float32)
    assert writing.write(tmp_path / "a.wav", samples, 16_000, "PCM_16") == 3
    written = soundfile.read(tmp_path / "a.wav", dtype="int16")[0]
    np.testing.assert_array_equal(written[1:5], [32767, 32767, -32768, -32768])


def test_write_beyond_full_scale_as_float_keeps_the_values(tmp_path: Path) -> None:
    samples = np.array([[1.5, -2.0]], np.float32)
    assert writing.write(tmp_path / "a.wav", samples, 16_000, "FLOAT") == 0
    np.testing.assert_array_equal(reading.read(tmp_path / "a.wav").samples, samples)


def test_write_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writing.write(tmp_path / "a.wav", noise(1, 100), 16_000, "PCM_16")
    before = (tmp_path / "a.wav").read_bytes()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(AudioError, match="No space left") as caught:
        writing.write(tmp_path / "a.wav", noise(1, 200), 16_000, "PCM_16")
    assert caught.value.reason == "not_written"
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


def test_write_below_a_file_suggests_another_out(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("not a folder")
    with pytest.raises(AudioError, match="choose another --out"):
        writing.write(tmp_path / "audio" / "a.wav", noise(1, 10), 16_000, "PCM_16")


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_subtype_of_a_lossless_source_is_the_same(subtype: str) -> None:
    assert writing.wav_subtype(subtype) == subtype


def test_wav_writer_in_blocks_equals_write_of_the_whole(tmp_path: Path) -> None:
    samples = 8 * noise(2, 1_000)
    n_clipped = writing.write(tmp_path / "whole.wav", samples, 16_000, "PCM_16")
    with writing.WavWriter(tmp_path / "blocks.wav", 16_000, 2, "PCM_16", 1_000) as file:
        for start in range(0, 1_000, 300):
            file.write(samples[:, start : start + 300])
    assert file.n_clipped == n_clipped > 0
    assert (tmp_path / "blocks.wav").read_bytes() == (tmp_path / "whole.wav").read_bytes()


def test_wav_writer_after_an_error_in_the_block_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing.WavWriter(tmp_path / "a.wav", 16_000, 1, "PCM_16", 100) as file:
        file.write(noise(1, 50))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_wav_writer_beyond_4_gib_uses_rf64(tmp_path: Path) -> None:
    with writing.WavWriter(tmp_path / "a.wav", 16_000, 1, "PCM_16", 2**32) as file:
        file.write(noise(1, 50))
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"


def test_write_of_a_name_that_is_too_long_suggests_a_shorter_one(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="give the clip or --out a shorter name"):
        writing.write(tmp_path / ("x" * 300 + ".wav"), noise(1, 50), 16_000, "PCM_16")
    assert list(tmp_path.iterdir()) == []


def test_count_clipped_counts_values_that_integers_cannot_store() -> None:
    samples = np.array([[-1.0, 1.0, 0.99999, -1.0001]], np.float32)
    assert writing.count_clipped(samples, "PCM_24") == 2
    assert writing.count_clipped(samples, "FLOAT") == 0
