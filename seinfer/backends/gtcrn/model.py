"""GTCRN behind the contract of a backend: framing, batches, streams, loading.

The rule: the network is causal, so clips of different lengths run side by side without an effect on each other, and
every clip is followed by zeros, never by its mirrored end. The authors' `torch.stft` mirrors the end as well: its last
512 samples differ from ours, and depend on the zeros that a batch adds.

Source: Xiaobin-Rong/gtcrn@3862c44, infer.py; bglid/GTCRN-Micro@8b81539, gtcrn_micro/infer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..frames import FramedStream, Framer, Frames, Framing, OverlapAdder, analyse, synthesise
from ..torch import open_torch, read_checkpoint, strict_tensors
from ..torch_device import OnTorch, TorchDevice
from .layers import Memory
from .network import Network
from .shapes import Shapes, gtcrn_shapes, micro_shapes
from .weights import gtcrn, micro

if TYPE_CHECKING:
    import torch
    from torch import Tensor

SAMPLE_RATE = 16_000
# The frames of a centred STFT, whose first one begins with the mirrored start of the clip.
FRAMING = Framing(win_length=512, hop_length=256, lead_samples=256, is_lead_mirrored=True)
# The root of the periodic Hann window, in analysis and synthesis.
_WINDOW = np.sin(np.pi * np.arange(FRAMING.win_length) / FRAMING.win_length)
_FRAMES_AT_ONCE = {"cpu": 1_024, "cuda": 8_192}
"""Of all clips of a group together: larger tensors do not fit into the caches of a processor."""
_MAX_CLIPS = {"cpu": 8, "cuda": 64}


class Gtcrn(OnTorch):
    """The loaded network.

    On the CPU, `threads` groups of clips run in parallel, each in one thread of torch: the operations are too small for
    several threads, which would spend most of their time waiting for each other.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, network: Network, device: torch.device, threads: int) -> None:
        super().__init__(TorchDevice(device))
        self._network = network
        self._threads = threads if device.type == "cpu" else 1
        self._frames_at_once = _FRAMES_AT_ONCE[device.type]
        n_clips = _MAX_CLIPS[device.type] * self._threads
        self.batch_limits = BatchLimits(max_clips=n_clips, max_batch_s=15.0 * n_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        # Clips of similar lengths in turn to each group, so that the groups end at about the same time.
        longest_first = sorted(range(len(batch)), key=lambda row: -batch.lengths[row])
        groups = [group for first in range(self._threads) if (group := longest_first[first :: self._threads])]
        if len(groups) <= 1:
            made = [self._side_by_side(batch, group) for group in groups]
        else:
            with ThreadPoolExecutor(len(groups)) as pool:
                made = list(pool.map(lambda group: self._side_by_side(batch, group), groups))
        waveforms = {
            row: own for group, rows in zip(groups, made, strict=True) for row, own in zip(group, rows, strict=True)
        }
        return [waveforms[row] for row in range(len(batch))]

    def _side_by_side(self, batch: Batch, rows: Sequence[int]) -> list[Waveform]:
        """Enhance some rows of a batch, all of them in one call for each block of frames."""
        lengths = [batch.lengths[row] for row in rows]
        n_samples = max(lengths)
        samples = np.pad(batch.samples[list(rows), :n_samples], ((0, 0), (0, FRAMING.tail_samples(n_samples))))
        framers, adders = [Framer(FRAMING) for _ in rows], [OverlapAdder(FRAMING) for _ in rows]
        memory, pieces = Memory(), []
        block_samples = max(1, self._frames_at_once // len(rows)) * FRAMING.hop_length
        for start in range(0, samples.shape[1], block_samples):
            block = samples[:, start : start + block_samples]
            frames = np.stack([framer.push(row) for framer, row in zip(framers, block, strict=True)])
            if frames.shape[1]:
                made = self.run(frames, memory)
                pieces.append(np.stack([adder.push(own) for adder, own in zip(adders, made, strict=True)]))
        joined = np.concatenate(pieces, axis=1)[:, FRAMING.lead_samples :].astype(np.float32)
        return [row[:length].copy() for row, length in zip(joined, lengths, strict=True)]

    def open_stream(self) -> FramedStream:
        """Start a clip."""
        memory = Memory()
        return FramedStream(FRAMING, lambda frames: self.run(frames[None], memory)[0])

    def run(self, frames: Frames, memory: Memory) -> Frames:
        """Return the next frames of clips, ready for overlap-add.

        Args:
            frames: shape (clip, frame, 512), at least one frame.
            memory: of these clips; it is changed.
        """
        spectra = self._place.send(analyse(frames, _WINDOW).astype(np.complex64))
        with self._place.inference():
            made = self._place.fetch(self._network(spectra, memory))
        return synthesise(made, _WINDOW)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Gtcrn:
    """Load GTCRN with one of its authors' checkpoints.

    Raises:
        MissingExtraError: torch is not installed.
        IntegrityError: the file is not a checkpoint of GTCRN.
        UsageError: the device is not available.
    """
    return _load(spec, weights, gtcrn_shapes(), gtcrn, device, threads)


def load_micro(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Gtcrn:
    """Load GTCRN-Micro; the same errors as `load`."""
    return _load(spec, weights, micro_shapes(), micro, device, threads)


def _load(
    spec: ModelSpec,
    weights: Mapping[str, Path],
    shapes: Shapes,
    build: Callable[[Mapping[str, Tensor]], Network],
    device: str,
    threads: int,
) -> Gtcrn:
    torch, torch_device = open_torch(spec, device=device, threads=1)
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one checkpoint")
    [path] = weights.values()
    state = _state_dict(read_checkpoint(torch, path, spec), path, spec)
    tensors = strict_tensors(state, shapes, path, spec)
    network = build({name: tensor.to(torch_device) for name, tensor in tensors.items()})
    return Gtcrn(network, torch_device, max(1, threads))


def _state_dict(content: Any, path: Path, spec: ModelSpec) -> Mapping[str, Any]:
    """Return the tensors of a file of the authors' training, or of a plain state dict."""
    state = content.get("model", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise IntegrityError(
            f"{path} does not fit {spec.name}: it contains a {type(state).__name__}, expected a state dict, or one "
            "under the key 'model'; it is another model's checkpoint"
        )
    return state
