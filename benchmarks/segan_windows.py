"""SEGAN+ at its official size: windows in batches compared with one window per call, on the CPU.

    python -m benchmarks.segan_windows [--threads 1] [--windows 16] [--rounds 5]

Three implementations run in turn in each round, over the same windows, with the same random weights (which cost as much
as trained ones):

- torch's layers, one window per call, as the authors' script runs its generator
- seinfer, one window per call
- seinfer, in batches

The main result is the ratio of the last to the first. seinfer's layers are plain matrix products, so a single window
already avoids most of the overhead that a batch would avoid.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from seinfer.backends.segan.model import Segan
from seinfer.backends.segan.network import Generator
from seinfer.backends.segan.options import WINDOW_SAMPLES, Options, tensor_shapes

from .random_weights import random_tensor
from .timing import Times, time_calls

Windows = npt.NDArray[np.float32]
"""Shape (window, time)."""


def main() -> None:
    """Time all implementations in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--windows", type=int, default=16, help="windows of 16384 samples in each round")
    parser.add_argument("--rounds", type=int, default=5, help="how often each implementation is timed")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    plain, model = networks()
    windows = (0.1 * torch.randn(options.windows, WINDOW_SAMPLES)).numpy()
    error = np.abs(plain(windows[:1]) - model.generate(windows[:1])).max()
    print(f"largest difference between torch's layers and seinfer's: {error:.1e} of values up to 1")
    calls = {
        "torch's layers, one window per call": lambda: one_by_one(plain, windows),
        "seinfer, one window per call": lambda: one_by_one(model.generate, windows),
        "seinfer, in batches": lambda: model.generate(windows),
    }
    report(time_calls(calls, options.rounds), options.windows)


def networks() -> tuple[Callable[[Windows], Windows], Segan]:
    """Return the same network in torch's layers and in seinfer's layers."""
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


def report(times: Mapping[str, list[Times]], n_windows: int) -> None:
    """Print the time per window, and the throughput relative to the first implementation (median of the rounds)."""
    first = next(iter(times.values()))
    for name, own in times.items():
        ratio = statistics.median(one.wall_s / other.wall_s for one, other in zip(first, own, strict=True))
        window_s = statistics.median(one.wall_s for one in own) / n_windows
        print(f"{name:36} {window_s:.3f} s per window, throughput x {ratio:.2f}")


if __name__ == "__main__":
    main()
