"""What the README promises: its commands run, its Python runs, its table is what the demo gives."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.models.registry import load_registry
from tests.helpers import ROOT, speech_like, table

README = (ROOT / "README.md").read_text(encoding="utf-8")
RATE = 16_000


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("seinfer ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make what the README's commands speak of."""
    for index in range(2):
        clean = speech_like(1.0, RATE, seed=index)
        noise = 0.02 * np.random.default_rng(index).standard_normal(len(clean))
        for name, samples in (
            ("my_clips/clean", clean),
            ("my_clips/noisy", clean + noise),
            ("theirs", clean + noise / 2),
        ):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(tmp_path / name / f"clip{index}.wav", samples, RATE)
    (tmp_path / "noise").mkdir()
    soundfile.write(tmp_path / "noise" / "hiss.wav", 0.1 * np.random.default_rng(9).standard_normal(2 * RATE), RATE)
    (tmp_path / "my_models.toml").write_text(table("my-dpcrn"))
    return tmp_path


def run(arguments: list[str], folder: Path, weights: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEINFER_WEIGHTS_DIR": str(weights), "SEINFER_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


# Their checkpoints are only at their publishers' (or, of segan+, nowhere), not among the shared files.
NOT_SHARED = {"denoiser-dns48", "denoiser-dns64", "denoiser-master64", "denoiser-valentini-nc", "segan+"}
NOT_SHARED |= {"deepfilternet3-torch"}


def pull_all(command: list[str], folder: Path, shared: Path) -> None:
    """Pull every model from the shared files as from a mirror; what is not among them is told apart."""
    result = run([*command, "--from", str(shared / "weights")], folder, folder / "weights")
    lost = set(re.findall(r"^(\S+): .* the network is off", result.stderr, re.M))
    assert lost == NOT_SHARED, result.stderr
    assert result.returncode == 1


def test_readme_commands_run_one_after_the_other(folder: Path) -> None:
    assert len(commands()) >= 8
    for command in [line for line in commands() if "# network" not in line]:
        result = run(shlex.split(command, comments=True), folder, folder / "weights")
        assert result.returncode == 0, f"{command}\n{result.stderr}"


def test_readme_commands_that_need_the_network_run_from_a_mirror(folder: Path, shared: Path) -> None:
    networked = [line for line in commands() if "# network" in line]
    assert networked
    for command in networked:
        pull_all(shlex.split(command, comments=True), folder, shared)


def test_readme_python_runs(folder: Path) -> None:
    [block] = blocks("python")
    (folder / "snippet.py").write_text(block)
    result = run(["snippet"], folder, folder / "weights")
    assert result.returncode == 0, result.stderr


def test_readme_names_every_model() -> None:
    missing = [name for name in load_registry().specs if f"`{name}`" not in README]
    assert missing == []


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_readme_links_point_at_something(link: str) -> None:
    assert (ROOT / link).exists()


def test_readme_table_is_what_the_demo_gives(folder: Path, shared: Path) -> None:
    pull_all(["seinfer", "models", "pull", "all"], folder, shared)
    result = run(["seinfer", "demo", "--json"], folder, folder / "weights")
    assert result.returncode == 0, result.stderr
    measured = {m["model"]: m["figures"] for m in json.loads(result.stdout)["models"]}
    printed = printed_table()
    assert list(printed) == list(measured)
    for model, figures in printed.items():
        for metric, (value, digits) in figures.items():
            # One unit of the last digit that is printed.
            assert measured[model][metric]["summary"]["interval"]["mean"] == pytest.approx(
                value, abs=1.01 * 10**-digits
            )


def printed_table() -> dict[str, dict[str, tuple[float, int]]]:
    """Return model -> metric -> (mean, digits) of the README's table."""
    [block] = re.findall(r"<!-- table: seinfer demo --format md -->\n((?:\|.*\n)+)", README)
    heading, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
    metrics = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
    assert [name.split()[0].lower().replace("-", "_") for name in heading[1:6]] == list(metrics)
    means = {name: [cell.split()[0] for cell in cells[:5]] for name, *cells in lines}
    return {
        name: {metric: (float(text), len(text.split(".")[1])) for metric, text in zip(metrics, texts, strict=True)}
        for name, texts in means.items()
    }
