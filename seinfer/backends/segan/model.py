"""SEGAN+ behind the contract of a backend: loads it, runs windows in batches and streams, with one latent code for all.

The rule it keeps: a clip's result depends on the clip alone. The authors' script draws a new latent code for the first
window of each file and uses the first file's code for all other windows, so its result depends on the order of the
files. Here one code is drawn when the model loads, from the seed of its table, by numpy's RandomState, whose numbers
never change between releases; with the option `z = "zero"` it is zero.

Source: Pascual, Bonafonte, Serrà, "SEGAN: Speech Enhancement Generative Adversarial Network", Interspeech 2017
(arXiv:1703.09452); santi-pdp/segan_pytorch@0522387, clean.py and SEGAN.generate in segan/models/model.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import IntegrityError, UsageError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..torch import open_torch
from ..torch_device import OnTorch, TorchDevice
from .arithmetic_check import refuse_wrong_arithmetic
from .checkpoint import read_state
from .network import Generator
from .options import WINDOW_SAMPLES, Options, read_options, tensor_shapes
from .signal import DeEmphasis, PreEmphasis, Windower, Windows

if TYPE_CHECKING:
    import torch

SAMPLE_RATE = 16_000
_WINDOWS_AT_ONCE = {"cpu": 8, "cuda": 64}
"""The weights are read once for so many windows; a window needs about 10 MiB of memory at the official size."""


class Segan(OnTorch):
    """The generator on its device, with its latent code.

    Args:
        options: of the model's table.
        generator: its weights are on `device`.
        z: latent code, shape (1, position, channel), on `device`.
        device: where it runs.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, options: Options, generator: Generator, z: torch.Tensor, device: torch.device) -> None:
        super().__init__(TorchDevice(device))
        self._preemphasis = options.preemphasis
        self._generator = generator
        self._begun = generator.begin(z)  # the same for every window, so it is computed once
        self._windows_at_once = _WINDOWS_AT_ONCE[device.type]
        # Padding costs no time: only windows that contain signal are run.
        self.batch_limits = BatchLimits(max_clips=2 * self._windows_at_once, max_batch_s=120.0)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        windows = [_windows_of(row, self._preemphasis) for row in batch.rows()]
        generated = self.generate(np.concatenate([np.empty((0, WINDOW_SAMPLES), np.float32), *windows]))
        ends = np.cumsum([len(of_row) for of_row in windows], dtype=int)
        return [
            DeEmphasis(self._preemphasis).push(generated[end - len(of_row) : end].reshape(-1)[: len(row)])
            for row, of_row, end in zip(batch.rows(), windows, ends, strict=True)
        ]

    def open_stream(self) -> SeganStream:
        """Start a clip."""
        return SeganStream(self, self._preemphasis)

    def generate(self, windows: Windows) -> Windows:
        """Return the network's output for each window, still emphasised; runs a few windows at a time."""
        made = np.empty_like(windows)
        with self._place.inference():
            for start in range(0, len(windows), self._windows_at_once):
                some = slice(start, start + self._windows_at_once)
                made[some] = self._place.fetch(self._generator(self._place.send(windows[some]), self._begun))
        return made


def _windows_of(row: Waveform, preemphasis: float) -> Windows:
    windower = Windower()
    full = windower.push(PreEmphasis(preemphasis).push(row))
    return np.concatenate([full, windower.finish()])


class SeganStream:
    """Enhances one clip piece by piece."""

    def __init__(self, model: Segan, preemphasis: float) -> None:
        self._model = model
        self._emphasis, self._de_emphasis = PreEmphasis(preemphasis), DeEmphasis(preemphasis)
        self._windower = Windower()
        self._is_finished = False

    def push(self, block: Waveform) -> Waveform:
        """Take the next samples, shape (time,), any length; return the results that are ready, possibly none.

        Raises:
            UsageError: the stream is finished.
        """
        self._require_open()
        return self._advance(self._windower.push(self._emphasis.push(block)))

    def finish(self) -> Waveform:
        """Return the rest, so that the output has as many samples as the input.

        Raises:
            UsageError: the stream is finished.
        """
        self._require_open()
        self._is_finished = True
        n_missing = self._windower.n_kept
        return self._advance(self._windower.finish())[:n_missing]

    def _require_open(self) -> None:
        if self._is_finished:
            raise UsageError("this stream is finished and takes no more samples; open a new one for each clip")

    def _advance(self, windows: Windows) -> Waveform:
        return self._de_emphasis.push(self._model.generate(windows).reshape(-1))


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Segan:
    """Load the generator and check its arithmetic.

    Raises:
        MissingExtraError: torch is not installed.
        UsageError: the device is not available.
        RegistryError: no generator can be built with the options of the table.
        IntegrityError: the file is not a checkpoint, or it belongs to another generator.
        BackendError: this machine computes a layer wrongly.
    """
    options = read_options(spec)
    torch, torch_device = open_torch(spec, device=device, threads=threads)
    import scipy.signal  # noqa: F401 takes a second, which is part of loading and not of the first clip

    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one checkpoint of its generator")
    [path] = weights.values()
    state = read_state(torch, path, spec, tensor_shapes(options))
    with torch.inference_mode():
        generator = Generator(options, {name: tensor.to(torch_device) for name, tensor in state.items()})
        refuse_wrong_arithmetic(spec, options, generator, state, torch_device)
        return Segan(options, generator, _latent_code(options, torch_device), torch_device)


def _latent_code(options: Options, device: torch.device) -> torch.Tensor:
    """Return z, shape (1, position, channel)."""
    import torch

    shape = (1, options.z_dim, options.code_length)
    drawn = np.random.RandomState(options.seed).standard_normal(shape) if options.z == "drawn" else np.zeros(shape)
    return torch.from_numpy(drawn.astype(np.float32)).transpose(1, 2).to(device)
