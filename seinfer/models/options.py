"""Options of models on the command line: KEY=VALUE for every model that has the option, MODEL.KEY=VALUE for one.

A model has the options of its table in models.toml, and those of which its backend states the default (see
`registry.known_options`). The backend checks the values when it loads the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.errors import UsageError
from ..core.records import ModelSpec
from .registry import known_options


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

    def fits(self, spec: ModelSpec, known: Mapping[str, Any]) -> bool:
        """Return whether it applies to this model, which has the options `known`."""
        return self.model in (spec.name, *spec.aliases) if self.model else self.key in known


def with_options(specs: Sequence[ModelSpec], texts: Iterable[str]) -> tuple[ModelSpec, ...]:
    """Return the models with their options set.

    Raises:
        UsageError: a text is not an option, none of these models has it, or its value has another type.
    """
    changed = list(specs)
    settings = [read_setting(text) for text in texts]
    # Without settings no backend is imported.
    known = [known_options(spec) for spec in specs] if settings else []
    for setting in settings:
        fitting = [index for index, spec in enumerate(changed) if setting.fits(spec, known[index])]
        if not fitting:
            raise _unknown_option(setting, dict(zip((spec.name for spec in specs), known, strict=True)))
        for index in fitting:
            changed[index] = _changed(changed[index], setting, known[index])
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


def _changed(spec: ModelSpec, setting: Setting, known: Mapping[str, Any]) -> ModelSpec:
    if setting.key not in known:
        raise _unknown_option(setting, {spec.name: known})
    default = known[setting.key]
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


def _unknown_option(setting: Setting, known: Mapping[str, Mapping[str, Any]]) -> UsageError:
    """Return the error for an option that no chosen model has; `known` is model name -> its options."""
    names = [f"{model}.{key}" for model, options in known.items() for key in options]
    expected = f"expected one of {', '.join(names)}" if names else "they have no options; leave it out"
    return UsageError(f"--option {setting.text!r}: none of the chosen models has it; {expected}")
