"""Folders of files from other programs: which file belongs to which clip, which are refused, how they are scored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seinfer.clips.external import as_enhancement, facts, named_by_folder, open_folder, parse_added
from seinfer.core.errors import PairingError, UsageError
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip
from tests.clips.pairing.folders import tree
from tests.helpers import RATE, rows, seinfer, speech_like, write_audio, write_paired_set


@pytest.mark.parametrize(
    ("name", "clip_id"),
    [
        ("x.wav", "x"),
        ("a/x.flac", "a/x"),
        ("x_enhanced.wav", "x"),
        ("x_noisy_enhanced.wav", "x_noisy"),
        ("noisy/x.wav", "x"),
        ("noisy/x.wav", "noisy/x"),
        ("x_enhanced.wav", "x_enhanced"),
    ],
)
def test_open_folder_finds_the_file_of_each_clip(tmp_path: Path, name: str, clip_id: str) -> None:
    tree(tmp_path, name, "unrelated.wav")
    assert open_folder("theirs", tmp_path, {clip_id, "other"}).files == {clip_id: tmp_path / name}


def test_open_folder_with_two_files_for_a_clip_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "x_enhanced.wav")
    with pytest.raises(PairingError, match=r"x\.wav and .*x_enhanced\.wav both belong to the clip 'x'"):
        open_folder("theirs", tmp_path, {"x"})


def test_open_folder_without_a_file_for_any_clip_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "y.wav")
    with pytest.raises(PairingError, match=r"none of the 1 files .* the first file is 'y', the first clip 'x'"):
        open_folder("theirs", tmp_path, {"x"})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["theirs"], "expected name=DIR"),
        (["=here"], "expected name=DIR"),
        (["a/b=here"], "expected name=DIR"),
        (["rnnoise=here"], "'rnnoise' is a model"),
        (["a=here", "a=here"], "has the name 'a' twice"),
        (["a=nowhere"], "nowhere is not a folder"),
    ],
)
def test_parse_added_of_an_unusable_value_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here").mkdir()
    with pytest.raises(UsageError, match=message):
        parse_added(texts, ["noisy", "rnnoise"])


def test_parse_added_keeps_equals_signs_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    assert parse_added([f"theirs={tmp_path}/a=b"], []) == {"theirs": tmp_path / "a=b"}


def test_named_by_folder_uses_the_last_part_of_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    assert named_by_folder([Path(), Path("../y")]) == {"x": Path(), "y": Path("../y")}


def test_as_enhancement_of_a_good_file_has_its_header_and_hash(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", np.zeros((2, 100)), 8_000)
    clip = Clip("x", "", sample_rate=RATE)
    found = as_enhancement(open_folder("theirs", tmp_path, {"x"}), clip)
    assert (found.clip_id, found.model, found.status, found.error) == ("x", "theirs", "ok", "")
    assert (found.sample_rate_in, found.sample_rate_out, found.channels, found.n_samples) == (RATE, 8_000, 2, 100)
    assert found.estimate_sha256 == sha256_of(tmp_path / "x.wav")


def test_facts_of_a_folder_name_it_and_no_licence() -> None:
    assert facts(Path("theirs"))["folder"] == "theirs"
    assert (facts(Path("theirs"))["license_code"], facts(Path("theirs"))["license_weights"]) == ("", "")


def test_named_by_folder_of_equal_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have the same name"):
        named_by_folder([tmp_path / "a" / "x", tmp_path / "b" / "x"])


def test_as_enhancement_of_a_bad_file_is_a_failed_row(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav")
    folder = open_folder("theirs", tmp_path, {"x"})
    reasons = [as_enhancement(folder, Clip(name, "")).error.partition(":")[0] for name in ("x", "y")]
    assert reasons == ["empty", "missing"]


def test_compare_with_an_added_folder_scores_it_like_a_model(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set")
    shutil.copytree(
        tmp_path / "set" / "noisy", tmp_path / "set" / "theirs"
    )  # below the input, but not searched for clips
    (tmp_path / "set" / "theirs" / "c0.wav").unlink()
    write_audio(tmp_path / "set" / "theirs" / "c1.wav", np.roll(speech_like(1.5, RATE, seed=1), 160))
    write_audio(tmp_path / "set" / "theirs" / "c2.wav", speech_like(1.0, RATE, seed=2))
    command = (
        "compare",
        "--no-cost",
        "--models",
        "noisy",
        "--metrics",
        "sdr,si_sdr",
        "--add",
        "other-1=set/theirs",
        "set",
    )
    result = seinfer(*command, cwd=tmp_path)
    assert result.returncode == 5, result.stderr
    out = tmp_path / "seinfer-out"
    found = {(row["clip_id"], row["model"]): row for row in rows(out / "per_clip.csv")}
    assert {model for _, model in found} == {"noisy", "other-1"} and len(found) == 6
    assert found["c0", "other-1"]["error"].startswith("missing: ")
    assert found["c1", "other-1"]["lag_samples"] == "160"
    assert found["c1", "other-1"]["sdr_delta"]
    unknown = ("model_sample_rate", "clipped_samples", "wall_s", "rtf", "peak_rss_mib", "batch_size")
    assert [found["c1", "other-1"][column] for column in unknown] == [""] * len(unknown)
    assert found["c2", "other-1"]["ref_status"] == "sdr: length_mismatch; si_sdr: length_mismatch"
    assert found["c2", "other-1"]["len_diff_samples"] == "-8000"
    assert json.loads((out / "run.json").read_text())["models"]["other-1"]["folder"] == "set/theirs"

    write_audio(tmp_path / "set" / "theirs" / "c0.wav", 0.5 * speech_like(1.5, RATE, seed=0))
    seinfer(*command, cwd=tmp_path)  # a changed file is scored again
    found = {(row["clip_id"], row["model"]): row for row in rows(out / "per_clip.csv")}
    assert float(found["c0", "other-1"]["si_sdr"]) > 40  # dB
    assert float(found["c0", "other-1"]["gain_db"]) == pytest.approx(-6.02, abs=0.05)  # dB
    assert found["c1", "other-1"]["lag_samples"] == "160"


@pytest.mark.parametrize(
    ("added", "code", "message"), [("rnnoise=set", 2, "'rnnoise' is a model"), ("a=other", 3, "none of the 1 files")]
)
def test_compare_with_an_unusable_folder_writes_nothing(tmp_path: Path, added: str, code: int, message: str) -> None:
    write_audio(tmp_path / "set" / "x.wav", speech_like(0.2, RATE))
    write_audio(tmp_path / "other" / "y.wav", speech_like(0.2, RATE))
    result = seinfer("compare", "--no-cost", "--models", "noisy", "--add", added, "set", cwd=tmp_path)
    assert (result.returncode, message in result.stderr) == (code, True), result.stderr
    assert not (tmp_path / "seinfer-out").exists()


def test_score_with_noisy_files_gives_differences_and_pairs_by_file_id(tmp_path: Path) -> None:
    clean = speech_like(1.5, RATE)
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(clean)) * np.std(clean)
    write_audio(tmp_path / "ref" / "clean_fileid_1.wav", clean)
    for name, gain in (("in", 3.0), ("theirs", 1.0)):
        write_audio(tmp_path / name / "x_snr0_tl-26_fileid_1.wav", clean + gain * noise)
        write_audio(tmp_path / name / "alone.wav", clean + gain * noise)
    result = seinfer(
        *("score", "--clean", "ref", "--noisy", "in", "--metrics", "sdr", "--out", "out", "theirs"), cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    found = {(row["clip_id"], row["model"]): row for row in rows(tmp_path / "out" / "per_clip.csv")}
    row = found["x_snr0_tl-26_fileid_1", "theirs"]
    assert float(row["sdr_delta"]) == pytest.approx(20 * np.log10(3), abs=0.3)  # dB
    assert found["alone", "theirs"]["ref_status"] == "no_reference" and found["alone", "theirs"]["lag_samples"] == "0"
    assert rows(tmp_path / "out" / "clips.csv")[1]["snr_db"] == "0"
    clash = seinfer("score", "--clean", "ref", "--noisy", "in", "noisy", cwd=tmp_path)
    assert clash.returncode == 2 and "has the same name; leave it out" in clash.stderr
