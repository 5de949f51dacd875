"""`seinfer demo` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import rows, seinfer


def test_demo_without_weights_compares_what_is_installed(tmp_path: Path) -> None:
    environment = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")}
    result = seinfer("demo", "--json", cwd=tmp_path, environment=environment)
    assert result.returncode == 0, result.stderr
    assert "do not quote the scores" in result.stderr
    assert [model["model"] for model in json.loads(result.stdout)["models"]] == ["noisy", "rnnoise"]
    assert len(rows(tmp_path / "seinfer-out" / "demo" / "per_clip.csv")) == 2 * 9


def test_demo_pull_that_fails_prints_the_reason_and_goes_on(tmp_path: Path) -> None:
    environment = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "none"), "SEINFER_OFFLINE": "1"}
    (tmp_path / "none").write_text("a file where the folder should be")
    result = seinfer("demo", "--pull", "--json", cwd=tmp_path, environment=environment)
    assert result.returncode == 0, result.stderr
    assert "dpcrn-quant: " in result.stderr
