"""Memory of the parent process in a run of very many clips, whose results are simulated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_LIMIT_MIB = 400
_N_CLIPS = 100_000
_N_MODELS = 10
# Deleted arrays above this size go back to the system at once, as the large ones of 100,000 clips do; see mallopt(3).
_ENVIRONMENT = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}


def _peak_mib(folder: Path, n_clips: int) -> float:
    command = [sys.executable, "-m", "tests.pipeline.large_run", str(folder), str(n_clips), str(_N_MODELS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_ENVIRONMENT)
    return float(done.stderr.splitlines()[-1].removeprefix("tables written: ").removesuffix(" MiB"))


def test_large_run_memory_of_100000_clips_and_ten_models_stays_below_400_mib(tmp_path: Path) -> None:
    few, many = 2_500, 7_500  # memory grows in proportion to the clips, and 100,000 would take minutes
    few_mib, many_mib = _peak_mib(tmp_path / "few", few), _peak_mib(tmp_path / "many", many)
    expected_mib = many_mib + (many_mib - few_mib) * (_N_CLIPS - many) / (many - few)
    assert many_mib > few_mib
    assert expected_mib < _LIMIT_MIB
