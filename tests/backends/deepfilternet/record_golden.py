"""Make the files of golden/ again: `python -m tests.backends.deepfilternet.record_golden`. Needs numpy only."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from tests.backends.golden_clip import golden_clip

from . import reference, standin

GOLDEN = Path(__file__).with_name("golden")
RATE = 48_000
N_SAMPLES = 7_013  # not a whole number of hops
CASES = {
    f"{architecture}{suffix}": (architecture, post_filter, limit_db)
    for architecture in ("deepfilternet2", "deepfilternet3")
    for suffix, post_filter, limit_db in (("", False, None), ("_post_filter_limit", True, 12.0))
}
"""Name -> (architecture, post-filter, limit of the attenuation in dB)."""


def compute(name: str) -> np.ndarray:
    """Return the reference's output of a case, in float64."""
    architecture, post_filter, limit_db = CASES[name]
    network, clip = partial(standin.run, architecture), golden_clip(RATE, N_SAMPLES)
    return reference.enhance(network, clip, architecture, post_filter=post_filter, limit_db=limit_db)


def main() -> None:
    """Write the golden outputs."""
    for name in CASES:
        np.savez_compressed(GOLDEN / f"{name}.npz", enhanced=compute(name).astype(np.float32))


if __name__ == "__main__":
    main()
