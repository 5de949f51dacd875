"""Files that are small on the disk and hours long: peak memory of the worker of each model, the scorer, and `mix`.

    python -m benchmarks.memory [--models noisy rnnoise] [--minutes 180 30]

Two clips are written: silence in one channel at 16 kHz, of which 3 hours are 0.5 MB as FLAC, and quiet noise in eight
channels. Models enhance them. The scoring process and `mix` get the longest clips that they accept, and then the
silence, which they refuse. A process above its limit fails the benchmark.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from seinfer.mixing.sources import MAX_PAIR_SAMPLES
from seinfer.scoring.worker import MAX_SAMPLES_WITH_REFERENCE, MAX_SAMPLES_WITHOUT

from .processes import measure
from .timing import SEINFER

RATE = 16_000
LIMIT_MIB = {"model": 2560, "scorer": 1536, "parent": 1536}
"""Role of a process -> largest resident memory; `mix` runs in the parent process."""
_BLOCK_S = 10


def main() -> None:
    """Run each command once and print one line per run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=["noisy", "rnnoise"], help="models that enhance the two clips")
    parser.add_argument(
        "--minutes", type=int, nargs=2, default=[180, 30], help="length of the silence and of the eight channels"
    )
    parser.add_argument(
        "--metrics", default="sdr,si_sdr,pesq_wb,stoi,estoi,csig,cbak,covl,ssnr,lsd", help="metrics with a reference"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        silence_s, eight_s = (60 * minutes for minutes in options.minutes)
        write(folder / "silence" / "a.flac", silence_s, level=0.0)
        write(folder / "eight" / "a.flac", eight_s, channels=8)
        for model in options.models:
            for clip in ("silence", "eight"):
                out = ["--out", str(folder / f"out-{model}-{clip}")]
                show(f"{model}, {clip}", [*SEINFER, "run", "--model", model, *out, str(folder / clip)])
        measure_scoring(folder, options.metrics)
        measure_mix(folder)


def measure_scoring(folder: Path, metrics: str) -> None:
    """Score the longest clips with and without a reference, and the silence."""
    for name, n_samples in (("paired", MAX_SAMPLES_WITH_REFERENCE), ("blind", MAX_SAMPLES_WITHOUT)):
        write(folder / name / "noisy" / "a.flac", n_samples // RATE)
    write(folder / "paired" / "clean" / "a.flac", MAX_SAMPLES_WITH_REFERENCE // RATE, seed=1)
    compare = [*SEINFER, "compare", "--no-cost", "--models", "noisy"]
    paired, blind = folder / "paired", folder / "blind" / "noisy"
    show("longest with reference", [*compare, "--metrics", metrics, "--out", str(folder / "out-1"), str(paired)])
    show("longest without", [*compare, "--metrics", "dnsmos_p808", "--out", str(folder / "out-2"), str(blind)])
    silence = [*compare, "--metrics", "dnsmos_p808", "--out", str(folder / "out-3"), str(folder / "silence")]
    show("silence, scored", silence)
    with open(folder / "out-3" / "per_clip.csv", newline="", encoding="utf-8") as file:
        print("  ", next(csv.DictReader(file))["ref_status"])


def measure_mix(folder: Path) -> None:
    """Mix the longest speech with noise of the same length, and the silence, which is refused."""
    write(folder / "speech" / "a.flac", MAX_PAIR_SAMPLES // RATE, pauses=True)
    noise = ["--noise", str(folder / "paired" / "clean")]
    mix = [*SEINFER, "mix", "--snr", "5", *noise]
    show("longest pair", [*mix, "--speech", str(folder / "speech"), "--out", str(folder / "mixed")])
    silence = [*mix, "--speech", str(folder / "silence"), "--out", str(folder / "refused")]
    show("silence, mixed", silence, exit_code=2)


def show(what: str, command: list[str], exit_code: int = 0) -> None:
    """Run a command and print the peak memory of its processes; end the benchmark if one is above its limit."""
    found = measure(command, allowed=[exit_code])
    peaks = ", ".join(f"{role} {peak:.0f} MiB" for role, peak in sorted(found.peak_mib.items()))
    print(f"{what:24} {found.wall_s:6.1f} s  {peaks}", flush=True)
    for role, limit in LIMIT_MIB.items():
        if found.peak_mib.get(role, 0) > limit:
            sys.exit(f"{what}: the {role} process took more than {limit} MiB")


def write(
    path: Path, duration_s: int, *, channels: int = 1, level: float = 0.02, pauses: bool = False, seed: int = 0
) -> None:
    """Write noise as FLAC, the same ten seconds again and again.

    Args:
        path: the file.
        duration_s: its length.
        channels: number of channels.
        level: RMS level; 0 for silence.
        pauses: silence every other second, as speech has pauses.
        seed: of the noise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    block = level * np.random.default_rng(seed).standard_normal((_BLOCK_S * RATE, channels))
    if pauses:
        block *= (np.arange(len(block)) // RATE % 2)[:, None]
    with soundfile.SoundFile(path, "w", RATE, channels, "PCM_16") as file:
        for start_s in range(0, duration_s, _BLOCK_S):
            file.write(block[: (duration_s - start_s) * RATE])


if __name__ == "__main__":
    main()
