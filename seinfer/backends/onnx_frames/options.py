"""The options of a frame-by-frame network: the STFT that it was trained with.

The rule: an option that is unknown, or with which the clip cannot be rebuilt from its frames, is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...core.errors import RegistryError
from ...core.records import ModelSpec

WINDOWS = ("hann", "root-hann")


@dataclass(frozen=True)
class Options:
    """The options of a table.

    Attributes:
        n_fft: samples in a frame, an even number; the network has n_fft / 2 + 1 bins.
        hop_length: samples from one frame to the next.
        window: "hann", the periodic Hann window, or "root-hann", its square root; in analysis and synthesis.
    """

    n_fft: int = 512
    hop_length: int = 256
    window: str = "hann"


DEFAULT_OPTIONS: Mapping[str, Any] = {field.name: field.default for field in fields(Options)}
"""Every option of a table, with the value that it has if the table does not state it."""


def read_options(spec: ModelSpec) -> Options:
    """Return the options of a model.

    Raises:
        RegistryError: an option is unknown or has an invalid value.
    """
    if unknown := sorted(set(spec.options) - set(DEFAULT_OPTIONS)):
        raise RegistryError(f"{spec.name}: unknown option {unknown[0]!r}; expected one of {', '.join(DEFAULT_OPTIONS)}")
    values = {**DEFAULT_OPTIONS, **spec.options}
    n_fft, hop_length, window = values["n_fft"], values["hop_length"], values["window"]
    if type(n_fft) is not int or n_fft < 4 or n_fft % 2:
        raise RegistryError(
            f"{spec.name}: the option n_fft is {n_fft!r}, expected an even number of samples, 4 or more"
        )
    if type(hop_length) is not int or not 1 <= hop_length <= n_fft // 2:
        raise RegistryError(
            f"{spec.name}: the option hop_length is {hop_length!r}, expected samples from 1 to {n_fft // 2} (n_fft / 2)"
        )
    if window not in WINDOWS:
        raise RegistryError(f"{spec.name}: the option window is {window!r}, expected one of {', '.join(WINDOWS)}")
    return Options(n_fft, hop_length, window)
