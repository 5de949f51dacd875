"""`seinfer demo`: models that can run here on the bundled clips, without the network."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import rows, seinfer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run the demo once without weights; return its folder and its result."""
    folder = tmp_path_factory.mktemp("demo")
    environment: dict[str, str | None] = {"SEINFER_WEIGHTS_DIR": str(folder / "none")}
    return folder, seinfer("demo", "--json", cwd=folder, environment=environment)


def test_demo_without_weights_compares_the_models_that_need_none(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, result = demo
    assert result.returncode == 0, result.stderr
    assert "do not quote the scores" in result.stderr
    assert [model["model"] for model in json.loads(result.stdout)["models"]] == [
        *("noisy", "rnnoise", "wiener", "spectral-gating", "wpe")
    ]
    assert len(rows(folder / "seinfer-out" / "demo" / "per_clip.csv")) == 5 * 9


def test_demo_pull_that_fails_prints_the_reason_and_continues(
    demo: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _ = demo  # its run folder has the results already
    (tmp_path / "none").write_text("a file instead of the folder")
    environment = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "none"), "SEINFER_OFFLINE": "1"}
    result = seinfer("demo", "--pull", "--json", cwd=folder, environment=environment)
    assert result.returncode == 0, result.stderr
    assert "dpcrn-quant: " in result.stderr
    assert "45 ok (45 of them from before), 0 failed" in result.stderr
