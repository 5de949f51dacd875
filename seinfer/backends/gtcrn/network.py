"""The network: spectra of the next frames and the memory of the frames before -> enhanced spectra.

Source: Rong et al., "GTCRN: A Speech Enhancement Model Requiring Ultralow Computational Resources", ICASSP 2024
(doi:10.1109/ICASSP48485.2024.10448310); Xiaobin-Rong/gtcrn@3862c44, gtcrn.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .layers import Layer, Memory
from .shapes import N_LOW

if TYPE_CHECKING:
    from torch import Tensor

_FLOOR = 1e-12  # below the root of the magnitude


@dataclass(frozen=True)
class Network:
    """GTCRN or GTCRN-Micro with its weights.

    Attributes:
        to_bands: bins above the lowest 65 -> bands, shape (64, 192).
        to_bins: bands -> bins, shape (192, 64).
        front: what the first layer sees of the neighbouring frequencies.
        encoder: five layers, the output of each of which the decoder gets too.
        middle: layers between them.
        decoder: five layers.
    """

    to_bands: Tensor
    to_bins: Tensor
    front: Layer
    encoder: tuple[Layer, ...]
    middle: tuple[Layer, ...]
    decoder: tuple[Layer, ...]

    def __call__(self, spectra: Tensor, memory: Memory) -> Tensor:
        """Return the enhanced spectra of the next frames.

        Args:
            spectra: complex, shape (clip, frame, 257).
            memory: of the same clips after the frames before; it is changed to that after these frames.
        """
        import torch

        re, im = spectra.real, spectra.imag
        parts = torch.stack([(re.square() + im.square() + _FLOOR).sqrt(), re, im], 1)
        re, im = self._mask(parts, memory).unbind(1)
        return spectra * torch.complex(re.float(), im.float())  # in bfloat16 there are no complex numbers

    def _mask(self, parts: Tensor, memory: Memory) -> Tensor:
        """Return real and imaginary part of the mask for (magnitude, Re, Im), shape (clip, 2, frame, 257)."""
        import torch

        x = torch.cat([parts[..., :N_LOW], parts[..., N_LOW:] @ self.to_bands.T], 3)
        x = self.front(x, memory)
        skips = []
        for layer in self.encoder:
            x = layer(x, memory)
            skips.append(x)
        for layer in self.middle:
            x = layer(x, memory)
        for layer, skip in zip(self.decoder, reversed(skips), strict=True):
            x = layer(x + skip, memory)
        x = x.tanh()
        return torch.cat([x[..., :N_LOW], x[..., N_LOW:] @ self.to_bins.T], 3)
