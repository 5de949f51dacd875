"""`seinfer score` against the plain loop over pesq + pystoi (STOI and ESTOI) + mir_eval SDR: wall time of both, whole.

Whole means the command as a user types it, start of the interpreter and imports included, on all cores of this machine.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .clipset import make_pairs

METRICS = "sdr,pesq_wb,stoi,estoi"


def main() -> None:
    """Time both, in turn, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--duration-s", type=float, default=4.0)
    parser.add_argument("--folders", type=int, default=1, help="how many folders of estimates share the clean files")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_pairs(folder, options.pairs, options.duration_s)
        names = [f"noisy{i}" for i in range(options.folders)]
        for name in names:
            shutil.copytree(folder / "noisy", folder / name)
        estimates = [str(folder / name) for name in names]
        ours = [
            sys.executable,
            "-m",
            "seinfer",
            "score",
            "--no-score-cache",
            "--clean",
            str(folder / "clean"),
            "--metrics",
            METRICS,
            *estimates,
        ]
        plain = [sys.executable, "-m", "benchmarks.plain_loop", str(folder / "clean"), *estimates]
        ratios = []
        for index in range(options.rounds):
            plain_s, ours_s = wall_s(plain), wall_s(ours)
            ratios.append(ours_s / plain_s)
            print(f"round {index + 1}: plain loop {plain_s:.1f} s, seinfer {ours_s:.1f} s, ratio {ratios[-1]:.2f}")
    print(
        f"{options.pairs} pairs of {options.duration_s:g} s, {options.folders} folder(s): "
        f"seinfer takes {statistics.median(ratios):.2f} of the plain loop's wall time (median of {options.rounds})"
    )


def wall_s(command: Sequence[str]) -> float:
    """Run a command and return how long it took."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
