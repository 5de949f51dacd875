"""Options of models on the command line: KEY=VALUE for every model that has the option, MODEL.KEY=VALUE for one.

The model's table in models.toml defines its options and their defaults; its backend checks the values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.errors import UsageError
from ..core.records import ModelSpec


@dataclass(frozen=True)
class Setting:
    """One --option.

    Attributes:
        text: as typed.
        model: name of the model; empty for all models that have the option.
        key: name of the option.
        value: a number, true or false, or text.
    """

    text: str
    model: str
    key: str
    value: Any

    def fits(self, spec: ModelSpec) -> bool:
        """Return whether it applies to this model."""
        return self.model in (spec.name, *spec.aliases) if self.model else self.key in spec.options


def with_options(specs: Sequence[ModelSpec], texts: Iterable[str]) -> tuple[ModelSpec, ...]:
    """Return the models with their options set.

    Raises:
        UsageError: a text is not an option, none of these models has it, or its value has another type.
    """
    changed = list(specs)
    for setting in map(read_setting, texts):
        fitting = [index for index, spec in enumerate(changed) if setting.fits(spec)]
        if not fitting:
            raise _unknown_option(setting, changed)
        for index in fitting:
            changed[index] = _changed(changed[index], setting)
    return tuple(changed)


def read_setting(text: str) -> Setting:
    """Read KEY=VALUE or MODEL.KEY=VALUE.

    Raises:
        UsageError: it is neither.
    """
    name, equals, value = text.partition("=")
    model, _, key = name.strip().rpartition(".")
    if not equals or not key or not value.strip():
        raise UsageError(f"--option {text!r} is not an option; expected KEY=VALUE or MODEL.KEY=VALUE, such as dry=0.1")
    return Setting(text, model, key, _value(value.strip()))


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=str)  # NaN and Infinity become text: no option takes them
    except ValueError:
        return text


def _changed(spec: ModelSpec, setting: Setting) -> ModelSpec:
    if setting.key not in spec.options:
        raise _unknown_option(setting, [spec])
    default = spec.options[setting.key]
    if _kind(default) != _kind(setting.value):
        raise UsageError(
            f"--option {setting.text!r}: {setting.key} of {spec.name} is {_kind(default)}, "
            f"such as {json.dumps(default)}; the value is {_kind(setting.value)}"
        )
    return replace(spec, options={**spec.options, setting.key: setting.value})


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, (int, float)) else "text" if isinstance(value, str) else "a list"


def _unknown_option(setting: Setting, specs: Sequence[ModelSpec]) -> UsageError:
    known = [f"{spec.name}.{key}" for spec in specs for key in spec.options]
    expected = f"expected one of {', '.join(known)}" if known else "they have no options; leave it out"
    return UsageError(f"--option {setting.text!r}: none of the chosen models has it; {expected}")
