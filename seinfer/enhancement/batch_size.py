"""Sizes of batches that fit into the memory of the device: measured before the first clip, reduced when memory ends.

Measured: on a GPU, the memory that torch needs for a second of audio is the slope between a small and a larger batch of
noise. The limit is that share of the free memory which leaves room for clips that need more. Other frameworks take
memory from the GPU in large steps and do not say what they use: there the backend's own limits hold, and the reduction.

Reduced: if a batch does not fit, the limit becomes half of its length, for all later batches of this worker too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from ..backends.base import BatchLimits, Enhancer, Waveform, batch_limits, pad

T = TypeVar("T")

MEMORY_SHARE = 0.6
"""Of the free memory of a GPU, for one batch."""
MAX_GROWTH = 4.0
"""Largest batch relative to the backend's own limit: larger ones save little and lose more clips in a crash."""
PROBE_S = 4.0
_N_PROBES = 4
# Class names, because no framework is imported here: of torch, TensorFlow and Python.
_TYPES = frozenset({"OutOfMemoryError", "ResourceExhaustedError", "MemoryError"})
# Texts of onnxruntime (its arena), CUDA, cuDNN and cuBLAS.
_TEXTS = (
    *("failed to allocate memory for requested buffer", "is smaller than requested bytes", "out of memory"),
    *("cudnn_status_alloc_failed", "cublas_status_alloc_failed"),
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of a framework says that the memory of the device, or of the machine, was not enough."""
    return any(kind.__name__ in _TYPES for kind in type(error).__mro__) or any(
        text in str(error).lower() for text in _TEXTS
    )


class DeviceMemory(Protocol):
    """The memory of a device."""

    def free_bytes(self) -> int:
        """Return how much can still be allocated."""
        ...

    def peak_bytes(self, work: Callable[[], object]) -> int:
        """Do the work; return the most memory that it used in addition to what was in use before."""
        ...

    def release(self) -> None:
        """Give memory that the framework keeps for later back to the device."""
        ...


class TorchMemory:
    """The GPU that torch uses."""

    def free_bytes(self) -> int:
        """See DeviceMemory."""
        import torch

        kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return int(torch.cuda.mem_get_info()[0]) + kept

    def peak_bytes(self, work: Callable[[], object]) -> int:
        """See DeviceMemory."""
        import torch

        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        return int(torch.cuda.max_memory_allocated()) - before

    def release(self) -> None:
        """See DeviceMemory."""
        import torch

        torch.cuda.empty_cache()


def memory_of(device: str) -> DeviceMemory | None:
    """Return the memory of the GPU if a model runs on it in torch; None if nothing is known of its memory."""
    torch = sys.modules.get("torch")
    return TorchMemory() if device == "cuda" and torch is not None and torch.cuda.is_initialized() else None


def fitted_limits(enhancer: Enhancer, memory: DeviceMemory | None) -> BatchLimits:
    """Return the largest batch for an enhancer: its own limits, fitted to the memory that it needs here.

    Args:
        enhancer: the network.
        memory: of its device; None to keep its own limits.
    """
    own = batch_limits(enhancer)
    if memory is None or own.max_clips == 1:
        return own
    rate = enhancer.sample_rate or 16_000
    noise = 0.1 * np.random.default_rng(0).standard_normal(round(PROBE_S * rate)).astype(np.float32)
    try:
        _run(enhancer, noise, 1)  # libraries that are loaded and plans that are made in the first call do not count
        small, large = (memory.peak_bytes(partial(_run, enhancer, noise, n)) for n in (1, _N_PROBES))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return BatchLimits(1, own.max_batch_s)
    bytes_per_s = max(1.0, (large - small) / ((_N_PROBES - 1) * PROBE_S))
    growth = min(MAX_GROWTH, MEMORY_SHARE * memory.free_bytes() / bytes_per_s / own.max_batch_s)
    return BatchLimits(max(1, int(own.max_clips * max(1.0, growth))), own.max_batch_s * growth)


def _run(enhancer: Enhancer, clip: Waveform, n_clips: int) -> None:
    """Enhance a batch of equal clips of shape (time,)."""
    enhancer.enhance(pad([clip] * n_clips))


class BatchSizes:
    """The limit that is learnt when memory ends.

    Attributes:
        max_batch_s: seconds of audio in a batch, padding included; infinite until a batch did not fit.
    """

    def __init__(self) -> None:
        self.max_batch_s = float("inf")

    def fits(self, durations_s: Sequence[float]) -> bool:
        """Return whether clips of these durations may be one batch; a single clip always may."""
        return len(durations_s) <= 1 or _padded_s(durations_s) <= self.max_batch_s

    def reduce(self, durations_s: Sequence[float]) -> None:
        """Remember that a batch did not fit: the limit becomes half of it."""
        self.max_batch_s = min(self.max_batch_s, _padded_s(durations_s) / 2)


def halves(batch: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Return both halves of a batch of several clips."""
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]


def _padded_s(durations_s: Sequence[float]) -> float:
    return len(durations_s) * max(durations_s)
