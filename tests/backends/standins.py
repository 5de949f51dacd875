"""Weights in place of published ones that the shared folder cannot hold: the same network, other numbers.

A stand-in is a model of its own for the contract test: the table of its model, with files and options that differ.
"""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seinfer.records import ModelSpec


@dataclass(frozen=True)
class StandIn:
    """Attributes:
    model: whose place it takes.
    make: (shared folder, empty folder) -> file name -> file.
    options: in place of the table's.
    """

    model: str
    make: Callable[[Path, Path], Mapping[str, Path]]
    options: Mapping[str, Any] = field(default_factory=dict)

    def spec(self, specs: Mapping[str, ModelSpec], name: str) -> ModelSpec:
        original = specs[self.model]
        return dataclasses.replace(original, name=name, aliases=(), options={**original.options, **self.options})


def rebuilt_deepfilternet3(shared: Path, folder: Path) -> Mapping[str, Path]:
    """Unpack the checkpoint that was rebuilt from the ONNX graphs, batch normalisation folded in."""
    with zipfile.ZipFile(shared / "weights/deepfilternet3/DeepFilterNet3-reconstructed.zip") as archive:
        paths = [Path(archive.extract(member, folder)) for member in archive.namelist() if not member.endswith("/")]
    return {path.name: path for path in paths}


STAND_INS: Mapping[str, StandIn] = {
    "deepfilternet3-torch-rebuilt": StandIn("deepfilternet3-torch", rebuilt_deepfilternet3),
}
