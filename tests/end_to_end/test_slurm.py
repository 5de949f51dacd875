"""The job array of docs/slurm.md, run by bash with the variables of Slurm."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.helpers import ROOT, seinfer, tables, write_paired_set

PAGE = (ROOT / "docs" / "slurm.md").read_text("utf-8")


def script() -> str:
    [block] = re.findall(r"^```text\n(#!/bin/bash\n.*?)^```$", PAGE, re.M | re.S)
    return str(block)


def run_task(folder: Path, index: int, n_started: int) -> None:
    """Run one task of the array in a folder, with `seinfer` of this environment."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "seinfer").write_text(f'#!/bin/sh\nexec {sys.executable} -m seinfer "$@"\n')
    (programs / "seinfer").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SEINFER_WEIGHTS_DIR": str(folder / "weights"),
        "SLURM_ARRAY_TASK_ID": str(index),
        "SLURM_ARRAY_TASK_COUNT": str(n_started),
        "SLURM_CPUS_PER_TASK": "1",
    }
    result = subprocess.run(
        ["bash", folder / "job.sh"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr


def test_job_array_with_a_task_that_is_started_later_and_merge_give_the_tables_of_one_run(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "my_clips", 5)
    (tmp_path / "job.sh").write_text(script())
    (tmp_path / "seinfer.toml").write_text('[compare]\ncost = false\nmetrics = "si_sdr"\n')
    [(first, last)] = re.findall(r"^#SBATCH --array=(\d+)-(\d+)$", script(), re.M)
    assert f"n_shards={last} " in script()
    indices = range(int(first), int(last) + 1)
    for index in indices:
        if index != 3:
            run_task(tmp_path, index, len(indices))
    merge = ("merge", *(f"shards/{index}" for index in indices if index != 3), "--out", "merged")
    early = seinfer(*merge, cwd=tmp_path)
    assert (early.returncode, "1 shard of 4 missing: 3;" in early.stderr) == (2, True)
    run_task(tmp_path, 3, 1)  # sbatch --array=3 job.sh
    merged = seinfer(*merge, "shards/3", cwd=tmp_path)
    assert merged.returncode == 0, merged.stderr
    weights = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "weights")}
    # One thread, as in the tasks: the linear algebra of wpe rounds otherwise with two.
    arguments = ("--models", "all", "--threads", 1, "--out", "one", "my_clips")
    one = seinfer("compare", *arguments, cwd=tmp_path, environment=weights)
    assert one.returncode == 0, one.stderr
    assert tables(tmp_path / "merged") == tables(tmp_path / "one")
