"""Models made by hand that keep the contract in place of those whose weights cannot be at hand.

    python -m tests.backends.standins NAME FOLDER

writes one: its weights, and a models file that names them. It is a program, so that torch stays out of the process that
runs the tests. A stand-in gives back what it gets, nearly: so its lag, its level and its silence mean something. The
rest of its network adds a little to it, so that it is not idle either.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..sharedfiles import ROOT
from ..tables import table


@dataclass(frozen=True)
class StandIn:
    """A model to be made.

    Attributes:
        model: the model of the registry that it stands in for.
        write: writes it, with its models file, to a folder.
    """

    model: str
    write: Callable[[Path], None]


def build(name: str, folder: Path) -> Path:
    """Make a stand-in in a process of its own and return its models file."""
    folder.mkdir()
    subprocess.run([sys.executable, "-m", __name__, name, str(folder)], cwd=ROOT, check=True)
    return folder / "models.toml"


def write_segan(folder: Path) -> None:
    """Write a slim generator whose outermost layers and skip pass each sample on; what the random rest adds is less.

    Silence gives next to silence, because there are no biases, and a latent code that counts little.
    """
    import torch

    from seinfer.backends.segan_options import Options, tensor_shapes

    options = Options(features=(4, 8, 16, 32, 64), z_dim=64)
    rng = np.random.RandomState(0)
    state = {
        name: np.zeros(shape) if name.endswith("bias") else rng.uniform(-1, 1, shape) * np.sqrt(3 / np.prod(shape[1:]))
        for name, shape in tensor_shapes(options).items()
    }
    # The first layer puts sample 4 m + r of the clip into channel r at m, and the last one takes it from there again.
    first, last = state["enc_blocks.0.conv.weight"], state["dec_blocks.4.deconv.weight"]
    first[:], last[4:] = 0, 0
    for r in range(4):
        first[r, 0, 14 + r] = last[4 + r, 0, 13 + r] = 1
    state["alpha_0.skip_k"][:] = 1
    state["dec_blocks.0.deconv.weight"][: options.z_dim] *= 1e-4
    tensors = {name: torch.from_numpy(values.astype(np.float32)) for name, values in state.items()}
    torch.save({"step": 0, "state_dict": tensors}, folder / "generator.ckpt")
    text = table("segan-standin", backend='"seinfer.backends.segan:load"', extra='"segan"')
    text += f"options = {{ features = {list(options.features)}, z_dim = {options.z_dim} }}\n"
    text += 'files = [{ name = "generator.ckpt", path = "generator.ckpt" }]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


STANDINS: Mapping[str, StandIn] = {"segan-standin": StandIn("segan+", write_segan)}
"""By the name in their models file."""


if __name__ == "__main__":
    STANDINS[sys.argv[1]].write(Path(sys.argv[2]))
