"""`seinfer score` of several folders against loops that people write: wall time of whole commands, side by side.

The goal: 8 models x 60 clips x 5 s with the default metrics take at most 0.4 of the wall time of the plain loop over
pesq, pystoi (STOI and ESTOI) and mir_eval's SDR, on 2 cores. A second `score` of the same files finds its figures in
the cache. Rounds alternate, because other work on the machine must hit all alike.
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

from .clipset import SAMPLE_RATE, make_pairs
from .score import wall_s

GOAL = 0.4


def main() -> None:
    """Time all in turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--models", type=int, default=8)
    parser.add_argument("--duration-s", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["SEINFER_CACHE_DIR"] = str(folder / "cache")
        make_pairs(folder, options.clips, options.duration_s)
        estimates = make_estimates(folder, options.models)
        times_s = time_rounds(commands(folder, estimates), options.rounds)
    print(f"{options.models} models x {options.clips} clips x {options.duration_s:g} s, {os.cpu_count()} cores")
    report(times_s)


def make_estimates(folder: Path, n_models: int) -> list[str]:
    """Write a folder a model, each with another share of the noise left, so that no two files are the same."""
    for path in sorted((folder / "clean").iterdir()):
        clean, noisy = (reading.read(side / path.name).samples for side in (folder / "clean", folder / "noisy"))
        for index in range(n_models):
            share = np.float32((index + 1) / n_models)
            estimate = clean + share * (noisy - clean)
            writing.write(folder / f"model{index}" / path.name, estimate, SAMPLE_RATE, "PCM_16")
    return [str(folder / f"model{index}") for index in range(n_models)]


def commands(folder: Path, estimates: list[str]) -> dict[str, list[str]]:
    """Return what is timed, by name."""
    clean = str(folder / "clean")
    score = [sys.executable, "-m", "seinfer", "score", "--clean", clean]
    found = {
        "plain loop": [sys.executable, "-m", "benchmarks.plain_loop", clean, *estimates],
        "seinfer": [*score, "--no-score-cache", *estimates],
        "seinfer, with the cache": [*score, *estimates],
    }
    if find_spec("torchmetrics"):
        found["torchmetrics"] = [sys.executable, "-m", "benchmarks.torchmetrics_loop", clean, *estimates]
    return found


def time_rounds(todo: dict[str, list[str]], n_rounds: int) -> dict[str, list[float]]:
    """Run everything in turn, several times; what the cache needs to know is computed before."""
    wall_s(todo["seinfer, with the cache"])
    times_s: dict[str, list[float]] = {name: [] for name in todo}
    for index in range(n_rounds):
        for name, command in todo.items():
            times_s[name].append(wall_s(command))
        print(f"round {index + 1}: " + ", ".join(f"{name} {times[-1]:.1f} s" for name, times in times_s.items()))
    return times_s


def report(times_s: dict[str, list[float]]) -> None:
    """Print the median ratios, and say what could not be measured."""
    for name in ("seinfer", "seinfer, with the cache"):
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
