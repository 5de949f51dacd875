"""The benchmark for GPUs, tried on the CPU: its end without a GPU, its judgement, its rows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import gpu
from seinfer.backends.base import Batch, BatchLimits, Waveform
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import Loaded
from seinfer.enhancement.precision import Precision
from seinfer.models.registry import load_registry
from tests.helpers import ROOT

SPEC = load_registry().specs["noisy"]
OPTIONS = Namespace(batches=(1, 4), rounds=1, device="cpu", models_file=[], precision="float32", names=[])


class Enhancer:
    """Returns the input times a factor, in batches up to a size that fits into memory."""

    sample_rate = 16_000
    batch_limits = BatchLimits(max_clips=1)

    def __init__(self, factor: float = 1.0, n_fitting: int = 100) -> None:
        self._factor, self._n_fitting = np.float32(factor), n_fitting

    def enhance(self, batch: Batch) -> list[Waveform]:
        if len(batch) > self._n_fitting:
            raise RuntimeError("CUDA out of memory")
        return [row * self._factor for row in batch.rows()]


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_MAX_ROUNDS", 1)


def row_of(loaded: Loaded) -> tuple[list[str], bool]:
    row, is_right = gpu.measured_row(SPEC, loaded, Enhancer(), OPTIONS, "")
    return [cell.strip() for cell in row.split("|")[1:-1]], is_right


def run(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.gpu", *arguments]
    environment = {**os.environ, "PATH": path}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_command_without_a_gpu_says_so_and_ends_with_an_error(tmp_path: Path) -> None:
    before = gpu.PATH.read_bytes()
    done = run(path=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "no NVIDIA GPU found: nvidia-smi is missing or fails; nothing was measured\n"
    assert gpu.PATH.read_bytes() == before


def test_trial_on_the_cpu_prints_a_table_and_writes_no_file() -> None:
    before = gpu.PATH.read_bytes()
    done = run("--device", "cpu", "--batches", "1,2", "--rounds", "1", "wiener", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    [row] = [line for line in done.stdout.splitlines() if line.startswith("| `wiener`")]
    # Both results are equal. The other precisions have no row, because the model has none of them.
    cell = r"[\d.]+, \d\.\d{4}, –, –"
    assert re.fullmatch(rf"\| `wiener` \| float32 \| cpu \| 200\.0 \| 1: {cell}; 2: {cell} \|  \|", row)
    assert gpu.PATH.read_bytes() == before


def test_row_of_equal_results_beyond_the_limits_of_the_backend_is_right() -> None:
    cells, is_right = row_of(Loaded(Enhancer(), "cpu"))
    assert is_right
    assert cells[:4] == ["`noisy`", "float32", "cpu", "200.0"]
    assert re.fullmatch(r"1: [^;]+; 4: [^;]+", cells[4])


@pytest.mark.parametrize(("factor", "agreement_db", "is_right"), [(1 + 2e-3, "54.0", False), (1 + 2e-4, "74.0", True)])
def test_row_in_float32_needs_60_db_to_the_cpu(factor: float, agreement_db: str, is_right: bool) -> None:
    cells, found = row_of(Loaded(Enhancer(factor), "cpu"))
    assert (cells[3], found) == (agreement_db, is_right)


def test_row_in_16_bits_has_no_limit() -> None:
    cells, is_right = row_of(Loaded(Enhancer(1.1), "cpu", precision=Precision("bf16", 20.0)))
    assert (cells[1], cells[3], is_right) == ("bf16", "20.0", True)


def test_row_of_a_batch_that_does_not_fit_ends_with_it() -> None:
    # Four clips are compared with the CPU first, so those fit.
    options = Namespace(**{**vars(OPTIONS), "batches": (4, 8, 16)})
    row, is_right = gpu.measured_row(SPEC, Loaded(Enhancer(n_fitting=4), "cpu"), Enhancer(), options, "")
    assert is_right
    assert re.search(r"\| 4: [^;|]+; 8: out of memory \|", row)


def test_row_of_another_error_is_not_taken_for_missing_memory() -> None:
    class Broken(Enhancer):
        def enhance(self, batch: Batch) -> list[Waveform]:
            raise RuntimeError("illegal instruction")

    with pytest.raises(RuntimeError, match="illegal instruction"):
        gpu.measured_row(SPEC, Loaded(Broken(), "cpu"), Enhancer(), OPTIONS, "")


def test_model_that_stays_on_the_cpu_has_a_row_without_times(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_on(spec: ModelSpec, *, device: str, precision: str = "float32") -> Loaded:
        return Loaded(Enhancer(), "cpu", "noisy runs on the cpu only")

    monkeypatch.setattr(gpu, "load_on", load_on)
    row, is_right = gpu.measured(SPEC, "float32", Namespace(**{**vars(OPTIONS), "device": "cuda"}))
    assert (row, is_right) == ("| `noisy` | float32 | cpu | – | – | noisy runs on the cpu only |", True)


def test_model_whose_process_fails_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: Any) -> Any:
        return subprocess.CompletedProcess(command, -11, stdout="")

    monkeypatch.setattr(subprocess, "run", fail)
    row, is_right = gpu.measured_in_own_process(SPEC, "float32", OPTIONS)
    assert not is_right
    assert row.endswith("| failed with exit code -11 |")


def test_gpu_is_sampled_by_nvidia_smi_while_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    is_sampled = threading.Event()

    def answer(command: list[str], **_: Any) -> Any:
        commands.append(command)
        if len(commands) == 2:
            is_sampled.set()  # the values of the first answer are stored
        return subprocess.CompletedProcess(command, 0, stdout="87, 1234\n65, 99\n")

    monkeypatch.setattr(gpu, "_SAMPLE_S", 0.0)
    monkeypatch.setattr(subprocess, "run", answer)
    with gpu.watched("cuda") as usage:
        assert is_sampled.wait(60)
    # The second line is another GPU.
    assert (usage.utilisation[0], usage.memory_mib[0]) == (87.0, 1234.0)
    assert commands[0] == ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
