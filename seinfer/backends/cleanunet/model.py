"""CleanUNet behind the contract of a backend: loads it, normalises the level of clips, runs them in blocks.

The rule it keeps, as the original does: a clip is divided by 1e-3 plus the unbiased standard deviation of the *whole*
clip, and the output is multiplied by the same number. So a clip needs two passes if it does not fit into memory. A
single sample has no deviation: it counts as 0.

Source: NVIDIA/CleanUNet@9487a8d, network.py (`CleanUNet.forward`, `padding`) and denoise.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import BackendError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..level import Level
from ..torch import build_from, open_torch
from ..torch_device import OnTorch, TorchDevice
from .options import MAX_FRAMES, Options, read_options

if TYPE_CHECKING:
    import torch

    from .network import Network

_FLOOR = 1e-3
_BLOCK_FRAMES = {"cpu": 128, "cuda": 1024}
"""Frames of one block, at most. It limits the memory for a clip."""


class CleanUNet(OnTorch):
    """The loaded network.

    Args:
        network: its weights are on `device`.
        options: sizes of the network.
        sample_rate: Hz.
        device: where it runs.
    """

    # A block of one clip is enough work for all cores, so clips run one after the other.
    batch_limits = BatchLimits(max_clips=1, max_batch_s=600.0)

    def __init__(self, network: Network, options: Options, sample_rate: int, device: torch.device) -> None:
        super().__init__(TorchDevice(device))
        self.sample_rate = sample_rate
        self._network, self._options = network, options

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return [self._enhanced(row) for row in batch.rows()]

    def open_first_pass(self) -> CleanUNetFirstPass:
        """Start a clip."""
        return CleanUNetFirstPass(self)

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether attention is limited to the last frames of a clip of `n_samples`."""
        return n_frames(self._options, n_samples) > MAX_FRAMES

    def open_blocks(self, level: Level) -> CleanUNetStream:
        """Start the second pass over a clip of this length and level."""
        return CleanUNetStream(self._network, self._options, self._place, level)

    def _enhanced(self, row: Waveform) -> Waveform:
        first_pass = self.open_first_pass()
        first_pass.push(row)
        return first_pass.open_stream().push(row)


class CleanUNetFirstPass:
    """The first pass over a clip: computes its length and level."""

    def __init__(self, model: CleanUNet) -> None:
        self._model, self._level = model, Level()

    def push(self, block: Waveform) -> None:
        """Accept the next samples, shape (time,), any length."""
        self._level.push(block)

    def open_stream(self) -> CleanUNetStream:
        """Start the second pass."""
        return self._model.open_blocks(self._level)


class CleanUNetStream:
    """The second pass over a clip: runs the frames that are complete, some at a time.

    Args:
        network: its weights are on the device of `place`.
        options: sizes of the network.
        place: where the network computes.
        level: length and level of the clip.
    """

    def __init__(self, network: Network, options: Options, place: TorchDevice, level: Level) -> None:
        from .network import Memory

        self._network, self._options, self._place = network, options, place
        self._memory = Memory()
        self._scale = np.float32(level.deviation + _FLOOR)
        self._n_samples = level.n_samples
        self._n_frames_left = n_frames(options, level.n_samples)
        self._n_in = self._n_out = 0
        self._kept = np.zeros(0, np.float32)

    def push(self, block: Waveform) -> Waveform:
        """Accept the next samples, shape (time,), any length; return the output that is ready, which may be empty."""
        self._n_in += len(block)
        parts = [self._kept, block / self._scale]
        if len(block) and self._n_in >= self._n_samples:
            parts.append(np.zeros(self._n_padding, np.float32))
        self._kept = np.concatenate(parts)
        ready = [np.zeros(0, np.float32)]
        while self._n_frames_ready:
            ready.append(self._run(min(self._n_frames_ready, _BLOCK_FRAMES[self._place.name])))
        output = np.concatenate(ready)[: self._n_samples - self._n_out]
        self._n_out += len(output)
        return output * self._scale

    def finish(self) -> Waveform:
        """Return no samples: the whole result was ready with the last sample.

        Raises:
            BackendError: fewer samples arrived than were counted in the first pass.
        """
        if self._n_in < self._n_samples:
            raise BackendError(
                f"the second pass got {self._n_in} samples, expected the {self._n_samples} of the first pass; the file "
                "may have changed in between: run the command again"
            )
        return np.zeros(0, np.float32)

    @property
    def _n_padding(self) -> int:
        n_padded = (n_frames(self._options, self._n_samples) - 1) * self._options.hop_samples
        return n_padded + self._options.frame_samples - self._n_samples

    @property
    def _n_shared(self) -> int:
        """Samples of the next frame that the memory of the network contains already."""
        is_first = self._n_frames_left == n_frames(self._options, self._n_samples)
        return 0 if is_first else self._options.frame_samples - self._options.hop_samples

    @property
    def _n_frames_ready(self) -> int:
        n_given = len(self._kept) + self._n_shared - self._options.frame_samples
        return min(n_given // self._options.hop_samples + 1, self._n_frames_left) if n_given >= 0 else 0

    def _run(self, n: int) -> Waveform:
        """Run the next `n` frames; return the samples that they complete."""
        n_used = (n - 1) * self._options.hop_samples + self._options.frame_samples - self._n_shared
        used, self._kept = self._kept[:n_used], self._kept[n_used:]
        self._n_frames_left -= n
        with self._place.inference():
            made = self._network(self._place.send(used), self._memory, is_last=not self._n_frames_left)
            enhanced: Waveform = self._place.fetch(made)
        return enhanced


def n_frames(options: Options, n_samples: int) -> int:
    """Return the number of frames of the innermost level, the last one filled up with zeros."""
    return 1 + max(0, -(-(n_samples - options.frame_samples) // options.hop_samples))


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> CleanUNet:
    """Load the network with a checkpoint of the authors' training script.

    Raises:
        MissingExtraError: torch is not installed.
        UsageError: the device is not available.
        RegistryError: no network can be built with the table's options.
        IntegrityError: the file is not a checkpoint, or it belongs to another network.
    """
    options = read_options(spec)
    torch, torch_device = open_torch(spec, device=device, threads=max(1, threads))
    from .network import Network

    network = build_from(torch, weights, spec, key="model_state_dict", build=lambda: Network(options))
    return CleanUNet(network.eval().to(torch_device), options, spec.sample_rate, torch_device)
