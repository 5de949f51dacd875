"""Level of a clip in pieces, compared with numpy's for the whole clip."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.level import Level


@pytest.mark.parametrize("n_samples", [1, 2, 1_000, 50_000])
def test_level_of_pieces_equals_the_deviation_of_the_whole_clip(n_samples: int) -> None:
    clip = (0.1 * np.random.default_rng(0).standard_normal(n_samples) + 0.5).astype(np.float32)
    level = Level()
    for start in range(0, n_samples, 333):
        level.push(clip[start : start + 333])
        level.push(clip[:0])
    assert level.n_samples == n_samples
    expected = np.std(clip, ddof=1, dtype=np.float64) if n_samples > 1 else 0.0
    assert level.deviation == pytest.approx(expected, rel=1e-12)
