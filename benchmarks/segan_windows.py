"""SEGAN+ at its official size: windows in batches against one window a call, on the CPU.

    python -m benchmarks.segan_windows [--threads 1]

Three ways take turns in each round, over the same windows, with random weights, which cost what trained ones do:

- torch's layers, one window a call, as the authors' script runs its generator
- seinfer, one window a call
- seinfer, in batches

The ratio that counts is that of the last to the first. seinfer's layers are plain matrix products, and so a single
window already goes without most of what a batch would spare it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch.nn import functional

from seinfer.backends.segan.model import Segan
from seinfer.backends.segan.network import Generator
from seinfer.backends.segan.options import WINDOW_SAMPLES, Options, tensor_shapes

from .randomweights import random_tensor

Windows = np.ndarray
"""Shape (window, time), float32."""


def main() -> None:
    """Time all ways in turn and print the ratios."""
    parser = argparse.ArgumentParser(description="SEGAN+: windows in batches against one window a call")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    plain, model = networks()
    windows = (0.1 * torch.randn(options.windows, WINDOW_SAMPLES)).numpy()
    error = np.abs(plain(windows[:1]) - model.generate(windows[:1])).max()
    print(f"largest difference between torch's layers and seinfer's: {error:.1e} of values up to 1")
    ways = {
        "torch's layers, one window a call": lambda: one_by_one(plain, windows),
        "seinfer, one window a call": lambda: one_by_one(model.generate, windows),
        "seinfer, in batches": lambda: model.generate(windows),
    }
    report(measure(ways, options.rounds), options.windows)


def networks() -> tuple[Callable[[Windows], Windows], Segan]:
    """Return the same network in torch's layers and in seinfer's."""
    options = Options()
    state = {name: random_tensor(name, shape) for name, shape in tensor_shapes(options).items()}
    z = torch.randn(1, options.z_dim, options.code_length)
    model = Segan(options, Generator(options, state), z.transpose(1, 2), torch.device("cpu"))
    return lambda windows: plain_generator(state, windows, z), model


@torch.inference_mode()
def plain_generator(state: Mapping[str, torch.Tensor], windows: Windows, z: torch.Tensor) -> Windows:
    """Run the generator in torch's own layers, shapes (window, channel, position)."""
    samples, skips = torch.from_numpy(windows)[:, None], []
    for layer in range(5):
        name = f"enc_blocks.{layer}"
        edged = functional.pad(samples, (14, 15), mode="reflect")
        linear = functional.conv1d(edged, state[f"{name}.conv.weight"], state[f"{name}.conv.bias"], stride=4)
        skips.append(linear)
        samples = functional.prelu(linear, state[f"{name}.act.weight"])
    samples = torch.cat((z.expand(len(windows), -1, -1), samples), 1)
    for layer in range(5):
        name, outer = f"dec_blocks.{layer}", 4 - layer
        if layer:
            samples = torch.cat((samples, state[f"alpha_{outer}.skip_k"] * skips[outer]), 1)
        weight, bias = state[f"{name}.deconv.weight"], state[f"{name}.deconv.bias"]
        samples = functional.conv_transpose1d(samples, weight, bias, stride=4, padding=13)[:, :, :-1]
        samples = functional.prelu(samples, state[f"{name}.act.weight"]) if outer else samples.tanh()
    return samples[:, 0].numpy()


def one_by_one(run: Callable[[Windows], Windows], windows: Windows) -> None:
    """Call a network once for each window."""
    for index in range(len(windows)):
        run(windows[index : index + 1])


def measure(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the wall times of each way in seconds; the first round is for warming up and left out."""
    times_s: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            times_s[name].append(time.perf_counter() - started)
    return {name: times[1:] for name, times in times_s.items()}


def report(times_s: Mapping[str, list[float]], n_windows: int) -> None:
    """Print time and throughput of each way, by the median over the rounds of its ratio to the first."""
    first = next(iter(times_s.values()))
    for name, times in times_s.items():
        ratio = statistics.median(reference / own for reference, own in zip(first, times, strict=True))
        print(f"{name:34} {statistics.median(times) / n_windows:.3f} s a window, throughput x {ratio:.2f}")


if __name__ == "__main__":
    main()
