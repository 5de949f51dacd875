"""`seinfer blind score` as a user runs it: results, refusals and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.exit_codes import ERROR, INTEGRITY, USAGE
from seinfer.reports.listening.key import write_key
from tests.cli.conftest import run_main
from tests.helpers import invoke, rows
from tests.reports.listening.ratings.simulated import changed, make_key, rate, write_ratings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the key of a test and the ratings of six raters, one of whom clicked at random."""
    key = make_key(n_raters=6, n_clips=6)
    write_key(tmp_path / "test.key.json", key)
    write_ratings(tmp_path / "back", rate(key, seed=3, at_random={"r02"}))
    return tmp_path


def test_score_prints_conclusions_and_writes_every_file(folder: Path) -> None:
    result = invoke("blind", "score", folder / "back", "--key", folder / "test.key.json", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("mos_ovrl: good has the highest mean, ")
    assert "1 of 6 raters is excluded by the rules that were fixed before the test" in result.stdout
    names = ("ratings", "per_clip", "summary", "pairwise", "raters")
    assert {path.name for path in (folder / "out").iterdir()} == {
        "blind_report.html",
        *(f"blind_{name}.csv" for name in names),
    }
    [excluded] = [row for row in rows(folder / "out" / "blind_raters.csv") if row["is_excluded"] == "true"]
    assert excluded["rater_id"] == "r02"


def test_score_json_has_conclusions_models_pairs_and_raters(folder: Path) -> None:
    result = invoke(
        "blind", "score", folder / "back", "--key", folder / "test.key.json", "--out", folder / "out", "--json"
    )
    document = json.loads(result.stdout)
    assert (document["design"], document["n_raters"], document["n_raters_excluded"]) == ("p835", 6, 1)
    assert {row["model"] for row in document["models"]} == {"noisy", "good", "fair", "poor"}
    assert len(document["pairs"]) == 18


def test_score_with_an_edited_key_ends_with_the_code_for_integrity(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "test.key.json"
    path.write_text(
        path.read_text().replace('"good"', '"swap"').replace('"poor"', '"good"').replace('"swap"', '"poor"')
    )
    code = run_main(monkeypatch, "blind", "score", folder / "back", "--key", path, "--out", folder / "out")
    assert code == INTEGRITY
    assert "was edited" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_score_with_the_key_of_another_test_ends_with_the_code_for_integrity(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_key(folder / "other.key.json", make_key(n_raters=6, n_clips=6, seed=9))
    code = run_main(
        monkeypatch, "blind", "score", folder / "back", "--key", folder / "other.key.json", "--out", folder / "out"
    )
    assert code == INTEGRITY
    errors = capsys.readouterr().err
    assert "seinfer: the ratings do not fit the key: 6 problems, nothing is analysed" in errors
    assert "s00.csv line 2 and " in errors and "key_sha256 is " in errors


def test_score_of_fewer_raters_than_planned_is_refused_unless_allowed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "back" / "s05.csv").unlink()
    arguments = ("blind", "score", folder / "back", "--key", folder / "test.key.json", "--out", folder / "out")
    assert run_main(monkeypatch, *arguments) == ERROR
    assert "fewer raters than planned: 5 of 6" in capsys.readouterr().err
    assert run_main(monkeypatch, *arguments, "--allow-fewer") == 0
    assert "note: fewer raters than planned: 5 of 6" in capsys.readouterr().out


def test_score_of_a_rating_out_of_the_scale_names_file_and_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_ratings(folder / "bad", changed(rate(make_key(n_raters=6, n_clips=6)), 10, rating="7"))
    code = run_main(
        monkeypatch, "blind", "score", folder / "bad", "--key", folder / "test.key.json", "--out", folder / "out"
    )
    assert code == INTEGRITY
    assert "s00.csv line 12: rating is '7', expected a number from 1 to 5" in capsys.readouterr().err


def test_score_never_writes_into_the_test_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "test").mkdir()
    code = run_main(
        monkeypatch, "blind", "score", folder / "back", "--key", folder / "test.key.json", "--out", folder / "test/res"
    )
    assert code == USAGE
    assert "the results name the models" in capsys.readouterr().err


def test_score_takes_the_test_folder_beside_the_key_and_checks_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "test").mkdir()
    code = run_main(
        monkeypatch, "blind", "score", folder / "back", "--key", folder / "test.key.json", "--out", folder / "out"
    )
    assert code == USAGE
    assert f"{folder / 'test'} is not a test folder" in capsys.readouterr().err
