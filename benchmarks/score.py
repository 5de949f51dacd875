"""`seinfer score` compared with the plain loop over pesq, pystoi (STOI and ESTOI) and mir_eval (SDR): wall time.

    python -m benchmarks.score [--pairs 200] [--duration-s 4] [--folders 1] [--rounds 3]

Both are timed as commands, as a user types them: start of the interpreter and imports included, on all cores of this
machine, without the score cache. The two run in turn; the result is the median of the ratios of the rounds.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from .clips import make_pairs
from .timing import SEINFER, time_command

METRICS = "sdr,pesq_wb,stoi,estoi"


def main() -> None:
    """Time both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="number of clips")
    parser.add_argument("--duration-s", type=float, default=4.0, help="length of each clip in seconds")
    parser.add_argument("--folders", type=int, default=1, help="number of folders of enhanced files")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are timed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_pairs(folder, options.pairs, options.duration_s)
        enhanced = [str(folder / f"noisy{index}") for index in range(options.folders)]
        for copy in enhanced:
            shutil.copytree(folder / "noisy", copy)
        clean = str(folder / "clean")
        seinfer = [*SEINFER, "score", "--no-score-cache", "--clean", clean, "--metrics", METRICS, *enhanced]
        plain = [sys.executable, "-m", "benchmarks.plain_loop", clean, *enhanced]
        ratios = []
        for index in range(options.rounds):
            plain_s, seinfer_s = time_command(plain), time_command(seinfer)
            ratios.append(seinfer_s / plain_s)
            print(f"round {index + 1}: plain loop {plain_s:.1f} s, seinfer {seinfer_s:.1f} s, ratio {ratios[-1]:.2f}")
    print(
        f"{options.pairs} pairs of {options.duration_s:g} s, {options.folders} folder(s): "
        f"seinfer takes {statistics.median(ratios):.2f} of the plain loop's wall time (median of {options.rounds})"
    )


if __name__ == "__main__":
    main()
