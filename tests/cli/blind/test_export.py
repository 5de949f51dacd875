"""`seinfer blind export` and `seinfer blind import`: a test for another program, and its ratings back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from seinfer.reports.listening.records import RATING_COLUMNS
from tests.cli.conftest import run_main
from tests.helpers import rows
from tests.reports.listening.small_test import make


def test_export_and_import_of_p808_give_a_rating_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    out, ratings = tmp_path / "out", tmp_path / "ratings.csv"
    url = ("--url-prefix", "https://example.org/clips/")
    assert run_main(monkeypatch, "blind", "export", test.folder, "--format", "p808", "--out", out, *url) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{out}: rating_clips.csv and 18 stimulus files\n"
    assert "next: upload" in shown.err
    clips = [row["rating_clips"] for row in rows(out / "rating_clips.csv")]
    with (tmp_path / "batch_votes_per_clip_ovrl.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file_url", "n", "vote_1"), *((clip, 1, 4) for clip in clips)])
    results = tmp_path / "batch_votes_per_clip_ovrl.csv"
    key = ("--key", test.key_path)
    assert run_main(monkeypatch, "blind", "import", results, "--format", "p808", *key, "--out", ratings) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{ratings}: 18 votes of 18 raters\n"
    assert "warning: the files per clip do not name the raters" in shown.err
    assert tuple(rows(ratings)[0]) == RATING_COLUMNS
    assert {row["rating"] for row in rows(ratings)} == {"4"}
    assert run_main(monkeypatch, "blind", "import", results, "--format", "p808", *key, "--out", ratings) == 2
    assert "exists already" in capsys.readouterr().err


def test_export_in_an_unknown_format_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "blind", "export", tmp_path, "--format", "abc", "--out", tmp_path / "out") == 2
    assert "--format is 'abc'; expected one of webmushra, p808, beaqlejs" in capsys.readouterr().err


def test_import_of_a_foreign_line_is_a_usage_error_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test, ratings = make(tmp_path, "mushra"), tmp_path / "ratings.csv"
    results = tmp_path / "mushra.csv"
    columns = "session_test_id,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment"
    results.write_text(f"{columns}\nanother,u,t,s,50,1,\n")
    key = ("--key", test.key_path)
    assert run_main(monkeypatch, "blind", "import", results, "--format", "webmushra", *key, "--out", ratings) == 2
    assert "mushra.csv, line 2: session_test_id is 'another'" in capsys.readouterr().err
    assert not ratings.exists()


def test_import_in_an_unknown_format_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--format", "beaqlejs", "--key", tmp_path / "key", "--out", tmp_path / "out.csv")
    assert run_main(monkeypatch, "blind", "import", tmp_path / "a.csv", *options) == 2
    assert "--format is 'beaqlejs'; expected one of webmushra, p808" in capsys.readouterr().err
