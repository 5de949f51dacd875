"""Models made by hand that keep the contract in place of those whose weights cannot be at hand.

    python -m tests.backends.standins NAME FOLDER

writes one: its weights, and a models file that names them. It is a program, so that torch stays out of the process that
runs the tests. A stand-in gives back what it gets, nearly, or is the same network with its numbers rebuilt: so its lag,
its level and its silence mean something.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from .. import sharedfiles
from ..tables import table


@dataclass(frozen=True)
class StandIn:
    """A model to be made.

    Attributes:
        model: the model of the registry that it stands in for.
        write: writes it, with its models file, to a folder.
        is_made_of_shared: whether it takes anything from the shared folder.
    """

    model: str
    write: Callable[[Path], None]
    is_made_of_shared: bool = False


def build(name: str, folder: Path) -> Path:
    """Make a stand-in in a process of its own and return its models file; skip where it is made of what is absent."""
    if STANDINS[name].is_made_of_shared and sharedfiles.shared_folder() is None:
        pytest.skip(f"{name} is made of what lies in SEINFER_SHARED or ../shared, which is absent")
    folder.mkdir()
    subprocess.run([sys.executable, "-m", __name__, name, str(folder)], cwd=sharedfiles.ROOT, check=True)
    return folder / "models.toml"


def write_deepfilternet(folder: Path) -> None:
    """Write the checkpoint that was rebuilt from the ONNX graphs of DeepFilterNet 3, batch normalisation folded in."""
    from .deepfilternet import unpack_rebuilt

    shared = sharedfiles.shared_folder()
    assert shared is not None
    files = unpack_rebuilt(shared, folder)
    text = table(
        "deepfilternet3-torch-standin",
        backend='"seinfer.backends.deepfilternet_torch:load"',
        extra='"deepfilternet-torch"',
        sample_rate="48000",
    )
    paths = ", ".join(f'{{ name = "{name}", path = "{path.relative_to(folder)}" }}' for name, path in files.items())
    (folder / "models.toml").write_text(f"{text}files = [{paths}]\n", encoding="utf-8")


STANDINS: Mapping[str, StandIn] = {
    "deepfilternet3-torch-standin": StandIn("deepfilternet3-torch", write_deepfilternet, is_made_of_shared=True),
}
"""By the name in their models file."""


if __name__ == "__main__":
    STANDINS[sys.argv[1]].write(Path(sys.argv[2]))
