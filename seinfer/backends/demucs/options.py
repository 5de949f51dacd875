"""The options of a Demucs table: the arguments of its network, and the share of the input in the output.

The rule it keeps: an unknown option, or a value with which no network can be built, is an error before anything is
loaded.

Source: facebookresearch/denoiser@8afd7c1, denoiser/demucs.py (arguments and their defaults) and denoiser/enhance.py
(`--dry`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...core.errors import RegistryError
from ...core.records import ModelSpec

FACTORS = (1, 2, 4)


@dataclass(frozen=True)
class Architecture:
    """The arguments of `denoiser.demucs.Demucs` that decide what the network computes, with its defaults.

    `chin` and `chout` are always 1, `sample_rate` is the table's, and `rescale` changes only untrained weights.

    Attributes:
        hidden: channels of the first level.
        depth: levels.
        growth: ratio of the channels of a level to those of the level before, up to `max_hidden` channels.
        causal: LSTM in forward direction only; otherwise in both directions.
        resample: rate of the convolutions divided by the sample rate.
        normalize: the input is divided by the clip's standard deviation plus `floor`, the output multiplied by the
            deviation.
    """

    hidden: int = 48
    depth: int = 5
    kernel_size: int = 8
    stride: int = 4
    causal: bool = True
    resample: int = 4
    growth: float = 2
    max_hidden: int = 10_000
    normalize: bool = True
    glu: bool = True
    floor: float = 1e-3


@dataclass(frozen=True)
class Options:
    """All options of a table.

    Attributes:
        dry: share of the noisy input in the output, 0 to 1.
    """

    architecture: Architecture
    dry: float = 0.0


DEFAULT_OPTIONS: Mapping[str, Any] = {**asdict(Architecture()), "dry": Options.dry}
"""Every option of a table, with the value that it has if the table does not state it."""


def read_options(spec: ModelSpec) -> Options:
    """Read and check the options of a model.

    Raises:
        RegistryError: an option is unknown, or no network can be built with its value.
    """
    if unknown := sorted(set(spec.options) - set(DEFAULT_OPTIONS)):
        raise RegistryError(f"{spec.name}: unknown option {unknown[0]!r}; expected one of {', '.join(DEFAULT_OPTIONS)}")
    for name, value in spec.options.items():
        is_right, expected = _RULES[name]
        if not is_right(value):
            raise RegistryError(f"{spec.name}: the option {name} is {value!r}, expected {expected}")
    values = {**DEFAULT_OPTIONS, **spec.options}
    architecture = Architecture(**{field.name: values[field.name] for field in fields(Architecture)})
    _check_together(spec, architecture)
    return Options(architecture, float(values["dry"]))


def _check_together(spec: ModelSpec, architecture: Architecture) -> None:
    if spec.causal not in (None, architecture.causal):
        raise RegistryError(
            f"{spec.name}: causal is {spec.causal} in the table and {architecture.causal} in its options "
            f"(default: true); expected the same value in both"
        )
    if architecture.kernel_size < architecture.stride:
        raise RegistryError(
            f"{spec.name}: the option kernel_size is {architecture.kernel_size} and stride {architecture.stride}; "
            "expected a kernel at least as long as the stride: samples between the kernels would be ignored"
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_COUNT = (_is_count, "a whole number of 1 or more")
_FLAG = (lambda value: isinstance(value, bool), "true or false")
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("hidden", "depth", "kernel_size", "stride", "max_hidden"), _COUNT),
    **dict.fromkeys(("causal", "normalize", "glu"), _FLAG),
    "resample": (lambda value: _is_count(value) and value in FACTORS, "1, 2 or 4"),
    "growth": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "floor": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "dry": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 (all network) to 1 (all input)"),
}
