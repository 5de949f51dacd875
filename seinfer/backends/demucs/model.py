"""Demucs behind the contract of a backend: loads it, normalises the level of clips, chooses how to run each.

The rule it keeps, as the original does: a clip is divided by 1e-3 plus the standard deviation of the *whole* clip, and
the output is multiplied by that deviation; the mean is kept. So silence gives silence, and the level is kept. The
deviation is the unbiased one. A single sample has none: it counts as 0, and the output is silent as for any constant.

Even a causal network cannot run as a stream, because the deviation depends on the end of the clip. But a clip of any
length runs in bounded memory (long_clips.py), and one that does not fit into memory runs in two passes (two_passes.py).

The network is that of the PyPI package `denoiser`. Only its modules `demucs`, `resample` and `utils` are imported,
which need torch alone; the others need torchaudio, hydra or pystoi.

Source: Défossez, Synnaeve and Adi, "Real time speech enhancement in the waveform domain", Interspeech 2020
(arXiv:2006.12847); facebookresearch/denoiser@8afd7c1, denoiser/demucs.py and denoiser/enhance.py (`dry`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform, pad, require
from ..level import Level
from ..torch import load_strictly, open_torch
from ..torch_device import OnTorch, TorchDevice
from .checkpoint import read_state
from .long_clips import Blocks, in_blocks, in_windows
from .network import Network
from .options import Architecture, Options, read_options
from .resampling import Resampler
from .two_passes import DemucsFirstPass, DemucsStream, mixed

if TYPE_CHECKING:
    import torch

# Measured on 2 cores with 64 hidden channels. Larger tensors do not fit into the caches, and the allocator does not
# reuse memory of 32 MiB and more. Blocks of 3 s take 0.8 of the time of a whole clip of 8 s. Four clips of 0.7 s in
# one batch take 0.75 of the time that they take one by one; four of 3 s take longer. A GPU needs enough work for all
# of its cores.
BLOCK_S = {"cpu": 3.0, "cuda": 30.0}
_BATCH_LIMITS = {
    "cpu": BatchLimits(max_clips=4, max_batch_s=BLOCK_S["cpu"]),
    "cuda": BatchLimits(max_clips=32, max_batch_s=120.0),
}
# A clip longer than a window gets an approximate result, so a window is longer than almost every clip. It needs 2 GiB.
WINDOW_S, OVERLAP_S = 30.0, 4.0


class Demucs(OnTorch):
    """The loaded network."""

    def __init__(self, network: Network, options: Options, sample_rate: int, device: torch.device) -> None:
        super().__init__(TorchDevice(device))
        self.sample_rate = sample_rate
        self.batch_limits = _BATCH_LIMITS[device.type]
        self._network = network
        self._options = options
        self._floor = options.architecture.floor if options.architecture.normalize else 0.0
        self._block_samples = round(BLOCK_S[device.type] * sample_rate)
        self._block_frames = self._block_samples * network.factor // network.hop_samples
        self._window_samples = round(WINDOW_S * sample_rate)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        rows = list(batch.rows())
        deviations = [self._deviation(row) for row in rows]
        with self._place.inference():
            estimates = self._run([row / np.float32(s + self._floor) for row, s in zip(rows, deviations, strict=True)])
        return [
            mixed(row, estimate * np.float32(s), self._options.dry)
            for row, estimate, s in zip(rows, estimates, deviations, strict=True)
        ]

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` runs in windows, so that its result is an approximation."""
        return not self._options.architecture.causal and n_samples > self._window_samples

    def _deviation(self, row: Waveform) -> float:
        if not self._options.architecture.normalize:
            return 1.0
        return float(np.std(row, ddof=1, dtype=np.float64)) if len(row) > 1 else 0.0

    def _run(self, clips: Sequence[Waveform]) -> list[Waveform]:
        """Run clips of unit deviation, the short ones in one batch."""
        together = iter(self._run_together([clip for clip in clips if not self._is_long(clip)]))
        return [self._run_long(clip) if self._is_long(clip) else next(together) for clip in clips]

    def _is_long(self, clip: Waveform) -> bool:
        return len(clip) > (self._block_samples if self._options.architecture.causal else self._window_samples)

    def _run_together(self, clips: Sequence[Waveform]) -> list[Waveform]:
        if not clips:
            return []
        batch = pad(clips)
        results = self._network.whole(self._place.send(batch.samples), batch.lengths)
        return list(Batch(self._place.fetch(results), batch.lengths).rows())

    def _run_long(self, clip: Waveform) -> Waveform:
        if self._options.architecture.causal:
            result = in_blocks(self._network, self._place.send(clip), self._block_frames)
        else:
            overlap_samples = round(OVERLAP_S * self.sample_rate)
            result = in_windows(self._network, self._place.send(clip), self._window_samples, overlap_samples)
        enhanced: Waveform = self._place.fetch(result)
        return enhanced


class CausalDemucs(Demucs):
    """Demucs with a causal LSTM: a clip that does not fit into memory runs in two passes, with the same result."""

    def open_first_pass(self) -> DemucsFirstPass:
        """Start the first pass over a clip."""
        return DemucsFirstPass(self._open_stream)

    def _open_stream(self, level: Level) -> DemucsStream:
        deviation = level.deviation if self._options.architecture.normalize else 1.0
        return DemucsStream(
            Blocks(self._network, level.n_samples, self._block_frames),
            divide_by=deviation + self._floor,
            multiply_by=deviation,
            dry=self._options.dry,
            place=self._place,
        )


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Demucs:
    """Load the network with a checkpoint in any of the forms that its authors' code writes.

    Raises:
        MissingExtraError: torch or denoiser is not installed.
        RegistryError: no network can be built with the table's options.
        IntegrityError: the file is not a checkpoint, or it belongs to another network.
        UsageError: the device is not available.
    """
    options = read_options(spec)
    _, torch_device = open_torch(spec, device=device, threads=max(1, threads))
    original = require("denoiser.demucs", spec).Demucs
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one checkpoint")
    [path] = weights.values()
    module = _filled(original, path, spec, options.architecture).to(torch_device)
    taps = require("denoiser.resample", spec).kernel_upsample2().flatten().to(torch_device)
    network = Network(module, options.architecture, Resampler(taps, options.architecture.resample))
    kind = CausalDemucs if options.architecture.causal else Demucs
    return kind(network, options, spec.sample_rate, torch_device)


def _filled(original: Any, path: Path, spec: ModelSpec, architecture: Architecture) -> torch.nn.Module:
    """Return the package's network with the tensors of a checkpoint."""
    import torch

    state = read_state(torch, original, path, spec, architecture)
    # Built without storage: initial weights would be drawn for nothing, and from the user's random generator.
    with torch.device("meta"):
        network: torch.nn.Module = original(**asdict(architecture), sample_rate=spec.sample_rate)
    network.to_empty(device="cpu")
    load_strictly(network, state, path, spec)
    for layer in network.modules():
        if isinstance(layer, torch.nn.ReLU):
            layer.inplace = True
    return network.eval()
