"""The package's own `Demucs.forward` compared with seinfer's, clip by clip, with the same random weights.

    python -m benchmarks.demucs_forward [--model denoiser-dns64] [--duration-s 4] [--rounds 7] [--threads 2]

Both run in turn in one process. The result is the median of the ratios of the rounds, and the largest difference of the
two outputs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from denoiser.demucs import Demucs

from seinfer.backends.base import Waveform, pad
from seinfer.backends.demucs import model as demucs
from seinfer.backends.demucs.options import read_options
from seinfer.models.registry import load_registry

from .timing import time_calls


def main() -> None:
    """Time both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="denoiser-dns64", help="a model of the package denoiser")
    parser.add_argument("--duration-s", type=float, default=4.0, help="length of the clip in seconds")
    parser.add_argument("--rounds", type=int, default=7, help="how often both are timed")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    options = parser.parse_args()
    package, seinfer = load_both(options.model, options.threads)
    noise = np.random.default_rng(0).standard_normal(round(options.duration_s * seinfer.sample_rate))
    clip = (0.1 * noise).astype(np.float32)
    reference, estimate = package(clip), seinfer.enhance(pad([clip]))[0]
    calls = {"package": lambda: package(clip), "seinfer": lambda: seinfer.enhance(pad([clip]))}
    times = time_calls(calls, options.rounds)
    ratios = []
    for index, (of_package, of_seinfer) in enumerate(zip(times["package"], times["seinfer"], strict=True)):
        package_s, seinfer_s = of_package.wall_s, of_seinfer.wall_s
        ratios.append(package_s / seinfer_s)
        print(
            f"round {index + 1}: package {package_s:.3f} s, seinfer {seinfer_s:.3f} s, {ratios[-1]:.2f} times as fast"
        )
    error = np.abs(estimate - reference).max() / np.abs(reference).max()
    print(
        f"{options.model}, a clip of {options.duration_s:g} s, {options.threads} threads: seinfer is "
        f"{statistics.median(ratios):.2f} times as fast as the package (median of {options.rounds}), "
        f"largest difference {error:.1e} of the peak"
    )


def load_both(model: str, threads: int) -> tuple[Callable[[Waveform], Waveform], demucs.Demucs]:
    """Return the package's forward function and seinfer's backend, with the same random weights."""
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


if __name__ == "__main__":
    main()
