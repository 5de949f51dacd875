"""A folder with very many small clips: peak memory of the parent process, and wall time, by number of clips.

    python -m benchmarks.manyclips [--clips 1000 5000 20000] [--models noisy] [--metrics METRICS]

The clips are hard links to a few files, to save disk space; each is still read, hashed, enhanced, written and recorded
in the journal. Measured are the first run, and the same command again, when everything is already done. If the parent
takes more than LIMIT_MIB, the benchmark fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .clips import make_pairs
from .timing import SEINFER

N_FILES = 10
"""Different files; the other clips are links to them."""
LIMIT_MIB = 400
"""Largest memory of the parent process."""


def main() -> None:
    """Run the command twice over folders of growing size and print one line per run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[1_000, 5_000, 20_000], help="numbers of clips")
    parser.add_argument("--duration-s", type=float, default=0.05, help="length of each clip in seconds")
    parser.add_argument("--models", default="noisy", help="one model for `run`; with --metrics, models for `compare`")
    parser.add_argument("--metrics", default="", help="metrics to score; by default nothing is scored")
    options = parser.parse_args()
    print(f"{'clips':>7} {'':6} {'wall s':>7} {'ms/clip':>8} {'parent MiB':>11}")
    for n_clips in options.clips:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            link_clips(folder, n_clips, options.duration_s)
            command = seinfer_command(folder, options.models, options.metrics)
            for name in ("first", "again"):
                taken_s, peak_mib = measure(command)
                per_clip_ms = 1000 * taken_s / n_clips
                print(f"{n_clips:7} {name:6} {taken_s:7.1f} {per_clip_ms:8.2f} {peak_mib:11.0f}", flush=True)
                if peak_mib > LIMIT_MIB:
                    sys.exit(f"the parent took {peak_mib:.0f} MiB; expected at most {LIMIT_MIB}")


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


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return its wall time in s and the peak resident memory in MiB of its process, without children."""
    started = time.perf_counter()
    peak_kib = 0
    with tempfile.TemporaryFile("w+") as errors:  # a pipe that nobody reads would block the command
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            peak_kib = max(peak_kib, peak_memory_kib(process.pid))
            time.sleep(0.05)
        taken_s = time.perf_counter() - started
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}: {errors.read()}")
    return taken_s, peak_kib / 1024


def peak_memory_kib(process_id: int) -> int:
    """Return the peak resident memory of a process so far, as Linux reports it; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main()
