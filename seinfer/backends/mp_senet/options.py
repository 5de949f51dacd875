"""The options of an MP-SENet table: the sizes of its network. The defaults are those of both published checkpoints.

The rule it keeps: an unknown option, or a value with which no network can be built, is an error before anything is
loaded.

Source: yxlu-0102/MP-SENet@89932cf, best_ckpt/config.json and models/model.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ...core.errors import RegistryError
from ...core.records import ModelSpec
from ..options import read_sizes

N_HEADS = 4
"""Attention heads; the same in all published checkpoints."""


@dataclass(frozen=True)
class Options:
    """All options of a table.

    Attributes:
        channels: of every convolution, and features in the transformers.
        n_blocks: pairs of transformers.
    """

    channels: int = 64
    n_blocks: int = 4


DEFAULT_OPTIONS: Mapping[str, int] = asdict(Options())
"""Every option of a table, with the value that it has if the table does not state it."""


def read_options(spec: ModelSpec) -> Options:
    """Read and check the options of a model.

    Raises:
        RegistryError: an option is unknown, or no network can be built with its value.
    """
    options = Options(**read_sizes(spec, DEFAULT_OPTIONS))
    if options.channels % N_HEADS:
        raise RegistryError(
            f"{spec.name}: the option channels is {options.channels}, expected a multiple of {N_HEADS}, the number of "
            "attention heads"
        )
    return options
