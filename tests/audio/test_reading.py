"""The audio rule: any rate, any length, any format; what comes out has the input's length, rate and alignment."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from seinfer.audio import reading as audio
from seinfer.core.errors import AudioError
from tests.helpers import lag_samples, snr_db, speech_like

RATES_HZ = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)
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


def noise(channels: int, n_samples: int, seed: int = 0) -> audio.Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, n_samples))).astype(np.float32)


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_read_every_format_gives_all_samples_and_channels(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, noise(2, 48_000).T, 48_000, subtype, format=suffix.upper())
    found = audio.read(path)
    assert found.samples.shape == (2, 48_000)
    assert found.samples.dtype == np.float32
    assert (found.sample_rate, found.subtype) == (48_000, subtype)


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
def test_read_a_wrong_suffix_goes_by_the_content(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(1, 24_000).T, 48_000, subtype, format=suffix.upper())
    assert audio.read(path).samples.shape == (1, 24_000)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_write_what_was_read_gives_the_same_samples(tmp_path: Path, subtype: str) -> None:
    audio.write(tmp_path / "a.wav", noise(2, 1_000), 44_100, subtype)
    first = audio.read(tmp_path / "a.wav")
    assert audio.write(tmp_path / "b.wav", first.samples, first.sample_rate, first.subtype) == 0
    np.testing.assert_array_equal(audio.read(tmp_path / "b.wav").samples, first.samples)


@pytest.mark.parametrize("source", ["PCM_U8", "ULAW", "VORBIS", "MPEG_LAYER_III", "OPUS"])
def test_wav_subtype_of_a_lossy_source_is_16_bits(source: str) -> None:
    assert audio.wav_subtype(source) == "PCM_16"


def test_write_beyond_full_scale_clips_and_counts(tmp_path: Path) -> None:
    samples = np.array([[0.0, 1.0, 1.5, -1.0, -1.001, 0.99]], np.float32)
    assert audio.write(tmp_path / "a.wav", samples, 16_000, "PCM_16") == 3
    written = soundfile.read(tmp_path / "a.wav", dtype="int16")[0]
    np.testing.assert_array_equal(written[1:5], [32767, 32767, -32768, -32768])


def test_write_beyond_full_scale_as_float_keeps_it(tmp_path: Path) -> None:
    samples = np.array([[1.5, -2.0]], np.float32)
    assert audio.write(tmp_path / "a.wav", samples, 16_000, "FLOAT") == 0
    np.testing.assert_array_equal(audio.read(tmp_path / "a.wav").samples, samples)


def test_write_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio.write(tmp_path / "a.wav", noise(1, 100), 16_000, "PCM_16")
    before = (tmp_path / "a.wav").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(AudioError, match="No space left") as caught:
        audio.write(tmp_path / "a.wav", noise(1, 200), 16_000, "PCM_16")
    assert caught.value.reason == "not_written"
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


def test_write_into_a_file_called_like_the_folder_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("not a folder")
    with pytest.raises(AudioError, match="choose another --out"):
        audio.write(tmp_path / "audio" / "a.wav", noise(1, 10), 16_000, "PCM_16")


def wav_bytes(tmp_path: Path, n_samples: int = 4_000) -> bytes:
    audio.write(tmp_path / "source.wav", noise(1, n_samples), 16_000, "PCM_16")
    return (tmp_path / "source.wav").read_bytes()


def flac_bytes(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "source.flac", noise(1, 40_000).T, 16_000, "PCM_16")
    return (tmp_path / "source.flac").read_bytes()


def mp3_bytes(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "source.mp3", noise(1, 48_000).T, 48_000)
    return (tmp_path / "source.mp3").read_bytes()


def test_read_an_empty_file_says_empty(tmp_path: Path) -> None:
    check_refused(tmp_path, b"", "empty")


def test_read_a_header_without_samples_says_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "zero.wav", np.zeros(0), 16_000)
    check_refused(tmp_path, (tmp_path / "zero.wav").read_bytes(), "empty")


def test_read_text_says_unreadable(tmp_path: Path) -> None:
    check_refused(tmp_path, b"this is no audio at all", "unreadable")


def test_read_half_a_header_says_unreadable(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:30], "unreadable")


def test_read_a_wav_cut_in_its_data_says_truncated(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:-1_000], "truncated")


def test_read_a_wav_cut_behind_its_header_says_truncated(tmp_path: Path) -> None:
    check_refused(tmp_path, wav_bytes(tmp_path)[:44], "truncated")


def test_read_a_cut_flac_says_truncated(tmp_path: Path) -> None:
    content = flac_bytes(tmp_path)
    check_refused(tmp_path, content[: len(content) // 2], "truncated")


def test_read_a_cut_mp3_says_truncated(tmp_path: Path) -> None:
    content = mp3_bytes(tmp_path)
    check_refused(tmp_path, content[: len(content) // 2], "truncated")


def test_read_a_folder_says_unreadable(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        audio.read(tmp_path)
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_read_a_nonfinite_sample_says_where(tmp_path: Path, bad: float) -> None:
    samples = noise(2, 16_000)
    samples[1, 8_000] = bad
    soundfile.write(tmp_path / "bad.wav", samples.T, 16_000, "FLOAT")
    with pytest.raises(AudioError, match=r"1 of 32000 samples .* at 0\.500 s") as caught:
        audio.read(tmp_path / "bad.wav")
    assert caught.value.reason == "nonfinite"


def check_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        audio.read(path)
    assert caught.value.reason == reason
    assert str(path) in str(caught.value)


def test_read_a_stream_of_unknown_length_gives_what_is_there(tmp_path: Path) -> None:
    content = bytearray(wav_bytes(tmp_path))
    start = content.index(b"data") + 4
    content[start : start + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "stream.wav").write_bytes(content)
    assert audio.read(tmp_path / "stream.wav").samples.shape == (1, 4_000)


def test_read_an_mp3_behind_an_id3_tag_gives_all_samples(tmp_path: Path) -> None:
    tag = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)
    (tmp_path / "tagged.mp3").write_bytes(tag + mp3_bytes(tmp_path))
    assert audio.read(tmp_path / "tagged.mp3").samples.shape == (1, 48_000)


def test_read_mono_averages_the_channels(tmp_path: Path) -> None:
    samples = noise(3, 500)
    soundfile.write(tmp_path / "a.wav", samples.T, 16_000, "FLOAT")
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav", mono=True).samples, samples.mean(0, keepdims=True))


def test_probe_a_good_file_tells_the_header(tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", noise(2, 123), 22_050, "PCM_24")
    assert audio.probe(tmp_path / "a.wav") == audio.Info(22_050, 2, 123, "PCM_24")


@pytest.mark.parametrize("sample_rate", [500, 1_000_000])
def test_probe_an_absurd_rate_says_unsupported(tmp_path: Path, sample_rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(10), sample_rate)
    with pytest.raises(AudioError, match=f"{sample_rate} Hz") as caught:
        audio.probe(tmp_path / "a.wav")
    assert caught.value.reason == "unsupported"


@given(
    n_samples=st.integers(1, 3_000),
    channels=st.integers(1, 3),
    source=st.sampled_from(RATES_HZ),
    target=st.sampled_from((16_000, 48_000)),
)
def test_resample_there_and_back_loses_no_sample(n_samples: int, channels: int, source: int, target: int) -> None:
    samples = noise(channels, n_samples)
    there = audio.resample(samples, source, target)
    assert there.shape == (channels, -(-n_samples * target // source))
    assert audio.resample(there, target, source).shape[1] >= n_samples


@pytest.mark.parametrize("source", RATES_HZ)
@pytest.mark.parametrize("target", [16_000, 48_000])
def test_resample_there_and_back_keeps_alignment_and_level(source: int, target: int) -> None:
    speech = audio.resample(speech_like(1.0, 48_000)[None], 48_000, 8_000)
    clip = audio.resample(speech, 8_000, source)
    back = audio.fit_length(audio.resample(audio.resample(clip, source, target), target, source), clip.shape[1])
    assert lag_samples(reference=clip[0], estimate=back[0]) == 0
    # 60 dB: what is left is the steep edge of two low-pass filters at 4 kHz, and the ends of the clip.
    assert snr_db(reference=clip[0, 500:-500], estimate=back[0, 500:-500]) > 60
