"""How long `seinfer --help` and `seinfer models` take, beside an interpreter that does nothing."""

from __future__ import annotations

import statistics
import sys

from .score import wall_s

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "seinfer --help": [sys.executable, "-m", "seinfer", "--help"],
    "seinfer models": [sys.executable, "-m", "seinfer", "models"],
}
ROUNDS = 9


def main() -> None:
    """Time the commands in turn and print medians."""
    times_s: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            times_s[name].append(wall_s(command))
    base_s = statistics.median(times_s["python -c pass"])
    for name, taken_s in times_s.items():
        median_s = statistics.median(taken_s)
        print(f"{name:16} {median_s:.2f} s, {median_s / base_s:.0f} x the bare interpreter (median of {ROUNDS})")


if __name__ == "__main__":
    main()
