"""A folder of very many clips: the memory of the parent process grows only by a small row per clip."""

from __future__ import annotations

from pathlib import Path

from benchmarks.manyclips import LIMIT_MIB, link_clips, seinfer_command
from benchmarks.processes import measure

N_FEW, N_MANY = 100, 800
N_REQUIRED = 20_000


def test_run_memory_of_the_parent_extrapolated_to_20000_clips_is_within_the_limit(tmp_path: Path) -> None:
    peaks_mib = []
    for n_clips in (N_FEW, N_MANY):
        folder = tmp_path / str(n_clips)
        link_clips(folder, n_clips, duration_s=0.02)
        peaks_mib.append(measure(seinfer_command(folder, "noisy", metrics="")).peak_mib["parent"])
    growth_mib = (peaks_mib[1] - peaks_mib[0]) / (N_MANY - N_FEW)
    # Measured: 0.004 MiB per clip, half of it noise of the allocator; a waveform of 10 s would be 0.6 MiB.
    assert peaks_mib[0] + growth_mib * N_REQUIRED < LIMIT_MIB
