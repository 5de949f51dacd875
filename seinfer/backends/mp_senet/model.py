"""MP-SENet behind the contract of a backend: loads it, normalises the level of clips, runs long ones in windows.

The rule it keeps, as the original does: a clip is divided by the root mean square of the *whole* clip, and the output
is multiplied by it. Silence gives silence.

Source: yxlu-0102/MP-SENet@89932cf, inference.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..torch import build_from, open_torch
from ..torch_device import OnTorch, TorchDevice
from .options import read_options
from .windows import in_windows

if TYPE_CHECKING:
    import torch

    from .network import Network

WINDOW_S, OVERLAP_S = 16.0, 2.0
"""A longer clip gets an approximate result, so a window is longer than almost every clip. It needs 2 GiB."""


class MpSenet(OnTorch):
    """The loaded network.

    Args:
        network: its weights are on `device`.
        sample_rate: Hz.
        device: where it runs.
    """

    # The network takes one clip at a time, and one is enough work for all cores.
    batch_limits = BatchLimits(max_clips=1, max_batch_s=600.0)

    def __init__(self, network: Network, sample_rate: int, device: torch.device) -> None:
        super().__init__(TorchDevice(device))
        self.sample_rate = sample_rate
        self._network = network
        self._window_samples = round(WINDOW_S * sample_rate)
        self._overlap_samples = round(OVERLAP_S * sample_rate)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return [self._enhanced(row) for row in batch.rows()]

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` runs in windows, so that its result is an approximation."""
        return n_samples > self._window_samples

    def _enhanced(self, row: Waveform) -> Waveform:
        level = np.float32(np.sqrt(np.mean(np.square(row, dtype=np.float64)))) if len(row) else np.float32(0)
        if not level:
            return np.zeros_like(row)
        clip = row / level
        if not self.is_chunked(len(clip)):
            return self._run(clip) * level
        sizes = {"window_samples": self._window_samples, "overlap_samples": self._overlap_samples}
        return in_windows(self._run, clip, **sizes) * level

    def _run(self, clip: Waveform) -> Waveform:
        """Return the result for a clip of root mean square 1, shape (time,)."""
        from .spectrum import N_FFT, analyse, synthesise

        filled = np.pad(clip, (0, max(0, N_FFT - len(clip))))
        spectrum = analyse(self._place.send(filled))
        with self._place.inference():
            magnitude, phase = self._network(*spectrum)
        made: Waveform = self._place.fetch(synthesise(magnitude, phase, len(filled)))
        return made[: len(clip)]


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> MpSenet:
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

    network = build_from(torch, weights, spec, key="generator", build=lambda: Network(options))
    return MpSenet(network.eval().to(torch_device), spec.sample_rate, torch_device)
