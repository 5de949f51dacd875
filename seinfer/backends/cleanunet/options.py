"""The options of a CleanUNet table: the sizes of its network. The defaults are those of both published models.

The rule it keeps: an unknown option, or a value with which no network can be built, is an error before anything is
loaded.

Source: NVIDIA/CleanUNet@9487a8d, configs/DNS-large-full.json and DNS-large-high.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ...core.errors import RegistryError
from ...core.records import ModelSpec
from ..options import read_sizes

KERNEL, STRIDE = 4, 2
"""Of every convolution that changes the rate, in samples; the same in all published models."""
MAX_FRAMES = 3_750
"""Frames that one frame attends to, itself included: a minute at 16 kHz with the published sizes. The networks were
trained on clips of 10 s."""


@dataclass(frozen=True)
class Options:
    """All options of a table.

    Attributes:
        hidden: channels of the first level; each level has twice those of the level before, up to `max_hidden`.
        max_hidden: largest number of channels of a level.
        depth: levels of the encoder and of the decoder.
        n_blocks: self-attention blocks.
        n_heads: attention heads of a block.
        attention_width: features of a frame in the self-attention blocks.
        feed_forward_width: features between the two layers behind each attention.
    """

    hidden: int = 64
    max_hidden: int = 768
    depth: int = 8
    n_blocks: int = 5
    n_heads: int = 8
    attention_width: int = 512
    feed_forward_width: int = 2048

    @property
    def hop_samples(self) -> int:
        """Distance of two frames of the innermost level."""
        return int(STRIDE**self.depth)

    @property
    def frame_samples(self) -> int:
        """Samples of the input that a frame of the innermost level spans."""
        return 1 + (KERNEL - 1) * (self.hop_samples - 1) // (STRIDE - 1)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each level, the outermost first."""
        return tuple(min(self.hidden * 2**level, self.max_hidden) for level in range(self.depth))


DEFAULT_OPTIONS: Mapping[str, int] = asdict(Options())
"""Every option of a table, with the value that it has if the table does not state it."""


def read_options(spec: ModelSpec) -> Options:
    """Read and check the options of a model.

    Raises:
        RegistryError: an option is unknown, or no network can be built with its value.
    """
    options = Options(**read_sizes(spec, DEFAULT_OPTIONS))
    if options.attention_width % options.n_heads:
        raise RegistryError(
            f"{spec.name}: the option attention_width is {options.attention_width}, expected a multiple of n_heads "
            f"({options.n_heads})"
        )
    return options
