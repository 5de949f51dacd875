"""`seinfer run|compare|score --shard` and `seinfer merge` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers import invoke, seinfer, tables, write_paired_set

from .conftest import run_main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with set/, one run over it in one/, and the same run as shards/1 and shards/2."""
    folder = tmp_path_factory.mktemp("merge")
    write_paired_set(folder / "set", 4)
    compare = ("compare", "--models", "rnnoise", "--no-cost", "--metrics", "si_sdr", folder / "set", "--out")
    runs = [("one",), ("shards/1", "--shard", "1/2"), ("shards/2", "--shard", "2/2")]
    for out, *options in runs:
        result = seinfer(*compare, folder / out, *options)
        assert result.returncode == 0, result.stderr
    return folder


def test_merge_prints_the_table_of_one_run_and_writes_its_files(folder: Path, tmp_path: Path) -> None:
    result = seinfer("merge", folder / "shards/1", folder / "shards/2", "--out", tmp_path / "merged")
    assert result.returncode == 0, result.stderr
    assert f"8 ok, 0 failed; written to {tmp_path / 'merged'}" in result.stderr
    assert tables(tmp_path / "merged") == tables(folder / "one")
    header = json.loads((tmp_path / "merged/run.json").read_text(encoding="utf-8"))
    assert header["argv"][:2] == ["seinfer", "merge"]
    assert [shard["folder"] for shard in header["merged"]["shards"]] == [str(folder / f"shards/{i}") for i in (1, 2)]
    again = seinfer("report", tmp_path / "merged")
    assert (again.returncode, again.stdout) == (0, result.stdout)


def test_merge_with_a_missing_shard_is_a_usage_error_and_with_allow_missing_ends_with_5(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("merge", folder / "shards/2", "--out", tmp_path / "merged")
    assert run_main(monkeypatch, *arguments) == 2
    assert capsys.readouterr().err.startswith("seinfer: 1 shard of 2 missing: 1; run it, or give --allow-missing")
    assert run_main(monkeypatch, *arguments, "--allow-missing", "--json") == 5
    assert json.loads(capsys.readouterr().out)["run"]["merged"]["missing"] == [1]
    assert run_main(monkeypatch, "report", tmp_path / "merged") == 5
    assert "2 of 4 clips are not in these tables" in capsys.readouterr().out


def test_merge_of_shards_that_differ_prints_one_line_per_difference(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ("compare", "--models", "noisy", "--no-cost", "--metrics", "stoi", "--mono", "--shard", "2/2")
    assert run_main(monkeypatch, *other, "--out", tmp_path / "2", folder / "set") == 0
    capsys.readouterr()
    assert run_main(monkeypatch, "merge", folder / "shards/1", tmp_path / "2", "--out", tmp_path / "merged") == 2
    first, *others = capsys.readouterr().err.splitlines()
    assert first.startswith(f"seinfer: {tmp_path / '2'} and {folder / 'shards/1'} are not shards of the same run; ")
    assert "  model rnnoise: absent and run" in others
    assert "  settings mono: True and False" in others
    assert not (tmp_path / "merged").exists()


def test_merge_into_a_folder_with_other_files_is_refused_without_force(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    arguments = ("merge", folder / "shards/1", folder / "shards/2", "--out", tmp_path)
    refused = invoke(*arguments)
    assert "neither empty nor a run folder: it contains letter.txt" in str(refused.exception)
    assert invoke(*arguments, "--force").exit_code == 0


def test_score_shards_are_merged_like_one_run(folder: Path, tmp_path: Path) -> None:
    score = ("score", "--clean", folder / "set/clean", "--metrics", "si_sdr", folder / "one/audio/rnnoise", "--out")
    assert invoke(*score, tmp_path / "one").exit_code == 0
    for index in (1, 2, 3):
        assert invoke(*score, tmp_path / f"shard{index}", "--shard", f"{index}/3").exit_code == 0
    merged = invoke("merge", *(tmp_path / f"shard{i}" for i in (1, 2, 3)), "--out", tmp_path / "merged")
    assert merged.exit_code == 0, merged.exception
    assert tables(tmp_path / "merged") == tables(tmp_path / "one")
    assert not (tmp_path / "merged/audio").exists()  # files of other programs stay where they are


def test_score_shard_without_out_is_a_usage_error(folder: Path) -> None:
    result = invoke("score", "--clean", folder / "set/clean", folder / "set/noisy", "--shard", "1/2")
    assert "--shard writes a run folder for `seinfer merge`, and there is none; give --out DIR too" in str(
        result.exception
    )


def test_run_shard_out_of_range_is_a_usage_error_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    for text, message in (
        ("3/2", "expected i/n"),
        ("1/9", "there are only 4 clips"),
        ("9/9", "there are only 4 clips"),
    ):
        result = invoke("run", "--model", "noisy", "--shard", text, "--out", tmp_path / "out", folder / "set")
        assert message in str(result.exception)
    assert not (tmp_path / "out").exists()
