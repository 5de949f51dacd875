"""`seinfer recommend`: text and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from seinfer.pipeline import journal
from tests.analysis.example_models import NOISY, compared
from tests.helpers import invoke


@pytest.fixture
def run_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run folder whose six clips cannot separate the models a and b."""
    results = compared({"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), "b": (4.6, 0.05, 80.0, 5)}, n_clips=6, noise_db=0.9)
    monkeypatch.setattr(journal, "read_journal", lambda folder: SimpleNamespace(results=lambda: results))
    return Path("out")


def test_recommend_prints_the_model_and_which_others_it_cannot_be_told_from(run_folder: Path) -> None:
    result = invoke("recommend", run_folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("b\n")
    text = " ".join(result.stdout.split())
    assert "6 clips show no significant difference of b minus a in sdr (" in text
    assert "more clips would be needed if the mean difference stays the same" in text


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
