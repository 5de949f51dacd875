"""The memory of the parent process does not depend on how many clips a folder holds, but for a small row of each."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.manyclips import LIMIT_MIB, link_clips, measure

FEW, MANY = 100, 800
WANTED = 20_000


def test_run_over_more_clips_grows_little_and_fits_20000(tmp_path: Path) -> None:
    peaks_mib = []
    for n_clips in (FEW, MANY):
        folder = tmp_path / str(n_clips)
        link_clips(folder, n_clips, duration_s=0.02)
        command = [sys.executable, "-m", "seinfer", "run", "--model", "noisy", "--out", str(folder / "out")]
        peaks_mib.append(measure([*command, str(folder / "noisy")])[1])
    growth_mib = (peaks_mib[1] - peaks_mib[0]) / (MANY - FEW)
    # Measured: 0.004 MiB a clip, half of it the noise of the allocator; a waveform of 10 s would be 0.6 MiB.
    assert peaks_mib[0] + growth_mib * WANTED < LIMIT_MIB
