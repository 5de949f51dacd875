"""`seinfer compare` on many short clips: processor time that is neither inference nor a costly metric, and the total.

    python -m benchmarks.profile_compare [--clips 2000] [--models noisy,rnnoise] [--code FOLDER]

The overhead is measured with the model `noisy`, which copies its input, and the metric si_sdr, which costs little: the
rest is reading, writing, scheduling, messages between processes, the journal and the tables. The same run with one clip
is subtracted: the start of the programs. The total is that of `--models` with the default metrics. With `--code`,
another checkout of the repository is measured, for example an earlier commit. Linux only.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from .clips import make_pairs
from .scaling import Sampled, sample
from .timing import SEINFER

CLIP_S = 1.0
"""Length of each clip in seconds."""
ROLES = ("parent", "model", "scorer")


def main() -> None:
    """Run the command two or three times, and print the processor time per clip of each role, and the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2000, help="number of clips")
    parser.add_argument("--models", default="noisy,rnnoise", help="models of the total; empty: only the overhead")
    parser.add_argument("--code", type=Path, default=Path(), help="checkout to measure; by default this one")
    options = parser.parse_args()
    os.chdir(options.code)  # `python -m seinfer` imports from there, in the parent and in the workers
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_pairs(folder / "one", 1, CLIP_S)
        make_pairs(folder / "many", options.clips, CLIP_S)
        start, many = (run(folder / name, "noisy", "si_sdr") for name in ("one", "many"))
        for role in ROLES:
            per_clip_ms = 1000 * (many.processor_s[role] - start.processor_s[role]) / options.clips
            print(f"overhead of {role:6}: {per_clip_ms:5.2f} ms of processor time per clip")
        print(f"overhead of all   : {1000 * (many.total_s - start.total_s) / options.clips:5.2f} ms", flush=True)
        if options.models:
            total = run(folder / "many", options.models, "auto")
            roles = ", ".join(f"{role} {total.processor_s[role]:.1f}" for role in ROLES)
            print(f"{options.models}: {total.total_s:.1f} s of processor time ({roles})")
            print(f"{total.elapsed_s:.1f} s elapsed, corrected for other work on the machine")


def run(clips: Path, models: str, metrics: str) -> Sampled:
    """Run `seinfer compare` on a folder of pairs, with nothing from a cache."""
    out = clips / f"out-{metrics}"
    command = [*SEINFER, "compare", "--no-cost", "--no-score-cache", "--models", models, "--metrics", metrics]
    return sample([*command, "--out", str(out), str(clips)], n_cores=2)


if __name__ == "__main__":
    main()
