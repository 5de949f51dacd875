"""`seinfer recommend`: text and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seinfer.core.errors import UsageError
from seinfer.pipeline import journal
from tests.analysis.example_models import NOISY, compared
from tests.helpers import invoke, seinfer, write_audio, write_paired_set


@pytest.fixture
def run_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run folder whose six clips cannot separate the models a and b."""
    results = compared({"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), "b": (4.6, 0.05, 80.0, 5)}, n_clips=6, noise_db=0.9)
    monkeypatch.setattr(journal, "read_journal", lambda folder: SimpleNamespace(results=lambda: results))
    return Path("out")


def test_recommend_prints_how_sure_it_is_before_the_model(run_folder: Path) -> None:
    result = invoke("recommend", run_folder)
    assert result.exit_code == 0, result.output
    first, second, *_ = result.stdout.splitlines()
    assert first == "b is better than the unprocessed audio in sdr"
    assert second == "recommended: b"
    text = " ".join(result.stdout.split())
    assert "not proven: b against a in sdr (" in text
    assert "simultaneous 95 % interval" in text and "more clips)" in text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("sdr", "--min-difference has 'sdr'; expected METRIC=VALUE"),
        ("sdr=-1", "--min-difference has 'sdr=-1'; expected METRIC=VALUE"),
        ("sdr=inf", "--min-difference has 'sdr=inf'; expected METRIC=VALUE"),
        ("stoi=1", "--min-difference names 'stoi', which this run does not have"),
    ],
)
def test_recommend_min_difference_that_is_not_a_number_or_metric_is_a_usage_error(
    run_folder: Path, value: str, message: str
) -> None:
    result = invoke("recommend", run_folder, "--min-difference", value)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_recommend_min_difference_changes_which_differences_matter(run_folder: Path) -> None:
    document = json.loads(invoke("recommend", run_folder, "--min-difference", "SDR=30", "--json").stdout)
    assert (document["pick"], document["needs"]["min_differences"]) == ("noisy", {"sdr": 30.0})


def test_recommend_of_a_run_where_everything_failed_says_why(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 1)
    write_audio(tmp_path / "theirs" / "c0.wav", np.zeros(24_000))
    score = ("score", "--clean", "clean", "--noisy", "noisy", "--metrics", "sdr", "--out", "out", "theirs")
    assert seinfer(*score, cwd=tmp_path).returncode == 5
    result = seinfer("recommend", "out", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (5, "")
    assert result.stderr.startswith("seinfer: no model has a result: theirs failed on 1 clip (silent_est: ")
    assert "; see out/failures.csv" in result.stderr
    result = seinfer("recommend", "out", "--json", cwd=tmp_path)
    assert (result.returncode, json.loads(result.stdout)["candidates"][0]["quality"]) == (5, None)


def test_recommend_json_has_the_same_facts(run_folder: Path) -> None:
    document = json.loads(invoke("recommend", run_folder, "--json").stdout)
    assert document["pick"] == "b"
    assert "a" in {doubt["other"] for doubt in document["doubts"]}


def test_recommend_max_rtf_rules_out_slower_models(example_run: Path) -> None:
    result = invoke("recommend", example_run, "--metric", "sdr", "--max-rtf", "0.5", "--json")
    assert result.exit_code == 0, result.stdout
    document = json.loads(result.stdout)
    assert document["pick"] == "small"
    assert {c["model"]: c["ruled_out"] for c in document["candidates"]}["good"] == ["rtf 0.8, over 0.5"]


def test_recommend_accepts_a_metric_as_printed(example_run: Path) -> None:
    result = invoke("recommend", example_run, "--metric", "PESQ-WB", "--json")
    assert result.exit_code == 0, result.stdout
    assert json.loads(result.stdout)["needs"]["metrics"] == ["pesq_wb"]
