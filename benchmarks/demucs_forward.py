"""The package's own `Demucs.forward` against ours, clip by clip, with the same random weights: time and difference.

Both run in turn in one process, and the ratio is the median of those of the rounds, so that what else the machine does
falls on both alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from denoiser.demucs import Demucs

from seinfer.backends.base import Waveform, pad
from seinfer.backends.demucs import model as demucs
from seinfer.backends.demucs.options import read_options
from seinfer.models.registry import load_registry


def main() -> None:
    """Time both, in turn, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="denoiser-dns64")
    parser.add_argument("--duration-s", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    theirs, ours = load_both(options.model, options.threads)
    noise = np.random.default_rng(0).standard_normal(round(options.duration_s * ours.sample_rate))
    clip = (0.1 * noise).astype(np.float32)
    reference, estimate = theirs(clip), ours.enhance(pad([clip]))[0]
    ratios = []
    for index in range(options.rounds):
        theirs_s, ours_s = wall_s(theirs, clip), wall_s(ours.enhance, pad([clip]))
        ratios.append(theirs_s / ours_s)
        print(f"round {index + 1}: package {theirs_s:.3f} s, seinfer {ours_s:.3f} s, {ratios[-1]:.2f} times as fast")
    error = np.abs(estimate - reference).max() / np.abs(reference).max()
    print(
        f"{options.model}, a clip of {options.duration_s:g} s, {options.threads} threads: seinfer is "
        f"{statistics.median(ratios):.2f} times as fast as the package (median of {options.rounds}), "
        f"largest difference {error:.1e} of the peak"
    )


def load_both(model: str, threads: int) -> tuple[Callable[[Waveform], Waveform], demucs.Demucs]:
    """Return the package's forward and our enhancer, of one network as the package initialises it."""
    spec = load_registry().find(model)
    torch.manual_seed(0)
    original = Demucs(**asdict(read_options(spec).architecture)).eval()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.th"
        torch.save(original.state_dict(), path)
        enhancer = demucs.load(spec, {path.name: path}, device="cpu", threads=threads)

    def forward(clip: Waveform) -> Waveform:
        with torch.inference_mode():
            enhanced: Waveform = original(torch.from_numpy(clip)[None])[0, 0].numpy()
        return enhanced

    return forward, enhancer


def wall_s(function: Callable[[Any], object], argument: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function(argument)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
