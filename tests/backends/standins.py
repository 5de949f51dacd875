"""Models made by hand that keep the contract in place of those whose weights cannot be at hand.

    python -m tests.backends.standins NAME FOLDER

writes one: its weights, and a models file that names them. It is a program, so that torch stays out of the process that
runs the tests. A stand-in is a network that gives back what it gets, nearly, or one that its authors' code made, or the
model itself with its numbers rebuilt: so its lag, its level and its silence mean something.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests import helpers
from tests.helpers import table


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
    if STANDINS[name].is_made_of_shared and helpers.shared_folder() is None:
        pytest.skip(f"{name} is made of what lies in SEINFER_SHARED or ../shared, which is absent")
    folder.mkdir()
    subprocess.run([sys.executable, "-m", __name__, name, str(folder)], cwd=helpers.ROOT, check=True)
    return folder / "models.toml"


def write_segan(folder: Path) -> None:
    """Write a slim generator whose outermost layers and skip pass each sample on; what the random rest adds is less.

    Silence gives next to silence, because there are no biases, and a latent code that counts little.
    """
    import torch

    from seinfer.backends.segan.options import Options, tensor_shapes

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


def write_demucs_causal(folder: Path) -> None:
    """Name a small Demucs of the architecture of denoiser-dns48, -dns64 and -master64, trained a little."""
    _write_demucs(folder, "demucs-causal-standin", "tiny_causal_h8.th", "{ hidden = 8, dry = 0.0 }")


def write_demucs_both_ways(folder: Path) -> None:
    """Name a small Demucs of the architecture of denoiser-valentini-nc."""
    options = "{ hidden = 4, causal = false, stride = 2, resample = 2, dry = 0.0 }"
    _write_demucs(folder, "demucs-nc-standin", "tiny_nc_h4.th", options, causal="false")


def _write_demucs(folder: Path, name: str, weights: str, options: str, **keys: str) -> None:
    path = _shared() / "golden" / "denoiser" / weights
    text = table(name, backend='"seinfer.backends.demucs:load"', extra='"denoiser"', **keys)
    text += f'options = {options}\nfiles = [{{ name = "{weights}", path = "{path}" }}]\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def write_deepfilternet(folder: Path) -> None:
    """Write the checkpoint that was rebuilt from the ONNX graphs of DeepFilterNet 3, batch normalisation folded in."""
    from tests.backends.deepfilternet.models import unpack_rebuilt

    files = unpack_rebuilt(_shared(), folder)
    text = table(
        "deepfilternet3-torch-standin",
        backend='"seinfer.backends.deepfilternet:load_torch"',
        extra='"deepfilternet-torch"',
        sample_rate="48000",
    )
    paths = ", ".join(f'{{ name = "{name}", path = "{path.relative_to(folder)}" }}' for name, path in files.items())
    (folder / "models.toml").write_text(f"{text}files = [{paths}]\n", encoding="utf-8")


def _shared() -> Path:
    shared = helpers.shared_folder()
    assert shared is not None
    return shared


STANDINS: Mapping[str, StandIn] = {
    "demucs-causal-standin": StandIn("denoiser-dns64", write_demucs_causal, is_made_of_shared=True),
    "demucs-nc-standin": StandIn("denoiser-valentini-nc", write_demucs_both_ways, is_made_of_shared=True),
    "segan-standin": StandIn("segan+", write_segan),
    "deepfilternet3-torch-standin": StandIn("deepfilternet3-torch", write_deepfilternet, is_made_of_shared=True),
}
"""By the name in their models file."""


if __name__ == "__main__":
    STANDINS[sys.argv[1]].write(Path(sys.argv[2]))
