"""`seinfer score` of several folders compared with plain scoring loops: wall time of whole commands.

    python -m benchmarks.scoring [--clips 60] [--models 8] [--duration-s 5] [--rounds 3]

Timed are the plain loop over pesq, pystoi (STOI and ESTOI) and mir_eval (SDR), the same loop with torchmetrics if that
is installed, `seinfer score` without the score cache, and `seinfer score` of files whose scores are in the cache. They
run in turn; the result is the median of the ratios of the rounds. The goal is at most 0.4 of the plain loop's time for
the default sizes and metrics on 2 cores, without the cache.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from seinfer.audio import reading, writing

from .clips import SAMPLE_RATE, make_pairs
from .timing import SEINFER, time_command

GOAL = 0.4
CACHED = "seinfer, with the cache"


def main() -> None:
    """Time all commands in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=60, help="number of clips")
    parser.add_argument("--models", type=int, default=8, help="number of folders of enhanced files")
    parser.add_argument("--duration-s", type=float, default=5.0, help="length of each clip in seconds")
    parser.add_argument("--rounds", type=int, default=3, help="how often each command is timed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["SEINFER_CACHE_DIR"] = str(folder / "cache")
        make_pairs(folder, options.clips, options.duration_s)
        enhanced = make_enhanced(folder, options.models)
        times_s = time_rounds(commands(folder, enhanced), options.rounds)
    print(f"{options.models} models x {options.clips} clips x {options.duration_s:g} s, {os.cpu_count()} cores")
    report(times_s)


def make_enhanced(folder: Path, n_models: int) -> list[str]:
    """Write one folder per model, each with another share of the noise left, so that no two files are equal."""
    for path in sorted((folder / "clean").iterdir()):
        clean, noisy = (reading.read(side / path.name).samples for side in (folder / "clean", folder / "noisy"))
        for index in range(n_models):
            share = np.float32((index + 1) / n_models)
            writing.write(folder / f"model{index}" / path.name, clean + share * (noisy - clean), SAMPLE_RATE, "PCM_16")
    return [str(folder / f"model{index}") for index in range(n_models)]


def commands(folder: Path, enhanced: list[str]) -> dict[str, list[str]]:
    """Return the commands to time: name -> argv."""
    clean = str(folder / "clean")
    score = [*SEINFER, "score", "--clean", clean]
    found = {
        "plain loop": [sys.executable, "-m", "benchmarks.plain_loop", clean, *enhanced],
        "seinfer": [*score, "--no-score-cache", *enhanced],
        CACHED: [*score, *enhanced],
    }
    if find_spec("torchmetrics"):
        found["torchmetrics"] = [sys.executable, "-m", "benchmarks.torchmetrics_loop", clean, *enhanced]
    return found


def time_rounds(argvs: dict[str, list[str]], n_rounds: int) -> dict[str, list[float]]:
    """Return name -> wall time in seconds of each round. The cache is filled before the first round."""
    time_command(argvs[CACHED])
    times_s: dict[str, list[float]] = {name: [] for name in argvs}
    for index in range(n_rounds):
        for name, argv in argvs.items():
            times_s[name].append(time_command(argv))
        print(f"round {index + 1}: " + ", ".join(f"{name} {times[-1]:.1f} s" for name, times in times_s.items()))
    return times_s


def report(times_s: dict[str, list[float]]) -> None:
    """Print the median ratios, and which of them could not be measured."""
    for name in ("seinfer", CACHED):
        for other in ("plain loop", "torchmetrics"):
            if other not in times_s:
                print(f"{name} / {other}: not measured, torchmetrics is not installed here")
                continue
            ratios = [ours / theirs for ours, theirs in zip(times_s[name], times_s[other], strict=True)]
            goal = f" (goal: {GOAL})" if (name, other) == ("seinfer", "plain loop") else ""
            spread = f"rounds {min(ratios):.2f} to {max(ratios):.2f}"
            print(f"{name} / {other}: {statistics.median(ratios):.2f}, {spread}{goal}")


if __name__ == "__main__":
    main()
