"""`seinfer recommend` as a user meets it."""

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


def test_recommend_prints_the_model_and_what_the_clips_cannot_show(run_folder: Path) -> None:
    result = invoke("recommend", run_folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("b\n")
    text = " ".join(result.stdout.split())
    assert "6 clip(s) show no significant difference of b minus a in sdr (" in text
    assert "more clips would be needed if the mean difference stays the same" in text


def test_recommend_json_has_the_same_facts(run_folder: Path) -> None:
    document = json.loads(invoke("recommend", run_folder, "--json").stdout)
    assert document["pick"] == "b"
    assert "a" in {doubt["other"] for doubt in document["doubts"]}
