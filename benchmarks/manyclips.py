"""A folder with very many small clips: time per clip and peak memory of the parent process, by number of clips.

    python -m benchmarks.manyclips [--clips 2000 8000 20000] [--models noisy] [--metrics METRICS]

The clips are hard links to a few files, to save disk space; each is still read, hashed, enhanced, written and recorded
in the journal. Measured are the first run, and the same command again, when everything is already done.

The time per clip is that of the clock and that of the processor, over all processes. The second one depends less on
other work on the machine, and on the disk, which each estimate is flushed to. A run with one clip shows how long the
command takes to start; this time is subtracted in the last column. If the largest number in that column is more than
MAX_RATIO times the smallest, or if the parent takes more than LIMIT_MIB, the benchmark fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .clips import make_pairs
from .processes import Measured, measure
from .timing import SEINFER

N_FILES = 10
"""Different files; the other clips are links to them."""
LIMIT_MIB = 400
"""Largest memory of the parent process."""
MAX_RATIO = 1.2
"""Largest time per clip over the smallest, of all numbers of clips."""
RUNS = ("first", "again")


def main() -> None:
    """Run the command twice over folders of growing size, print one line per run, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[2_000, 8_000, 20_000], help="numbers of clips")
    parser.add_argument("--duration-s", type=float, default=0.05, help="length of each clip in seconds")
    parser.add_argument("--models", default="noisy", help="one model for `run`; with --metrics, models for `compare`")
    parser.add_argument("--metrics", default="", help="metrics to score; by default nothing is scored")
    options = parser.parse_args()
    print(f"{'clips':>7} {'':6} {'wall s':>7} {'cpu s':>7} {'wall, cpu ms/clip':>18} {'without start':>14} {'MiB':>5}")
    starting = {name: found.processor_s for name, found in measure_runs(1, options).items()}
    per_clip_ms: dict[str, list[float]] = {name: [] for name in RUNS}
    for n_clips in options.clips:
        for name, found in measure_runs(n_clips, options).items():
            wall_ms, processor_ms = (1000 * seconds / n_clips for seconds in (found.wall_s, found.processor_s))
            without_start_ms = 1000 * (found.processor_s - starting[name]) / n_clips
            per_clip_ms[name].append(without_start_ms)
            peak_mib = found.peak_mib["parent"]
            seconds = f"{found.wall_s:7.1f} {found.processor_s:7.1f}"
            times = f"{wall_ms:10.2f} {processor_ms:7.3f} {without_start_ms:14.3f}"
            print(f"{n_clips:7} {name:6} {seconds} {times} {peak_mib:5.0f}", flush=True)
            if peak_mib > LIMIT_MIB:
                sys.exit(f"the parent took {peak_mib:.0f} MiB; expected at most {LIMIT_MIB}")
    print_ratios(per_clip_ms)


def measure_runs(n_clips: int, options: argparse.Namespace) -> dict[str, Measured]:
    """Run the command twice over a new folder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        link_clips(folder, n_clips, options.duration_s)
        command = seinfer_command(folder, options.models, options.metrics)
        return {name: measure(command) for name in RUNS}


def print_ratios(per_clip_ms: Mapping[str, Sequence[float]]) -> None:
    """Print the largest time per clip over the smallest, for each run; end the benchmark if one is too large."""
    for name, times_ms in per_clip_ms.items():
        ratio = max(times_ms) / min(times_ms)
        print(f"{name}: largest processor time per clip / smallest = {ratio:.2f}")
        if ratio > MAX_RATIO:
            sys.exit(f"the time per clip is not the same for all numbers of clips; expected at most {MAX_RATIO}")


def seinfer_command(folder: Path, models: str, metrics: str) -> list[str]:
    """Return `seinfer compare` with these metrics, or `seinfer run` if there are none."""
    out = ["--out", str(folder / "out")]
    if metrics:
        return [*SEINFER, "compare", "--no-cost", "--models", models, "--metrics", metrics, *out, str(folder)]
    return [*SEINFER, "run", "--model", models, *out, str(folder / "noisy")]


def link_clips(folder: Path, n_clips: int, duration_s: float) -> None:
    """Put `n_clips` clips into each of folder/noisy and folder/clean."""
    make_pairs(folder / "files", min(N_FILES, n_clips), duration_s)
    for side in ("noisy", "clean"):
        (folder / side).mkdir()
        files = sorted((folder / "files" / side).iterdir())
        for index in range(n_clips):
            os.link(files[index % len(files)], folder / side / f"{index:06}.wav")
        for file in files:
            file.unlink()


if __name__ == "__main__":
    main()
