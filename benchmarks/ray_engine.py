"""Time of a run with two Ray workers on this machine / time with two workers of the local engine, on the same clips.

The clips are divided between two commands for the local engine, because it has one worker per model. Both use one core
per worker and no scoring. The ratio is local / ray; 1 means that Ray costs nothing.

    ray start --head --num-cpus=2
    python -m benchmarks.ray_engine CLIPS [MODEL] [N]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_SUFFIXES = (".wav", ".flac")


def main(folder: Path, model: str = "rnnoise", n_clips: int = 200) -> None:
    """Print the ratio; clips of the folder are used again if there are fewer than `n_clips`."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    if not found:
        raise SystemExit(f"{folder} has no clips; expected {', '.join(_SUFFIXES)}")
    files = [found[index % len(found)] for index in range(n_clips)]
    with TemporaryDirectory() as scratch:
        halves = [linked(Path(scratch) / f"half{part}", files[part::2]) for part in range(2)]
        whole = linked(Path(scratch) / "whole", files)
        local_s = timed([command(half, model, "--threads", "1") for half in halves])
        ray_s = timed([command(whole, model, "--engine", "ray")])
    print(f"{model}, {n_clips} clips: local {local_s:.1f} s, ray {ray_s:.1f} s, ratio {local_s / ray_s:.2f}")
    print(f"difference per clip: {1000 * (ray_s - local_s) / n_clips:.1f} ms")


def linked(folder: Path, files: Sequence[Path]) -> Path:
    """Return a folder with links to the files."""
    folder.mkdir()
    for index, path in enumerate(files):
        (folder / f"{index:04d}_{path.name}").symlink_to(path.resolve())
    return folder


def command(clips: Path, model: str, *options: str) -> list[str]:
    out = str(clips.with_name(f"out-{clips.name}"))
    return [
        sys.executable,
        "-m",
        "seinfer",
        "run",
        "--model",
        model,
        "--device",
        "cpu",
        "--out",
        out,
        *options,
        str(clips),
    ]


def timed(commands: Sequence[Sequence[str]]) -> float:
    """Run commands at the same time; return the seconds until the last one ends."""
    started = time.perf_counter()
    running = [subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for argv in commands]
    if any(process.wait() for process in running):
        raise SystemExit("a command failed; run it alone to see why")
    return time.perf_counter() - started


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], *map(int, sys.argv[3:4]))
