"""Record outputs of the original Demucs: writes golden/*.th and golden/outputs.npz in this folder.

    python -m tests.backends.demucs.record_golden

Two tiny networks with random weights of ours, one causal and one not, are saved as the authors save theirs (a
state dict in torch's legacy format). `Demucs.forward` of the PyPI package denoiser runs in float64, as the rounding of
float32 depends on the processor. (The bytes of a .th file change with each recording, as that format contains memory
addresses; its tensors do not.)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from denoiser.demucs import Demucs

FOLDER = Path(__file__).with_name("golden")
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "causal": {"hidden": 4, "depth": 2},
    "both_ways": {"hidden": 4, "depth": 2, "causal": False, "stride": 2, "resample": 2},
}
LENGTHS = (3_000, 1_234)
"""Samples of the clips: all of the signal, and its beginning."""


def main() -> None:
    """Draw the weights and the signal, and run the package."""
    random = np.random.RandomState(0)
    signal = (0.1 * random.standard_normal(LENGTHS[0])).astype(np.float32)
    outputs = {"noisy": signal}
    for name, options in NETWORKS.items():
        network = Demucs(**options, sample_rate=16_000).eval()
        for parameter, values in network.named_parameters():
            # Large enough that the LSTM and every skip contribute to the output.
            scale = (1.7 if "lstm" in parameter else 2.6) * values[0].numel() ** -0.5 if values.ndim > 1 else 0.1
            values.data = torch.from_numpy(random.uniform(-scale, scale, tuple(values.shape)).astype(np.float32))
        torch.save(network.state_dict(), FOLDER / f"{name}.th", _use_new_zipfile_serialization=False)
        network.double()
        for n_samples in LENGTHS:
            with torch.no_grad():
                enhanced = network(torch.from_numpy(signal[None, None, :n_samples]).double())
            outputs[f"{name}/{n_samples}"] = enhanced[0, 0].numpy().astype(np.float32)
    np.savez_compressed(FOLDER / "outputs.npz", **outputs)


if __name__ == "__main__":
    main()
