"""Decoding: every format, rate and length is read completely, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.audio import reading, writing
from seinfer.core.errors import AudioError

from .sounds import noise

FORMATS = [
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("wav", "PCM_32"),
    ("wav", "PCM_U8"),
    ("wav", "FLOAT"),
    ("wav", "DOUBLE"),
    ("wav", "ULAW"),
    ("flac", "PCM_16"),
    ("flac", "PCM_24"),
    ("ogg", "VORBIS"),
    ("ogg", "OPUS"),
    ("mp3", "MPEG_LAYER_III"),
    ("aiff", "PCM_16"),
    ("w64", "PCM_24"),
    ("rf64", "PCM_16"),
]


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_read_of_every_format_gives_all_samples_and_channels(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, noise(2, 48_000).T, 48_000, subtype, format=suffix.upper())
    found = reading.read(path)
    assert found.samples.shape == (2, 48_000)
    assert found.samples.dtype == np.float32
    assert (found.sample_rate, found.subtype) == (48_000, subtype)


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_read_with_a_wrong_suffix_uses_the_content(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(1, 24_000).T, 48_000, subtype, format=suffix.upper())
    assert reading.read(path).samples.shape == (1, 24_000)


def wav_bytes(tmp_path: Path, n_samples: int = 4_000) -> bytes:
    writing.write(tmp_path / "source.wav", noise(1, n_samples), 16_000, "PCM_16")
    return (tmp_path / "source.wav").read_bytes()


def flac_bytes(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "source.flac", noise(1, 40_000).T, 16_000, "PCM_16")
    return (tmp_path / "source.flac").read_bytes()


def mp3_bytes(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "source.mp3", noise(1, 48_000).T, 48_000)
    return (tmp_path / "source.mp3").read_bytes()


def test_read_of_an_empty_file_is_empty(tmp_path: Path) -> None:
    check_refused(tmp_path, b"", "empty")


def test_read_of_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "zero.wav", np.zeros(0), 16_000)
    check_refused(tmp_path, (tmp_path / "zero.wav").read_bytes(), "empty")


def test_read_of_text_is_unreadable(tmp_path: Path) -> None:
    check_refused(tmp_path, b"this is not audio", "unreadable")


def test_read_of_half_a_header_is_unreadable(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:30], "unreadable")


def test_read_of_a_wav_cut_in_its_data_is_truncated(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:-1_000], "truncated")


def test_read_of_a_wav_cut_after_its_header_is_truncated(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:44], "truncated")


def test_read_of_a_cut_flac_is_truncated(tmp_path: Path) -> None:
    content = flac_bytes(tmp_path)
    check_refused(tmp_path, content[: len(content) // 2], "truncated")


def test_read_of_a_cut_mp3_is_truncated(tmp_path: Path) -> None:
    content = mp3_bytes(tmp_path)
    check_refused(tmp_path, content[: len(content) // 2], "truncated")


def test_read_of_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        reading.read(tmp_path)
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_read_of_a_nonfinite_sample_names_its_time(tmp_path: Path, bad: float) -> None:
    samples = noise(2, 16_000)
    samples[1, 8_000] = bad
    soundfile.write(tmp_path / "bad.wav", samples.T, 16_000, "FLOAT")
    with pytest.raises(AudioError, match=r"1 of 32000 samples .* at 0\.500 s") as caught:
        reading.read(tmp_path / "bad.wav")
    assert caught.value.reason == "nonfinite"


def check_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        reading.read(path)
    assert caught.value.reason == reason
    assert str(path) in str(caught.value)


def test_read_of_a_stream_of_unknown_length_gives_all_samples(tmp_path: Path) -> None:
    content = bytearray(wav_bytes(tmp_path))
    start = content.index(b"data") + 4
    content[start : start + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "stream.wav").write_bytes(content)
    assert reading.read(tmp_path / "stream.wav").samples.shape == (1, 4_000)


def test_read_of_an_mp3_after_an_id3_tag_gives_all_samples(tmp_path: Path) -> None:
    tag = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)
    (tmp_path / "tagged.mp3").write_bytes(tag + mp3_bytes(tmp_path))
    assert reading.read(tmp_path / "tagged.mp3").samples.shape == (1, 48_000)


def test_read_mono_averages_the_channels(tmp_path: Path) -> None:
    samples = noise(3, 500)
    soundfile.write(tmp_path / "a.wav", samples.T, 16_000, "FLOAT")
    np.testing.assert_allclose(reading.read(tmp_path / "a.wav", mono=True).samples, samples.mean(0, keepdims=True))


def test_probe_of_a_good_file_returns_its_header(tmp_path: Path) -> None:
    writing.write(tmp_path / "a.wav", noise(2, 123), 22_050, "PCM_24")
    assert reading.probe(tmp_path / "a.wav") == reading.Info(22_050, 2, 123, "PCM_24")


@pytest.mark.parametrize("sample_rate", [500, 1_000_000])
def test_probe_of_an_extreme_rate_is_unsupported(tmp_path: Path, sample_rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(10), sample_rate)
    with pytest.raises(AudioError, match=f"{sample_rate} Hz") as caught:
        reading.probe(tmp_path / "a.wav")
    assert caught.value.reason == "unsupported"


def test_probe_of_too_many_channels_is_unsupported(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((10, reading.MAX_CHANNELS + 1)), 16_000)
    with pytest.raises(AudioError, match="65 channels; expected at most 64") as caught:
        reading.probe(tmp_path / "a.wav")
    assert caught.value.reason == "unsupported"


@pytest.mark.parametrize("mono", [False, True])
def test_read_blocks_joined_equal_read(tmp_path: Path, mono: bool) -> None:
    soundfile.write(tmp_path / "a.flac", noise(2, 1_050).T, 16_000)
    blocks = list(reading.read_blocks(tmp_path / "a.flac", 0.0125, mono=mono))
    assert [block.shape[1] for block in blocks] == [200] * 5 + [50]
    np.testing.assert_array_equal(np.concatenate(blocks, 1), reading.read(tmp_path / "a.flac", mono=mono).samples)


def test_read_blocks_of_a_truncated_file_is_an_error(tmp_path: Path) -> None:
    content = flac_bytes(tmp_path)
    (tmp_path / "cut.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError) as caught:
        list(reading.read_blocks(tmp_path / "cut.flac", 0.5))
    assert caught.value.reason == "truncated"


def test_refuse_nonfinite_uses_the_given_reason_and_name() -> None:
    with pytest.raises(AudioError, match=r"output of x: 1 of 4 samples") as caught:
        reading.refuse_nonfinite(np.array([[0, 0, np.nan, 0]], np.float32), 16_000, "output of x", "bad_output")
    assert caught.value.reason == "bad_output"


def test_read_of_more_samples_than_allowed_is_too_long_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros((16_000, 2)), 16_000, "PCM_16")
    monkeypatch.setattr(soundfile.SoundFile, "read", None)
    with pytest.raises(AudioError) as caught:
        reading.read(path, max_samples=31_999)
    assert caught.value.reason == "too_long"
    assert str(caught.value) == (
        f"{path} lasts 1.0 s; expected at most 1.0 s, 31999 samples in 2 channels at 16000 Hz; split it"
    )


def test_read_limit_counts_low_rates_at_the_given_rate_and_one_channel_if_mono(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, np.zeros((8_000, 2)), 8_000, "PCM_16")
    assert reading.read(path, max_samples=16_000).samples.shape == (2, 8_000)
    assert reading.read(path, mono=True, max_samples=8_000).samples.shape == (1, 8_000)
    with pytest.raises(AudioError, match=r"expected at most 0\.5 s, 16000 samples in 2 channels at 16000 Hz"):
        reading.read(path, max_samples=16_000, at_rate=16_000)


def test_read_mono_of_many_channels_in_blocks_equals_the_mean_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(9, 5_000).T, 16_000, "PCM_16")
    whole = reading.read(path)
    monkeypatch.setattr(reading, "MAX_BLOCK_SAMPLES", 9 * 1_000)
    np.testing.assert_array_equal(reading.read(path, mono=True).samples, whole.samples.mean(0, keepdims=True))


def test_read_blocks_of_many_channels_are_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(4, 2_500).T, 1_000, "PCM_16")
    monkeypatch.setattr(reading, "MAX_BLOCK_SAMPLES", 4_000)
    blocks = list(reading.read_blocks(path, 10.0))
    assert [block.shape for block in blocks] == [(4, 1_000), (4, 1_000), (4, 500)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), reading.read(path).samples)
