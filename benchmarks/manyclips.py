"""What a folder of very many small clips costs the parent process: peak memory and wall time, by number of clips.

The clips are hard links to a few files, so that the disk holds little; each is read, hashed, enhanced, written and put
down in the journal all the same. Measured are a first run, and the same command again, which finds everything done.
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

from .clipset import make_pairs

N_FILES = 10
LIMIT_MIB = 400


def main() -> None:
    """Run both commands over folders of growing size and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--duration-s", type=float, default=0.05)
    parser.add_argument("--models", default="noisy", help="for compare; a clip counts once a model")
    parser.add_argument("--metrics", default="", help="metrics to score; none by default")
    options = parser.parse_args()
    print(f"{'clips':>7} {'':6} {'wall s':>7} {'ms a clip':>10} {'parent MiB':>11}")
    for n_clips in options.clips:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            link_clips(folder, n_clips, options.duration_s)
            command = [
                sys.executable,
                "-m",
                "seinfer",
                "compare",
                "--models",
                options.models,
                "--out",
                str(folder / "out"),
            ]
            command += ["--metrics", options.metrics, str(folder)] if options.metrics else [str(folder / "noisy")]
            for what in ("first", "again"):
                taken_s, peak_mib = measure(command)
                per_clip_ms = 1000 * taken_s / n_clips
                print(f"{n_clips:7} {what:6} {taken_s:7.1f} {per_clip_ms:10.2f} {peak_mib:11.0f}", flush=True)
                if peak_mib > LIMIT_MIB:
                    sys.exit(f"the parent took {peak_mib:.0f} MiB; expected at most {LIMIT_MIB}")


def link_clips(folder: Path, n_clips: int, duration_s: float) -> None:
    """Fill folder/noisy and folder/clean with `n_clips` clips each."""
    make_pairs(folder / "files", min(N_FILES, n_clips), duration_s)
    for side in ("noisy", "clean"):
        (folder / side).mkdir()
        files = sorted((folder / "files" / side).iterdir())
        for index in range(n_clips):
            os.link(files[index % len(files)], folder / side / f"{index:06}.wav")
        for file in files:
            file.unlink()


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Return the wall time in seconds, and the most resident memory in MiB of the process without its children."""
    started = time.perf_counter()
    peak_kib = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak_kib = max(peak_kib, high_water_kib(process.pid))
            time.sleep(0.05)
        assert process.stderr
        errors = process.stderr.read()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {errors}")
    return time.perf_counter() - started, peak_kib / 1024


def high_water_kib(process_id: int) -> int:
    """Return what Linux says was the most resident memory of a process so far; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main()
