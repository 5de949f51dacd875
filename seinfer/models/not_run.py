"""Which commands install the models that do not run here, found from the reasons of `selection.why_not`.

A run folder keeps these reasons as text, so that its tables can be rebuilt on a machine that has no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PULL = re.compile(r"weights \w+: seinfer models pull \S+")
_INSTALL = re.compile(r"needs .+?: (?P<start>.+ -m pip install .*)\[(?P<extra>[\w.-]+)\](?P<end>'?)")


@dataclass(frozen=True)
class Installable:
    """Models that can be installed.

    Attributes:
        models: names, in the order of the table.
        commands: commands that install all of them: first the packages, then the weights.
    """

    models: tuple[str, ...]
    commands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.models)}; install with: {', then '.join(self.commands)}"


def installable(reasons: Mapping[str, str]) -> Installable:
    """Return the models that commands can install; a model with any other reason is not among them.

    Args:
        reasons: model -> why it does not run, as `selection.why_not` gives it.
    """
    extras: dict[tuple[str, str], dict[str, None]] = {}
    without_packages, without_weights = [], []
    for model, reason in reasons.items():
        if found := _INSTALL.fullmatch(reason):
            extras.setdefault((found["start"], found["end"]), {})[found["extra"]] = None
            without_packages.append(model)
        elif _PULL.match(reason):
            without_weights.append(model)
    commands = [f"{start}[{','.join(names)}]{end}" for (start, end), names in extras.items()]
    if without_weights:
        commands.append(f"seinfer models pull {without_weights[0] if len(without_weights) == 1 else 'all'}")
    chosen = {*without_packages, *without_weights}
    return Installable(tuple(model for model in reasons if model in chosen), tuple(commands))
