"""dpcrn-tf: DPCRN in TensorFlow, third place of the DNS-3 challenge, causal, 16 kHz.

The rule: whole or in pieces, alone or in a batch, a clip goes through `Network.advance` block by block with its state
carried, so that the result is the same and memory is bounded. Every clip is computed by itself, on one core, and
`threads` clips run in parallel: on two cores this takes 0.6 of the time of one clip after the other on both cores.

Source: Le-Xiaohuai-speech/DPCRN_DNS3@c7fe17d.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from ...core.errors import BackendError, RegistryError, UsageError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform, each_row, require
from .network import HOP_LENGTH, WIN_LENGTH, Network, State
from .weights import read_weights

_LOG = logging.getLogger(__name__)
# 1.25 s. Short blocks pass through less memory: blocks of 10 s cost a quarter more time, and 400 MB instead of 90.
BLOCK_SAMPLES = 100 * HOP_LENGTH
# Zeros after a clip, so that its last hop is complete and is part of two frames, as every other hop is. The authors'
# code does not pad: it loses up to 199 samples, and one of the two frames of the 200 samples before them.
_TAIL_SAMPLES = WIN_LENGTH - 1


class DpcrnTf:
    """The loaded network. Threads may share it."""

    def __init__(self, network: Network, sample_rate: int, threads: int, device: str = "cpu") -> None:
        self.device = device
        self.sample_rate = sample_rate
        # Enough clips that cores are idle for only a small part of the time when the last clips of a batch finish.
        self.batch_limits = BatchLimits(max_clips=8 * threads, max_batch_s=300.0)
        self._network = network
        self._threads = threads

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Enhance each row by itself."""
        return each_row(batch, self._enhance_row, self._threads)

    def open_stream(self) -> DpcrnStream:
        """Start a clip that arrives in pieces."""
        return DpcrnStream(self._network)

    def _enhance_row(self, row: Waveform) -> Waveform:
        return self.open_stream().push(np.pad(row, (0, _TAIL_SAMPLES)))[: len(row)]


class DpcrnStream:
    """A clip, piece by piece. A hop is returned as soon as the frame that begins with it is complete."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._state: State | None = None
        self._pending = np.zeros(0, np.float32)
        self._n_missing = 0
        self._is_finished = False

    def push(self, block: Waveform) -> Waveform:
        """Accept the next samples, shape (time,); return the output that is ready.

        Raises:
            UsageError: the stream is finished.
        """
        if self._is_finished:
            raise UsageError("a piece was pushed into a finished stream; open a new stream for each clip")
        self._pending = np.concatenate([self._pending, block], dtype=np.float32)
        output = self._run(self._take_hops())
        self._n_missing += len(block) - len(output)
        return output

    def finish(self) -> Waveform:
        """Return the rest of the clip."""
        n_missing = self._n_missing
        rest = self.push(np.zeros(_TAIL_SAMPLES, np.float32))[:n_missing]
        self._is_finished = True
        return rest

    def _take_hops(self) -> Waveform:
        """Remove the complete hops from the pending samples and return them."""
        n_samples = len(self._pending) // HOP_LENGTH * HOP_LENGTH
        hops, self._pending = self._pending[:n_samples], self._pending[n_samples:]
        return hops

    def _run(self, hops: Waveform) -> Waveform:
        if not len(hops):
            return hops
        state = self._state
        if state is None:
            state, hops = self._network.start(hops[:HOP_LENGTH]), hops[HOP_LENGTH:]
        pieces = [np.zeros(0, np.float32)]
        for start in range(0, len(hops), BLOCK_SAMPLES):
            piece, state = self._network.advance(hops[start : start + BLOCK_SAMPLES], state)
            pieces.append(piece)
        self._state = state
        return np.concatenate(pieces)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DpcrnTf:
    """Load the network.

    Args:
        spec: the model's table.
        weights: one file, the authors' Keras weights (.h5).
        device: "cpu" or "cuda".
        threads: number of clips that run in parallel, each on one core.

    Raises:
        MissingExtraError: h5py or tensorflow is not installed.
        IntegrityError: the file is not the checkpoint of this network.
        RegistryError: the table does not name exactly one file.
        BackendError: the device is "cuda", but TensorFlow finds no GPU.
    """
    if len(weights) != 1:
        raise RegistryError(f"{spec.name}: the table names {len(weights)} files, expected one, the Keras weights (.h5)")
    arrays = read_weights(next(iter(weights.values())), require("h5py", spec))
    tf = _tensorflow(spec)
    return DpcrnTf(Network(tf, arrays, _device(tf, spec, device)), spec.sample_rate, threads, device)


def _tensorflow(spec: ModelSpec) -> ModuleType:
    """Import TensorFlow without its messages and with one thread per operation, unless this has been set already."""
    # Level 3, because TensorFlow writes messages of level "error" on a machine without a GPU.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Otherwise TensorFlow allocates all memory of the GPU, on which other models may run.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    tf = require("tensorflow", spec)
    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != 1:
        try:
            threading.set_intra_op_parallelism_threads(1)
        except RuntimeError as error:
            _LOG.warning(
                "TensorFlow runs in this process already and keeps its %d threads per operation (0: all cores; %s); "
                "expected 1. The output is the same, but more cores may be busy than requested. "
                "To avoid this, load %s before TensorFlow is used, or in a separate process",
                threading.get_intra_op_parallelism_threads(),
                error,
                spec.name,
            )
    return tf


def _device(tf: ModuleType, spec: ModelSpec, device: str) -> str:
    """Return TensorFlow's name of the device. The network runs on this device even if the process sees others."""
    if device == "cpu":
        return "/CPU:0"
    if not tf.config.list_physical_devices("GPU"):
        raise BackendError(
            f"{spec.name}: TensorFlow {tf.__version__} finds no GPU here, expected one for the device {device!r}; "
            "use the device 'cpu', or install tensorflow[and-cuda] (TF_CPP_MIN_LOG_LEVEL=0 shows its search)"
        )
    # TensorFlow would round the factors of float32 products to 11 bits.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    return "/GPU:0"
