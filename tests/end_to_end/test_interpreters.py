"""A model may run in another interpreter, with packages that cannot be installed together with those of seinfer.

The tests marked `package_index` install numpy, soundfile and soxr from the package index with pip, so they need the
network; `pytest -m "not package_index"` leaves them out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import RATE, rows, seinfer, speech_like, table, write_audio

# A backend that writes down which packages its interpreter has.
OTHER_PACKAGES = """
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
    """Make a virtual environment with another version of numpy, and without seinfer."""
    folder = tmp_path_factory.mktemp("other")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    major = int(np.__version__.split(".")[0])
    packages = ["numpy>=2.1,<2.3" if major < 2 or np.__version__ >= "2.3" else "numpy>=2.3", "soundfile", "soxr"]
    result = subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return python


def compare(folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    """Compare rnnoise with a model that runs in another interpreter."""
    (folder / "other_packages.py").write_text(OTHER_PACKAGES)
    text = table("elsewhere", backend='"other_packages:load"', python=json.dumps(str(python)))
    (folder / "mine.toml").write_text(f"{text}[elsewhere.options]\nfacts = {json.dumps(str(folder / 'facts.json'))}\n")
    write_audio(folder / "set" / "noisy" / "x.wav", speech_like(0.5, RATE))
    write_audio(folder / "set" / "clean" / "x.wav", speech_like(0.5, RATE))
    command = (
        "compare",
        "--no-cost",
        "--models-file",
        "mine.toml",
        "--models",
        "rnnoise,elsewhere",
        "--metrics",
        "si_sdr",
        "set",
    )
    return seinfer(*command, cwd=folder, environment={"PYTHONPATH": str(folder)})


@pytest.mark.package_index
def test_compare_model_with_its_own_interpreter_is_in_the_same_table(tmp_path: Path, other_python: Path) -> None:
    result = compare(tmp_path, other_python)
    assert result.returncode == 0, result.stderr
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["numpy"] != np.__version__
    assert facts["has_typer"] is False
    found = {row["model"]: row["status"] for row in rows(tmp_path / "seinfer-out" / "per_clip.csv")}
    assert found == dict.fromkeys(("noisy", "rnnoise", "elsewhere"), "ok")


@pytest.mark.package_index
def test_compare_relative_interpreter_path_is_relative_to_the_models_file(tmp_path: Path, other_python: Path) -> None:
    (tmp_path / "env").symlink_to(other_python.parent.parent, target_is_directory=True)
    assert compare(tmp_path, "env/bin/python").returncode == 0
    assert (tmp_path / "facts.json").is_file()


def test_compare_missing_interpreter_is_named(tmp_path: Path) -> None:
    result = compare(tmp_path, "/nowhere/bin/python")
    assert result.returncode == 1
    assert "its interpreter /nowhere/bin/python is not there" in result.stderr


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("/bin/cat", "which is not a message: it is no worker of seinfer"),
        ("echo", "echo does not answer as a worker of seinfer; expected a Python interpreter"),
        ("/usr/bin/yes", "which is not a message: it is no worker of seinfer"),
    ],
)
def test_compare_program_that_is_no_interpreter_is_found_by_its_first_line(
    tmp_path: Path, program: str, message: str
) -> None:
    (tmp_path / "echo").write_text("#!/bin/sh\nexec cat\n")
    (tmp_path / "echo").chmod(0o755)
    result = compare(tmp_path, program)  # the time-out is longer than the limit of this test
    assert result.returncode == 1
    assert message in result.stderr
    assert sum("seinfer: " in line for line in result.stderr.splitlines()) == 1


def test_compare_interpreter_without_numpy_names_the_missing_package(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    result = compare(tmp_path, tmp_path / "bare" / "bin" / "python")
    assert result.returncode == 1
    assert "No module named 'numpy'" in result.stderr
