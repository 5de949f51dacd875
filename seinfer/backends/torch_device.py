"""Where and how precisely a torch network computes: its device, its number format, the transfers to and from it.

The rule: weights, input and output are float32. With "bf16" or "fp16", torch.autocast computes those layers in 16 bits
that it considers safe, such as convolutions and matrix products; the output is converted back.

Transfers to a GPU use pinned memory, which the GPU reads without the help of the processor. torch keeps pinned memory
and uses it again.

torch is imported here, inside functions, and nowhere at module level.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ..core.devices import checked_precision

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_TYPES = {"bf16": "bfloat16", "fp16": "float16"}
"""Precision -> torch's name of its type."""


class TorchDevice:
    """A device with a precision.

    Attributes:
        device: torch's device.
        precision: "float32", "bf16" or "fp16".
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.precision = "float32"

    @property
    def name(self) -> str:
        """Kind of the device: "cpu" or "cuda"."""
        return self.device.type

    def set_precision(self, precision: str) -> None:
        """Compute in "float32", "bf16" or "fp16" from now on.

        Raises:
            UsageError: there is no such precision.
        """
        self.precision = checked_precision(precision)

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Compute without gradients, in this precision. It holds for the calling thread only."""
        import torch

        with torch.inference_mode():
            if self.precision == "float32":
                yield
                return
            with torch.autocast(self.name, getattr(torch, _TYPES[self.precision])):
                yield

    def send(self, samples: npt.NDArray[Any]) -> Tensor:
        """Return an array as a tensor on the device; on the CPU it shares the memory of the array."""
        import torch

        tensor = torch.from_numpy(samples)
        return tensor if self.name == "cpu" else tensor.pin_memory().to(self.device, non_blocking=True)

    def fetch(self, tensor: Tensor) -> npt.NDArray[Any]:
        """Return a tensor as an array of float32, or of complex64 if it is complex, once it is computed."""
        import torch

        tensor = tensor if tensor.is_complex() else tensor.float()
        if self.name == "cpu":
            shared: npt.NDArray[Any] = tensor.numpy()
            return shared
        target = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        target.copy_(tensor, non_blocking=True)
        torch.cuda.current_stream(self.device).synchronize()
        # A copy: torch gives pinned memory back to the system only at the end of the process.
        array: npt.NDArray[Any] = target.numpy().copy()
        return array


class OnTorch:
    """Base of enhancers that run in torch; implements `backends.base.Reducible`."""

    def __init__(self, place: TorchDevice) -> None:
        self._place = place

    @property
    def device(self) -> str:
        """Where the network runs: "cpu" or "cuda"."""
        return self._place.name

    def set_precision(self, precision: str) -> None:
        """Compute in this precision from now on; see `backends.base.Reducible`."""
        self._place.set_precision(precision)
