"""Make the files of golden/ again: `python -m tests.backends.dpcrn.record_golden`. Needs tensorflow for the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.backends.golden_clip import golden_clip

from . import reference, standin, tiny_graph

GOLDEN = Path(__file__).with_name("golden")
RATE = 16_000
# Neither is a whole number of hops.
N_SAMPLES = {"dpcrn_tf": 5_077, "dpcrn_litert": 4_321}


def main() -> None:
    """Write the graph and both golden outputs."""
    tiny_graph.GRAPH.write_bytes(tiny_graph.convert())
    clips = {name: golden_clip(RATE, n_samples) for name, n_samples in N_SAMPLES.items()}
    _save("dpcrn_tf", reference.enhance(standin.draw_tensors(), clips["dpcrn_tf"]))
    _save("dpcrn_litert", tiny_graph.enhance(clips["dpcrn_litert"]))


def _save(name: str, enhanced: np.ndarray) -> None:
    np.savez_compressed(GOLDEN / f"{name}.npz", enhanced=enhanced.astype(np.float32))


if __name__ == "__main__":
    main()
