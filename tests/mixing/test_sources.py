"""Recordings: how they are listed, read, checked and selected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.errors import AudioError, UsageError
from seinfer.mixing.random_draws import RandomDraws
from seinfer.mixing.sources import (
    Recording,
    SourcePool,
    list_sources,
    read_recording,
    read_response,
    refuse_long_pair,
    resampled,
)

from .mixtures import RATE, pink, write


def test_list_sources_is_sorted_and_without_the_excluded_files(tmp_path: Path) -> None:
    for name in ("b.wav", "a/x.flac", "noise/n.wav", "hum.wav"):
        write(tmp_path / name, pink(RATE))
    found = list_sources(tmp_path, [tmp_path / "noise", tmp_path / "hum.wav"])
    assert [(source.name, source.clip_id) for source in found] == [("a/x.flac", "a/x"), ("b.wav", "b")]


def test_list_sources_of_a_single_file_lists_it(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", pink(RATE))
    assert [source.name for source in list_sources(tmp_path / "x.wav", [])] == ["x.wav"]


def test_read_recording_averages_channels_and_subtracts_the_mean(tmp_path: Path) -> None:
    left, right = pink(RATE, 0), pink(RATE, 1)
    write(tmp_path / "x.wav", np.stack([left + 0.3, right]), subtype="FLOAT")
    found = read_recording(tmp_path / "x.wav")
    assert found.sample_rate == RATE
    np.testing.assert_allclose(found.signal, (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("samples", "reason"), [(pink(RATE // 3), "too_short"), (np.zeros(RATE), "silent"), (np.full(RATE, 0.5), "silent")]
)
def test_read_recording_of_an_unusable_file_has_a_reason(tmp_path: Path, samples: np.ndarray, reason: str) -> None:
    write(tmp_path / "x.wav", samples)
    with pytest.raises(AudioError) as caught:
        read_recording(tmp_path / "x.wav")
    assert caught.value.reason == reason


def test_read_response_uses_the_first_channel(tmp_path: Path) -> None:
    response = pink(100)
    write(tmp_path / "r.wav", np.stack([response, np.zeros(100)]), subtype="DOUBLE")
    np.testing.assert_allclose(read_response(tmp_path / "r.wav").signal, response, atol=1e-6)
    write(tmp_path / "z.wav", np.stack([np.zeros(100), response]))
    with pytest.raises(AudioError, match="only zeros in its first channel"):
        read_response(tmp_path / "z.wav")


def test_resampled_rounds_the_length_up() -> None:
    recording = Recording(pink(8_001).astype(np.float32), 8_000)
    assert resampled(recording, 16_000).shape == (16_002,)
    assert resampled(recording, 11_025).shape == (11_027,)


def pool(folder: Path) -> SourcePool:
    return SourcePool("noise", list_sources(folder, []), read_recording, RandomDraws(0))


def test_source_pool_skips_unusable_files_and_records_them_once(tmp_path: Path) -> None:
    for index in range(4):
        write(tmp_path / f"n{index}.wav", pink(RATE, index))
    write(tmp_path / "bad.wav", np.zeros(RATE))
    files = pool(tmp_path)
    order = ["bad.wav", "n2.wav", "n0.wav", "n1.wav", "n3.wav"]
    assert [files.usable_file(order, rank)[0] for rank in range(6)] == [*order[1:], "n2.wav", "n0.wav"]
    assert [(failure.role, failure.source, failure.reason) for failure in files.failures] == [
        ("noise", "bad.wav", "silent")
    ]


def test_source_pool_preference_has_all_names_and_depends_on_the_key(tmp_path: Path) -> None:
    for index in range(6):
        write(tmp_path / f"n{index}.wav", pink(RATE, index))
    orders = {tuple(pool(tmp_path).preference(f"speech{index}")) for index in range(20)}
    assert all(sorted(order) == [f"n{index}.wav" for index in range(6)] for order in orders)
    assert len(orders) > 10


def test_source_pool_without_a_usable_file_is_a_usage_error(tmp_path: Path) -> None:
    write(tmp_path / "bad.wav", np.zeros(RATE))
    with pytest.raises(UsageError, match=r"none of the 1 noise files can be used, such as: .*bad.wav has a level"):
        pool(tmp_path).usable_file(["bad.wav"], 0)


def silent_flac(path: Path, duration_s: int, sample_rate: int = 4_000, channels: int = 1) -> Path:
    """Write a FLAC that is small on the disk, whatever its duration."""
    soundfile.write(path, np.zeros((duration_s * sample_rate, channels), np.int16), sample_rate, "PCM_16")
    return path


def test_read_recording_of_hours_is_too_long_and_names_the_limit(tmp_path: Path) -> None:
    path = silent_flac(tmp_path / "hours.flac", 3 * 3600)
    with pytest.raises(AudioError, match=r"lasts 10800\.0 s; expected at most 10000\.0 s, 40000000 samples") as caught:
        read_recording(path)
    assert caught.value.reason == "too_long"


def test_read_response_of_many_minutes_is_too_long(tmp_path: Path) -> None:
    path = silent_flac(tmp_path / "r.flac", 11 * 60, channels=2)
    with pytest.raises(AudioError, match=r"expected at most 625\.0 s, 5000000 samples in 2 channels") as caught:
        read_response(path)
    assert caught.value.reason == "too_long"


def test_refuse_long_pair_counts_at_the_rate_of_the_pair() -> None:
    speech = Recording(np.zeros(5_000_001, np.float32), 8_000)
    refuse_long_pair("a.wav", speech, 8_000)
    with pytest.raises(AudioError, match=r"a\.wav: 625\.0 s of speech; .*or give --duration-s") as caught:
        refuse_long_pair("a.wav", speech, 16_000)
    assert caught.value.reason == "too_long"
