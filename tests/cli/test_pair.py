"""`seinfer pair`: pairs, rule and files that are not used, as text, JSON or a manifest."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from seinfer.cli.pair import pair
from seinfer.core.errors import PairingError
from tests.clips.pairing.folders import tree
from tests.helpers import seinfer


def test_pair_check_prints_rule_pairs_and_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, "noisy/x.wav", "noisy/y.wav", "clean/x.wav", "noise/x.wav")
    pair(tmp_path, check=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"rule: same relative path in noisy and clean trees in {tmp_path}"
    assert lines[1] == "why: 1 of 2 noisy files has a clean one: same relative path"
    assert f"pair: x: {tmp_path}/noisy/x.wav <- {tmp_path}/clean/x.wav" in lines
    assert f"no_reference: y: {tmp_path}/noisy/y.wav" in lines
    assert f"not used: {tmp_path}/noise/x.wav: such files are in neither tree" in lines
    assert lines[-1] == "1 paired, 1 without reference, 1 not used"


def test_pair_json_has_the_same_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, "noisy/x.wav", "noisy/y.wav", "clean/x.wav", "noise/x.wav")
    pair(tmp_path, json=True)
    document = json.loads(capsys.readouterr().out)
    assert [entry["clip_id"] for entry in document["pairs"]] == ["x"]
    assert [entry["clip_id"] for entry in document["no_reference"]] == ["y"]
    assert document["left_out"] == [{"path": f"{tmp_path}/noise/x.wav", "reason": "are in neither tree"}]


def test_pair_refused_prints_json_and_raises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "clean/y.wav")
    with pytest.raises(PairingError) as error:
        pair(tmp_path, json=True)
    assert error.value.exit_code == 3
    assert json.loads(capsys.readouterr().out) == {"refused": str(error.value)}


def test_pair_prints_a_manifest_that_gives_the_same_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, "a_snr5_tl-26_fileid_1.wav", "clean_fileid_1.wav", "b.wav")
    pair(tmp_path)
    text = capsys.readouterr().out
    assert [row["clip_id"] for row in csv.DictReader(io.StringIO(text))] == ["a_snr5_tl-26_fileid_1", "b"]
    (tmp_path / "list.csv").write_text(text)
    pair(tmp_path, manifest=tmp_path / "list.csv")
    assert capsys.readouterr().out == text


def test_pair_files_without_a_match_end_with_3(tmp_path: Path) -> None:
    for name in ("noisy/a.wav", "clean/b.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    result = seinfer("pair", "--check", "--json", tmp_path)
    assert result.returncode == 3
    assert "clean/b.wav" in result.stderr and "clean/b.wav" in json.loads(result.stdout)["refused"]
