"""The README is right: its commands and its Python code run. The documentation has the numbers of the demo."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seinfer.models.registry import load_registry
from tests.helpers import RATE, ROOT, speech_like, write_audio

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("seinfer ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the files that the README's commands name."""
    for index in range(2):
        clean = speech_like(1.0, RATE, seed=index)
        noise = 0.02 * np.random.default_rng(index).standard_normal(len(clean))
        write_audio(tmp_path / "my_clips" / "clean" / f"clip{index}.wav", clean)
        write_audio(tmp_path / "my_clips" / "noisy" / f"clip{index}.wav", clean + noise)
        write_audio(tmp_path / "theirs" / f"clip{index}.wav", clean + noise / 2)
    write_audio(tmp_path / "noise" / "hiss.wav", 0.1 * np.random.default_rng(9).standard_normal(2 * RATE))
    return tmp_path


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a module in the folder, with its own weights folder and without the network."""
    environment = {**os.environ, "SEINFER_WEIGHTS_DIR": str(folder / "weights"), "SEINFER_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def run_all(lines: list[str], folder: Path) -> None:
    for line in lines:
        result = run(shlex.split(line, comments=True), folder)
        assert result.returncode == 0, f"{line}\n{result.stderr}"


OWN_MODEL = "my-dpcrn"
"""In the README, the model of a user who has a checkpoint."""
NOT_SHARED = {
    *("denoiser-dns48", "denoiser-dns64", "denoiser-master64", "denoiser-valentini-nc", "segan+"),
    *("deepfilternet3-torch", "cleanunet", "cleanunet-high", "mp-senet", "mp-senet-vb"),
}
"""Models whose checkpoints are not among the shared files."""


def pull_all(command: list[str], folder: Path, shared: Path) -> None:
    """Pull every model from the shared files, like from a mirror; exactly those that are not among them must fail."""
    result = run([*command, "--from", str(shared / "weights")], folder)
    failed = set(re.findall(r"^(\S+): .* the network is off", result.stderr, re.M))
    assert failed == NOT_SHARED, result.stderr
    assert result.returncode == 1


def test_readme_commands_run_in_order(folder: Path) -> None:
    assert len(commands()) >= 8
    run_all([line for line in commands() if "# network" not in line and OWN_MODEL not in line], folder)


def test_readme_commands_for_an_own_checkpoint_run_in_order(folder: Path, shared: Path) -> None:
    shutil.copy(shared / "weights" / "dpcrn-quant" / "dpcrn_quant.tflite", folder / "best.tflite")
    pull = f"seinfer models pull dpcrn-quant --from {shlex.quote(str(shared / 'weights'))}"
    own = [line for line in commands() if OWN_MODEL in line]
    assert len(own) == 3
    run_all([pull, *own], folder)


def test_readme_commands_that_need_the_network_run_from_a_mirror(folder: Path, shared: Path) -> None:
    networked = [line for line in commands() if "# network" in line]
    assert networked
    for command in networked:
        pull_all(shlex.split(command, comments=True), folder, shared)


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.splitlines()[-1])
def test_readme_python_code_runs(folder: Path, block: str) -> None:
    (folder / "snippet.py").write_text(block)
    result = run(["snippet"], folder)
    assert result.returncode == 0, result.stderr


def test_readme_file_of_options_is_accepted(folder: Path) -> None:
    [block] = blocks("toml")
    (folder / "seinfer.toml").write_text(block)
    result = run(["seinfer", "compare", "my_clips/"], folder)
    assert result.returncode == 0, result.stderr
    words = ["--threads", "2", "--models", "rnnoise", "--metrics", "pesq_wb,stoi", "--no-score-cache"]
    assert sorted(json.loads((folder / "seinfer-out" / "run.json").read_text())["config"]["options"]) == sorted(words)


def test_readme_names_every_model() -> None:
    missing = [name for name in load_registry().specs if f"`{name}`" not in README]
    assert missing == []


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_readme_link_target_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_documentation_table_equals_the_output_of_the_demo(folder: Path, shared: Path) -> None:
    pull_all(["seinfer", "models", "pull", "all"], folder, shared)
    result = run(["seinfer", "demo", "--json"], folder)
    assert result.returncode == 0, result.stderr
    measured = {m["model"]: m["figures"] for m in json.loads(result.stdout)["models"]}
    printed = printed_table()
    assert list(printed) == list(measured)
    for model, cells in printed.items():
        for metric, (value, digits, letters) in cells.items():
            found = measured[model][metric]
            # Tolerance: one unit of the last printed digit.
            assert found["summary"]["interval"]["mean"] == pytest.approx(value, abs=1.01 * 10**-digits)
            assert found["tie_band"] == letters


def printed_table() -> dict[str, dict[str, tuple[float, int, str]]]:
    """Return model -> metric -> (mean, digits, letters) of the table of the demo in docs/reproduction.md."""
    documentation = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    [block] = re.findall(r"<!-- table: seinfer demo --format md -->\n((?:\|.*\n)+)", documentation)
    heading, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
    metrics = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
    assert [name.split()[0].lower().replace("-", "_") for name in heading[1:6]] == list(metrics)
    texts_of = {name: [cell.replace("*", "").split()[:2] for cell in cells[:5]] for name, *cells in lines}
    return {
        name: {
            metric: (float(mean), len(mean.split(".")[1]), letters)
            for metric, (mean, letters) in zip(metrics, texts, strict=True)
        }
        for name, texts in texts_of.items()
    }
