"""Start of `seinfer --help` and `seinfer models` compared with an interpreter that does nothing: wall time.

    python -m benchmarks.startup [--rounds 9]

The commands run in turn; the result is the median of each over that of `python -c pass`.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from .timing import SEINFER, time_command

BASE = "python -c pass"
COMMANDS = {
    BASE: (sys.executable, "-c", "pass"),
    "seinfer --help": (*SEINFER, "--help"),
    "seinfer models": (*SEINFER, "models"),
}


def main() -> None:
    """Time the commands in turn and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often each command is timed")
    n_rounds = parser.parse_args().rounds
    times_s: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(n_rounds):
        for name, command in COMMANDS.items():
            times_s[name].append(time_command(command))
    base_s = statistics.median(times_s[BASE])
    for name, taken_s in times_s.items():
        median_s = statistics.median(taken_s)
        print(f"{name:16} {median_s:.2f} s, {median_s / base_s:.0f} x the bare interpreter (median of {n_rounds})")


if __name__ == "__main__":
    main()
