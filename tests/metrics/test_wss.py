"""The weighted spectral slope distance: symmetry, and weights and slopes against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.metrics.wss import prepare, score, wss

from .composite_parts import CLEAN, NOISY, compute


def test_wss_swapped_signals_is_the_same() -> None:
    assert compute(wss, CLEAN, NOISY) == pytest.approx(compute(wss, NOISY, CLEAN), abs=1e-12)


def test_wss_scaled_estimate_is_unchanged() -> None:
    assert compute(wss, CLEAN, 0.5 * NOISY) == pytest.approx(compute(wss, CLEAN, NOISY), rel=0.02)  # but for the floor


def test_prepare_single_peak_weighs_bands_by_their_distance_to_it() -> None:
    level_db = np.array([0.0] * 10 + [40.0] + [0.0] * 14)
    slopes = prepare(10 ** (level_db[:, None] / 10))
    assert slopes.slope_db[9:11, 0] == pytest.approx([40.0, -40.0])
    assert slopes.weight[10, 0] == pytest.approx(1.0)  # the peak itself: K_max / K_max times K_local / K_local
    assert slopes.weight[0, 0] == pytest.approx(20 / 60)  # 40 dB below the loudest band, no higher peak above it
    assert score(slopes, slopes) == 0
