"""Options of a model that are numbers: checked against the defaults and ranges that its backend states."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import RegistryError
from ..core.records import ModelSpec


def read_numbers(
    spec: ModelSpec, defaults: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    """Return the value of each option: that of the model's table, else its default.

    Args:
        spec: the model.
        defaults: name -> value; an int if the option must be a whole number.
        ranges: name -> smallest and largest value.

    Raises:
        RegistryError: an option is unknown, is no number, or is out of its range.
    """
    for name, value in spec.options.items():
        if name not in defaults:
            raise RegistryError(f"{spec.name}: unknown option {name!r}; expected one of {', '.join(defaults)}")
        low, high = ranges[name]
        is_whole = isinstance(defaults[name], int)
        is_number = isinstance(value, int if is_whole else (int, float)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            kind = "a whole number" if is_whole else "a number"
            raise RegistryError(
                f"{spec.name}: the option {name} is {value!r}, expected {kind} from {low:g} to {high:g}"
            )
    return {**defaults, **spec.options}


def read_sizes(spec: ModelSpec, defaults: Mapping[str, int]) -> dict[str, int]:
    """Return the value of each option: the size of a part of a network, that of the model's table or the default.

    Raises:
        RegistryError: an option is unknown, or is no whole number above 0.
    """
    for name, value in spec.options.items():
        if name not in defaults:
            raise RegistryError(f"{spec.name}: unknown option {name!r}; expected one of {', '.join(defaults)}")
        if type(value) is not int or value < 1:
            raise RegistryError(f"{spec.name}: the option {name} is {value!r}, expected a whole number above 0")
    return {**defaults, **spec.options}
