"""Record outputs of the authors' code with weights from a seed: writes golden/outputs.npz in this folder.

    python -m tests.backends.mp_senet.record_golden CHECKOUT

CHECKOUT is a checkout of yxlu-0102/MP-SENet@89932cf. The file contains numbers only: the outputs, which are shorter
than the clips by up to 99 samples. Their code runs in float64: in float32 its result depends on rounding (see
seinfer/backends/mp_senet/spectrum.py).
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tests.backends.golden_clip import golden_clip
from tests.backends.random_state import random_state

FOLDER = Path(__file__).with_name("golden")
RATE = 16_000
GAIN = 1.3
SIZES: dict[str, dict[str, int]] = {"small": {"channels": 8, "n_blocks": 2}, "published": {}}
LENGTHS = {"small": (400, 5_033), "published": (3_399,)}
"""Samples."""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    torch.set_default_dtype(torch.float64)
    outputs = {}
    for name, sizes in SIZES.items():
        for n_samples in LENGTHS[name]:
            outputs[f"{name}/{n_samples}"] = their_output(Path(sys.argv[1]), golden_clip(RATE, n_samples), sizes)
    np.savez_compressed(FOLDER / "outputs.npz", **outputs)


def their_output(checkout: Path, clip: npt.NDArray[np.float32], sizes: dict[str, int]) -> npt.NDArray[np.float32]:
    """Return the authors' output for a clip, with the steps of their inference.py."""
    # Their modules import packages of their training, which the network does not use.
    names = ("joblib", "librosa", "matplotlib", "matplotlib.pylab")
    for name in names:
        module = ModuleType(name)
        module.__dict__.update(Parallel=None, delayed=None, use=lambda backend: None)
        sys.modules[name] = module
    sys.path.insert(0, str(checkout))
    h = SimpleNamespace(**json.loads((checkout / "config.json").read_text()))
    h.dense_channel = sizes.get("channels", h.dense_channel)
    network = importlib.import_module("models.model").MPNet(h, sizes.get("n_blocks", 4)).eval()
    shapes = [(name, tuple(values.shape)) for name, values in network.state_dict().items()]
    network.load_state_dict({name: torch.from_numpy(v) for name, v in random_state(shapes, GAIN).items()})
    dataset: Any = importlib.import_module("dataset")
    noisy = torch.from_numpy(clip).double()
    with torch.inference_mode():
        factor = torch.sqrt(len(noisy) / torch.sum(noisy**2.0))
        stft = (h.n_fft, h.hop_size, h.win_size, h.compress_factor)
        magnitude, phase, _ = dataset.mag_pha_stft((noisy * factor)[None], *stft)
        enhanced = dataset.mag_pha_istft(*network(magnitude, phase)[:2], *stft) / factor
    return np.asarray(enhanced[0].numpy(), np.float32)


if __name__ == "__main__":
    main()
