"""A test set: its files match its manifest, and which files a change of the inputs changes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.audio.levels import rms_db, speech_level
from seinfer.mixing.request import MixRequest
from tests.audio.test_levels import level_by_definition
from tests.helpers import lag_samples, snr_db

from .mixtures import RATE, TOLERANCE_DB, files, make, manifest, pair, pink, room, speech, write, write_sources


@pytest.fixture
def mix_request(tmp_path: Path) -> MixRequest:
    return write_sources(tmp_path)


def test_make_test_set_files_match_the_manifest(mix_request: MixRequest) -> None:
    make(mix_request)
    rows = manifest(mix_request.out)
    assert list(rows) == sorted(rows) and len(rows) == 10
    for name, row in rows.items():
        noisy, clean = pair(mix_request.out, row)
        info = soundfile.info(mix_request.out / row["noisy"])
        assert (info.samplerate, info.subtype, info.channels) == (RATE, "PCM_16", 1)
        assert float(row["duration_s"]) == pytest.approx(len(noisy) / RATE, abs=1e-6)
        assert row["speech_source"] == f"{name}.wav"
        original = soundfile.read(mix_request.speech / row["speech_source"])[0]
        assert len(original) == len(noisy) == len(clean)
        assert snr_db(reference=clean / np.std(clean), estimate=original / np.std(original)) > 60  # dB, the same speech
        active_db = level_by_definition(clean, RATE)[0]
        assert active_db == pytest.approx(float(row["level_db"]), abs=TOLERANCE_DB)
        assert float(row["level_db"]) - float(row["gain_db"]) == pytest.approx(-26)
        assert active_db - rms_db(noisy - clean) == pytest.approx(float(row["snr_db"]), abs=TOLERANCE_DB)


def test_make_test_set_adds_the_noise_of_the_manifest(mix_request: MixRequest) -> None:
    make(mix_request)
    for row in manifest(mix_request.out).values():
        noisy, clean = pair(mix_request.out, row)
        noise = soundfile.read(mix_request.noise / row["noise"])[0]
        start = round(float(row["noise_start_s"]) * RATE)
        if len(noise) >= start + len(noisy):
            expected = noise[start : start + len(noisy)]
        else:  # the part before the first crossfade
            expected = noise[start : len(noise) - round(0.02 * RATE)]
        added = (noisy - clean)[: len(expected)]
        assert np.corrcoef(added, expected)[0, 1] > 0.999
    assert len({row["noise"] for row in manifest(mix_request.out).values()}) > 1


def test_make_test_set_uses_every_snr_equally_often(mix_request: MixRequest) -> None:
    assert make(mix_request).n_by_snr == {"-5": 2, "0": 2, "5": 2, "10": 2, "15": 2}


def test_make_test_set_with_the_same_seed_gives_the_same_bytes(mix_request: MixRequest, tmp_path: Path) -> None:
    sets = [replace(mix_request, out=tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    for request in sets:
        make(request)
    first, second, third = (files(request.out) for request in sets)
    assert first == second
    assert set(first) == set(third)
    assert sum(first[name] != third[name] for name in first if name.startswith("noisy/")) >= 9


def test_make_test_set_with_added_speech_changes_only_a_few_snrs(mix_request: MixRequest) -> None:
    make(mix_request)
    before, rows_before = files(mix_request.out), manifest(mix_request.out)
    write(mix_request.speech / "a new one.wav", speech(1.0, seed=77))
    make(mix_request)
    after, rows_after = files(mix_request.out), manifest(mix_request.out)
    assert len(rows_after) == 11
    n_moved = 0
    for name, row in rows_before.items():
        same = {key: value for key, value in rows_after[name].items() if not key.endswith("_db")}
        assert same == {key: row[key] for key in same}
        n_moved += rows_after[name]["snr_db"] != row["snr_db"]
        if rows_after[name]["snr_db"] == row["snr_db"]:
            assert after[row["noisy"]] == before[row["noisy"]]
            assert after[row["clean"]] == before[row["clean"]]
    assert n_moved <= 4


def test_make_test_set_with_added_noise_changes_only_the_pairs_that_use_it(mix_request: MixRequest) -> None:
    make(mix_request)
    before = files(mix_request.out)
    write(mix_request.noise / "another.wav", pink(3 * RATE, seed=9))
    make(mix_request)
    after, rows = files(mix_request.out), manifest(mix_request.out)
    drawn = {row["noisy"] for row in rows.values() if row["noise"] == "another.wav"}
    assert {name for name in after if name.endswith(".wav") and after[name] != before[name]} == drawn
    assert 0 < len(drawn) < len(rows)


def test_make_test_set_at_every_snr_has_the_same_noise_and_clean_file(mix_request: MixRequest) -> None:
    result = make(replace(mix_request, is_every_snr=True, snrs_db=(0.0, 2.5)))
    assert result.n_by_snr == {"0": 10, "2.5": 10}
    rows = manifest(mix_request.out)
    low, high = rows["clip0_snr0"], rows["clip0_snr2.5"]
    assert (low["noise"], low["noise_start_s"]) == (high["noise"], high["noise_start_s"])
    (noisy_low, clean_low), (noisy_high, clean_high) = pair(mix_request.out, low), pair(mix_request.out, high)
    assert np.array_equal(clean_low, clean_high)
    assert rms_db(noisy_low - clean_low) - rms_db(noisy_high - clean_high) == pytest.approx(2.5, abs=TOLERANCE_DB)


def test_make_test_set_with_several_noises_per_speech_uses_different_ones(mix_request: MixRequest) -> None:
    result = make(replace(mix_request, per_speech=5))
    assert len(result.rows) == 50
    assert result.n_by_snr == {"-5": 10, "0": 10, "5": 10, "10": 10, "15": 10}
    rows = manifest(mix_request.out)
    for name in ("clip0", "deep er/clip1"):
        takes = [rows[f"{name}_n{number}"] for number in range(1, 6)]
        assert len({row["noise"] for row in takes[:4]}) == 4
        assert (
            takes[4]["noise"] == takes[0]["noise"]
        )  # there are four noises: the fifth use repeats the first noise, with another excerpt
        assert takes[4]["noise_start_s"] != takes[0]["noise_start_s"]


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 22_050])
def test_make_test_set_of_any_rates_and_channels_is_mono_at_one_rate(tmp_path: Path, sample_rate: int) -> None:
    for index, rate in enumerate((11_025, 16_000, 44_100)):
        voice = speech(1.0, rate, seed=index)
        write(tmp_path / "speech" / f"{rate}.wav", np.stack([voice, 0.2 * voice]), rate)
    write(tmp_path / "noise" / "n.wav", np.stack([pink(32_000, 0), pink(32_000, 1)]), 32_000, "FLOAT")
    request = MixRequest(tmp_path / "speech", tmp_path / "noise", tmp_path / "out", sample_rate=sample_rate)
    result = make(request)
    for row in manifest(request.out).values():
        noisy, clean = pair(request.out, row)
        assert row["sample_rate"] == str(sample_rate)
        assert len(noisy) == len(clean) == sample_rate
        active_db = speech_level(clean, sample_rate).active_db
        assert active_db - rms_db(noisy - clean) == pytest.approx(float(row["snr_db"]), abs=TOLERANCE_DB)
    is_noted = any("the speech was recorded at a lower sample rate" in note for note in result.notes)
    assert is_noted == (sample_rate > 11_025)


def test_make_test_set_without_a_level_keeps_rate_and_samples(tmp_path: Path) -> None:
    signal = np.rint((speech(1.0, 11_025) - speech(1.0, 11_025).mean()) * 2.0**15)
    write(tmp_path / "speech" / "x.wav", signal / 2.0**15, 11_025)
    write(tmp_path / "noise" / "n.wav", pink(48_000), 48_000)
    make(MixRequest(tmp_path / "speech", tmp_path / "noise", tmp_path / "out", level_db=None))
    clean, sample_rate = soundfile.read(tmp_path / "out" / "clean" / "x.wav")
    assert sample_rate == 11_025
    assert np.max(np.abs(clean * 2.0**15 - signal)) <= 1  # subtracting the mean changes a sample by half a step at most


def test_make_test_set_removes_offsets(tmp_path: Path) -> None:
    write(tmp_path / "speech" / "x.wav", speech(1.0) + 0.2)
    write(tmp_path / "noise" / "n.wav", pink(2 * RATE) - 0.3)
    make(MixRequest(tmp_path / "speech", tmp_path / "noise", tmp_path / "out"))
    [row] = manifest(tmp_path / "out").values()
    noisy, clean = pair(tmp_path / "out", row)
    assert abs(clean.mean()) < 1e-4 and abs((noisy - clean).mean()) < 1e-4
    assert speech_level(clean, RATE).active_db - rms_db(noisy - clean) == pytest.approx(
        float(row["snr_db"]), abs=TOLERANCE_DB
    )


@pytest.mark.parametrize("target", ["dry", "early", "reverberant"])
def test_make_test_set_in_a_room_states_snr_and_level_of_the_reverberant_and_of_the_clean_speech(
    mix_request: MixRequest, target: str
) -> None:
    write(mix_request.speech.parent / "rirs" / "hall.wav", 0.5 * room(RATE), subtype="FLOAT")
    in_room = replace(mix_request, rir=mix_request.speech.parent / "rirs", level_db=-36.0)
    whole, made = (replace(in_room, out=in_room.out / name, target=name) for name in ("reverberant", target))
    for each in {request.out: request for request in (whole, made)}.values():
        make(each)
    for name, row in manifest(made.out).items():
        noisy, clean = pair(made.out, row)
        same_noisy, reverberant = pair(whole.out, manifest(whole.out)[name])
        assert np.array_equal(noisy, same_noisy)
        for kind, spoken in (("reverberant", reverberant), ("clean", clean)):
            level_db = level_by_definition(spoken, RATE)[0]
            assert float(row[f"level_{kind}_db"]) == pytest.approx(level_db, abs=1e-3)
            assert float(row[f"snr_{kind}_db"]) == pytest.approx(level_db - rms_db(noisy - spoken), abs=1e-3)
        assert float(row["level_reverberant_db"]) == pytest.approx(-36, abs=TOLERANCE_DB)
        assert float(row["snr_reverberant_db"]) == pytest.approx(float(row["snr_db"]), abs=TOLERANCE_DB)
        is_lower = float(row["snr_clean_db"]) < float(row["snr_reverberant_db"]) - 0.1
        assert is_lower == (target != "reverberant")


@pytest.mark.parametrize("rate", [RATE, 2 * RATE, 4 * RATE])
def test_make_test_set_dry_clean_file_has_the_level_of_the_direct_path_at_any_rate_of_the_response(
    tmp_path: Path, rate: int
) -> None:
    write(tmp_path / "speech" / "x.wav", pink(4 * RATE), 2 * RATE)  # most of its power is in the band of every response
    write(tmp_path / "noise" / "n.wav", pink(4 * RATE, seed=1), 2 * RATE)
    response = np.zeros(rate)
    response[400] = 0.5  # the direct path alone: both files have the same speech
    write(tmp_path / "rirs" / "h.wav", response, rate, "FLOAT")
    folders = tmp_path / "speech", tmp_path / "noise", tmp_path / "out"
    make(MixRequest(*folders, rir=tmp_path / "rirs", target="dry"))
    [row] = manifest(tmp_path / "out").values()
    assert float(row["level_clean_db"]) == pytest.approx(float(row["level_reverberant_db"]), abs=0.6)


def test_make_test_set_without_a_room_states_snr_and_level_of_the_clean_speech_only(mix_request: MixRequest) -> None:
    make(mix_request)
    for row in manifest(mix_request.out).values():
        noisy, clean = pair(mix_request.out, row)
        level_db = level_by_definition(clean, RATE)[0]
        assert float(row["level_clean_db"]) == pytest.approx(level_db, abs=1e-3)
        assert float(row["snr_clean_db"]) == pytest.approx(level_db - rms_db(noisy - clean), abs=1e-3)
        assert (row["level_reverberant_db"], row["snr_reverberant_db"]) == ("", "")


def test_make_test_set_of_long_speech_uses_an_excerpt(tmp_path: Path) -> None:
    long, short = speech(5.0, seed=1), speech(0.8, seed=2)
    write(tmp_path / "speech" / "long.wav", long)
    write(tmp_path / "speech" / "short.wav", short)
    write(tmp_path / "noise" / "n.wav", pink(2 * RATE))
    make(MixRequest(tmp_path / "speech", tmp_path / "noise", tmp_path / "out", max_duration_s=1.5))
    rows = manifest(tmp_path / "out")
    assert (float(rows["long"]["duration_s"]), float(rows["short"]["duration_s"])) == (1.5, 0.8)
    start = round(float(rows["long"]["speech_start_s"]) * RATE)
    _, clean = pair(tmp_path / "out", rows["long"])
    assert start > 0
    assert np.corrcoef(clean, long[start : start + len(clean)])[0, 1] > 0.9999


@pytest.mark.parametrize("target", ["reverberant", "early", "dry"])
def test_make_test_set_in_a_room_is_aligned_and_names_the_response(
    mix_request: MixRequest, tmp_path: Path, target: str
) -> None:
    response = room(16_000, delay_samples=400)
    write(tmp_path / "rir" / "hall.wav", np.stack([response, np.roll(response, 300)]), 16_000, "FLOAT")
    make(replace(mix_request, rir=tmp_path / "rir", target=target, snrs_db=(30.0,)))
    for row in manifest(mix_request.out).values():
        noisy, clean = pair(mix_request.out, row)
        dry = soundfile.read(mix_request.speech / row["speech_source"])[0]
        assert row["rir"] == "hall.wav"
        # The response is negative at its peak; the second channel would be 300 samples late.
        assert lag_samples(reference=-dry, estimate=clean) == 0
        assert lag_samples(reference=clean, estimate=noisy) == 0
        similarity = abs(np.corrcoef(dry, clean)[0, 1])
        assert similarity > 0.999 if target == "dry" else similarity < 0.98
        residue_db = rms_db(noisy - clean) - rms_db(clean)
        assert (
            residue_db < -27 if target == "reverberant" else residue_db > -20
        )  # only noise, or also late reverberation


def test_make_test_set_leaves_out_bad_files_with_a_reason(mix_request: MixRequest, tmp_path: Path) -> None:
    make(mix_request)
    before = files(mix_request.out)
    bad = speech(1.0)
    bad[5] = np.nan
    for folder in (mix_request.speech, mix_request.noise):
        write(folder / "short.wav", pink(RATE // 3))
        write(folder / "silent.wav", np.zeros(RATE))
        write(folder / "nan.wav", bad, subtype="FLOAT")
        (folder / "text.wav").write_text("no audio")
        (folder / "empty.wav").touch()
    write(mix_request.speech / "click.wav", np.eye(1, 4 * RATE, RATE)[0])
    result = make(replace(mix_request, out=tmp_path / "again", per_speech=4))
    reasons = {(failure.role, failure.source): failure.reason for failure in result.failures}
    common = {"short.wav": "too_short", "silent.wav": "silent", "nan.wav": "nonfinite", "text.wav": "unreadable"}
    common["empty.wav"] = "empty"
    assert reasons == {
        **{(role, name): reason for role in ("speech", "noise") for name, reason in common.items()},
        ("speech", "click.wav"): "no_speech",
    }
    assert len(result.rows) == 40 and result.n_planned == 64
    # Bad noise does not change the draws: every pair has the same noise as without the bad files.
    good = tmp_path / "good"
    shutil.copytree(mix_request.noise, good, ignore=shutil.ignore_patterns("*.wav"))
    make(replace(mix_request, noise=good, out=tmp_path / "third", per_speech=4))
    noises = [{name: row["noise"] for name, row in manifest(tmp_path / o).items()} for o in ("again", "third")]
    assert noises[0] == noises[1]
    assert before == files(mix_request.out)


def test_make_test_set_writes_the_result_to_mix_json(mix_request: MixRequest) -> None:
    result = make(mix_request)
    document = json.loads((mix_request.out / "mix.json").read_text())
    assert document == {"made_by": "seinfer mix", "settings": {}, **result.as_document()}
    assert document["duration_s"] == pytest.approx(sum(0.9 + 0.05 * i for i in range(10)), abs=0.01)
