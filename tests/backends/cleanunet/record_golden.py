"""Record outputs of the authors' network with weights from a seed: writes golden/outputs.npz in this folder.

    python -m tests.backends.cleanunet.record_golden CHECKOUT

CHECKOUT is a checkout of NVIDIA/CleanUNet@9487a8d. The file contains numbers only: the outputs.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from tests.backends.golden_clip import golden_clip
from tests.backends.random_state import random_state

FOLDER = Path(__file__).with_name("golden")
RATE = 16_000
GAIN = 1.3
SIZES: dict[str, dict[str, int]] = {
    "small": {
        "hidden": 6,
        "max_hidden": 10,
        "depth": 4,
        "n_blocks": 2,
        "n_heads": 2,
        "attention_width": 8,
        "feed_forward_width": 12,
    },
    "published": {},
}
LENGTHS = {"small": (2, 45, 46, 47, 7_777), "published": (4_001,)}
"""Samples: a frame of the small network spans 46, and its hop is 16."""
_THEIR_NAMES = {
    "hidden": "channels_H",
    "max_hidden": "max_H",
    "depth": "encoder_n_layers",
    "n_blocks": "tsfm_n_layers",
    "n_heads": "tsfm_n_head",
    "attention_width": "tsfm_d_model",
    "feed_forward_width": "tsfm_d_inner",
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    outputs = {}
    for name, sizes in SIZES.items():
        network = their_network(Path(sys.argv[1]), sizes)
        for n_samples in LENGTHS[name]:
            clip = torch.from_numpy(golden_clip(RATE, n_samples))
            with torch.inference_mode():
                outputs[f"{name}/{n_samples}"] = network(clip[None, None])[0, 0].numpy()
    np.savez_compressed(FOLDER / "outputs.npz", **outputs)


def their_network(checkout: Path, sizes: dict[str, int]) -> Any:
    """Return the authors' network with our weights."""
    # Their util.py needs packages of their training; the network uses one function of it, for initial weights.
    util = ModuleType("util")
    util.__dict__["weight_scaling_init"] = lambda layer: None
    sys.modules["util"] = util
    sys.path.insert(0, str(checkout))
    five_blocks = {"tsfm_n_layers": 5}
    arguments = {_THEIR_NAMES[name]: value for name, value in sizes.items()}
    network = importlib.import_module("network").CleanUNet(**{**five_blocks, **arguments}).eval()
    shapes = [(name, tuple(values.shape)) for name, values in network.state_dict().items()]
    weights = random_state(shapes, GAIN)
    network.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    return network


if __name__ == "__main__":
    main()
