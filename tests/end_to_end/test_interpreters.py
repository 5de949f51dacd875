"""A model may run in another interpreter, with packages that do not install beside ours."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers import speech_like, table

OTHER_STACK = """
import importlib.util, json, numpy
from seinfer.backends.noisy import Passthrough

def load(spec, weights, *, device, threads):
    facts = {"numpy": numpy.__version__, "has_typer": importlib.util.find_spec("typer") is not None}
    with open(spec.options["facts"], "w") as file:
        json.dump(facts, file)
    return Passthrough(spec.sample_rate)
"""


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment with another numpy than ours, and without seinfer."""
    folder = tmp_path_factory.mktemp("other")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    ours = int(np.__version__.split(".")[0])
    wanted = ["numpy>=2.1,<2.3" if ours < 2 or np.__version__ >= "2.3" else "numpy>=2.3", "soundfile", "soxr"]
    result = subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return python


def compare(folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    (folder / "other_stack.py").write_text(OTHER_STACK)
    text = table("elsewhere", backend='"other_stack:load"', python=json.dumps(str(python)))
    (folder / "mine.toml").write_text(f"{text}[elsewhere.options]\nfacts = {json.dumps(str(folder / 'facts.json'))}\n")
    (folder / "in").mkdir()
    soundfile.write(folder / "in" / "x.wav", speech_like(0.5, 16_000), 16_000)
    command = [
        sys.executable,
        "-m",
        "seinfer",
        "compare",
        "--models-file",
        "mine.toml",
        "--models",
        "rnnoise,elsewhere",
        "in",
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_compare_a_model_with_its_own_interpreter_stands_in_the_same_table(tmp_path: Path, other_python: Path) -> None:
    result = compare(tmp_path, other_python)
    assert result.returncode == 0, result.stderr
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["numpy"] != np.__version__
    assert facts["has_typer"] is False
    with open(tmp_path / "seinfer-out" / "per_clip.csv", newline="") as file:
        assert {row["model"]: row["status"] for row in csv.DictReader(file)} == dict.fromkeys(
            ("noisy", "rnnoise", "elsewhere"), "ok"
        )


def test_compare_a_relative_interpreter_is_found_from_its_table(tmp_path: Path, other_python: Path) -> None:
    (tmp_path / "env").symlink_to(other_python.parent.parent, target_is_directory=True)
    assert compare(tmp_path, "env/bin/python").returncode == 0
    assert (tmp_path / "facts.json").is_file()


def test_compare_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = compare(tmp_path, "/nowhere/bin/python")
    assert result.returncode == 1
    assert "its interpreter /nowhere/bin/python is not there" in result.stderr


def test_compare_an_interpreter_without_numpy_says_what_it_lacks(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    result = compare(tmp_path, tmp_path / "bare" / "bin" / "python")
    assert result.returncode == 1
    assert "No module named 'numpy'" in result.stderr
    assert "Traceback" not in result.stderr
