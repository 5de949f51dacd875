"""A small DeepFilterNet 3 for the torch backend, with weights made from a seed, run in a separate process.

    python -m tests.backends.deepfilternet.standin_torch FOLDER

writes config.ini, a checkpoint and enhanced.npz to FOLDER: the golden clip enhanced by our backend, whole and as a
stream. With --record it enhances the clip by the authors' own `enhance` instead, and stores the result in golden/.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.backends.base import run_stream
from seinfer.backends.deepfilternet import torch as deepfilternet_torch
from tests.backends.golden_clip import golden_clip
from tests.backends.waveforms import alone

from .models import RATE, spec_with
from .record_golden import GOLDEN, N_SAMPLES
from .standin import write_config

SPEC = spec_with("deepfilternet3-torch")
CHECKPOINT = SPEC.files[1].name
# The layers of the published network, but narrower.
SIZES = {
    "conv_ch": "16",
    "emb_hidden_dim": "32",
    "df_hidden_dim": "32",
    "emb_num_layers": "2",
    "df_num_layers": "2",
    "enc_linear_groups": "4",
    "linear_groups": "4",
    "df_gru_skip": "groupedlinear",
    "df_pathway_kernel_size_t": "5",
    "conv_kernel_inp": "3,3",
}
_RANGES = {"running_mean": (-0.3, 0.3), "running_var": (0.5, 1.5), "bias": (-0.2, 0.2)}


def write_files(folder: Path) -> dict[str, Path]:
    """Write config.ini and a checkpoint; return file name -> file."""
    import torch

    config = write_config(folder / "config.ini", {("deepfilternet", key): value for key, value in SIZES.items()})
    network = deepfilternet_torch._build(SPEC, config, torch.device("cpu"))
    rng, state = np.random.RandomState(4), network.state_dict()
    for name, tensor in sorted(state.items()):
        if tensor.is_floating_point() and "erb" not in name.split(".")[-1]:  # the matrices of the ERB bands are kept
            state[name] = torch.from_numpy(_draw(rng, name.split(".")[-1], tuple(tensor.shape)))
    torch.save(state, folder / CHECKPOINT)
    return {"config.ini": config, CHECKPOINT: folder / CHECKPOINT}


def _draw(rng: np.random.RandomState, kind: str, shape: tuple[int, ...]) -> Any:
    if kind in _RANGES:
        return rng.uniform(*_RANGES[kind], shape).astype(np.float32)
    if len(shape) == 1:
        return rng.uniform(0.6, 1.4, shape).astype(np.float32)  # scale of a batch normalisation
    n_in = shape[1] if len(shape) == 3 else np.prod(shape[1:])
    return (1.2 * rng.standard_normal(shape) / np.sqrt(n_in)).astype(np.float32)


def main(folder: Path, *, is_record: bool) -> None:
    files, clip = write_files(folder), golden_clip(RATE, N_SAMPLES)
    if is_record:
        from .runner import Package

        enhanced = Package(files, folder).enhance(clip)
        np.savez_compressed(GOLDEN / "deepfilternet3_torch.npz", enhanced=enhanced)
    else:
        enhancer = deepfilternet_torch.load(SPEC, files, device="cpu", threads=1)
        streamed = run_stream(enhancer.open_stream(), clip, 1_234)
        np.savez(folder / "enhanced.npz", whole=alone(enhancer, clip), streamed=streamed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_record="--record" in sys.argv)
