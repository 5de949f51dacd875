"""Checkpoints of denoiser in the three forms that its authors' code writes and reads.

- a plain state dict, as published
- `best.th`, a package: {"class", "args", "kwargs", "state"}
- `checkpoint.th`, of a training run: {"model": a package, "best_state", "optimizer", "history", "args"}

The rule it keeps: no code in a file is run. Classes that a training run saves in addition to tensors, the network's own
class among them, are replaced by empty ones; and the arguments that a package was made with must be those of the table.
A package in torch's format of before 1.6 is refused: it contains the source code of the class, which no safe reader
takes.

Source: facebookresearch/denoiser@8afd7c1, denoiser/utils.py (`serialize_model`), denoiser/solver.py (`_serialize`) and
denoiser/pretrained.py (`get_model`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..torch import inert, read_checkpoint
from .options import Architecture

# Classes of hydra's settings and of the history's numpy numbers, which a training run also saves.
_ALSO_NAMED = (
    *("builtins.dict", "collections.defaultdict", "typing.Any"),
    *("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
    *("omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig"),
    *("omegaconf.nodes.AnyNode", "omegaconf.nodes.UntypedNode", "omegaconf.base.Metadata"),
    "omegaconf.base.ContainerMetadata",
)
_PACKAGE_KEYS = ("class", "args", "kwargs", "state")


def read_state(torch: ModuleType, demucs: Any, path: Path, spec: ModelSpec, wanted: Architecture) -> Mapping[str, Any]:
    """Return the tensors of a checkpoint by name.

    Args:
        torch: the module.
        demucs: the class `denoiser.demucs.Demucs`, for the names and defaults of its arguments.
        path: the file, in any of the three forms.
        spec: the model.
        wanted: the network that its table describes.

    Raises:
        IntegrityError: it cannot be read, has other content, or was made with other arguments.
    """
    network = inert("denoiser.demucs.Demucs")
    content = read_checkpoint(torch, path, spec, [network, *map(inert, _ALSO_NAMED)])
    if not isinstance(content, Mapping):
        raise _not_a_checkpoint(path, spec, f"a {type(content).__name__}")
    package = content.get("model", content)
    if not isinstance(package, Mapping):
        raise _not_a_checkpoint(path, spec, f"as model a {type(package).__name__}")
    if "state" not in package:
        return package
    if missing := [key for key in _PACKAGE_KEYS if key not in package]:
        raise _not_a_checkpoint(path, spec, f"a package without {missing[0]!r}")
    if package["class"] is not network:
        raise _not_a_checkpoint(path, spec, f"a package of {package['class']!r}")
    _check_arguments(demucs, package, path, spec, wanted)
    state = content.get("best_state", package["state"])
    if not isinstance(state, Mapping):
        raise _not_a_checkpoint(path, spec, f"as state a {type(state).__name__}")
    return state


def _check_arguments(
    demucs: Any, package: Mapping[str, Any], path: Path, spec: ModelSpec, wanted: Architecture
) -> None:
    try:
        bound = inspect.signature(demucs).bind(*package["args"], **package["kwargs"])
    except TypeError as error:
        raise _not_a_checkpoint(path, spec, f"a package of a Demucs with other arguments ({error})") from error
    bound.apply_defaults()
    expected = {**asdict(wanted), "chin": 1, "chout": 1, "sample_rate": spec.sample_rate}
    for name, value in expected.items():
        seen = bound.arguments[name]
        if not isinstance(seen, int | float) or seen != value:
            raise IntegrityError(
                f"{path} does not fit {spec.name}: it was made with {name} = {seen!r}, and the table says {value!r}; "
                "expected the same value: correct the table or choose another file"
            )


def _not_a_checkpoint(path: Path, spec: ModelSpec, seen: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is not a checkpoint of denoiser for {spec.name}: it contains {seen}; expected a state dict, a package "
        f"with {', '.join(_PACKAGE_KEYS)}, or a training run's checkpoint with model and best_state"
    )
