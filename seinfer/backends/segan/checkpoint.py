"""A SEGAN+ checkpoint -> the tensors of its generator, strictly.

The rule: every tensor of the generator comes from the file, and every tensor of the file goes into the generator. (The
authors' loader takes the tensors that fit and leaves the others at their random initial values.)

Two layouts are read, `{"step", "state_dict"[, "optimizer"]}` and a bare state dict, and two generations of names:
`gen_enc.*` and `gen_dec.*.conv` are the older ones of `enc_blocks.*` and `dec_blocks.*.deconv`.

Source: santi-pdp/segan_pytorch@0522387, Saver in segan/models/core.py, and weightG_fmt_converter.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..torch import read_checkpoint, strict_tensors
from .options import Shapes

if TYPE_CHECKING:
    import torch


def read_state(torch: ModuleType, path: Path, spec: ModelSpec, shapes: Shapes) -> dict[str, torch.Tensor]:
    """Return the tensors of a generator by their current names: float32, on the CPU.

    Args:
        torch: the module.
        path: the checkpoint.
        spec: the model, for messages.
        shapes: name -> shape of every tensor that it must contain.

    Raises:
        IntegrityError: the file cannot be read, names code, or does not contain exactly these tensors, all finite.
    """
    state = _state_dict(read_checkpoint(torch, path, spec), path, spec)
    return strict_tensors(state, shapes, path, spec)


def _state_dict(content: Any, path: Path, spec: ModelSpec) -> Mapping[str, Any]:
    state = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise IntegrityError(
            f"{path} does not fit {spec.name}: it contains a {type(state).__name__}, expected a state dict, or one "
            "under the key 'state_dict'; it is another model's checkpoint"
        )
    renamed = {_current_name(name): value for name, value in state.items()}
    if len(renamed) < len(state):
        raise IntegrityError(
            f"{path} does not fit {spec.name}: some of its {len(state)} tensors occur by an old name and by a "
            "current one, expected one name each; it was combined from two checkpoints"
        )
    return renamed


def _current_name(name: str) -> str:
    if name.startswith("gen_dec."):
        return name.replace("gen_dec.", "dec_blocks.", 1).replace(".conv.", ".deconv.", 1)
    return name.replace("gen_enc.", "enc_blocks.", 1) if name.startswith("gen_enc.") else name
