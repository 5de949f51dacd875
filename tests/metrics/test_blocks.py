"""Correlation and filtering in blocks against NumPy's direct forms."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.metrics.blocks import Blocks, correlate


@pytest.mark.parametrize("lags", [(0, 0), (0, 9), (-9, 0), (-5, 20)])
@pytest.mark.parametrize("n_samples", [1, 63, 64, 65, 1000])
def test_correlate_equals_direct_sum(lags: tuple[int, int], n_samples: int) -> None:
    rng = np.random.default_rng(0)
    reference, estimate = rng.standard_normal((2, n_samples))
    first, last = lags
    expected = [
        sum(reference[n - lag] * estimate[n] for n in range(n_samples) if 0 <= n - lag < n_samples)
        for lag in range(first, last + 1)
    ]
    found = correlate(reference, estimate, Blocks(first, last, n_fft=64 + last - first))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_samples", [5, 64, 300])
def test_filtered_equals_convolution(n_samples: int) -> None:
    rng = np.random.default_rng(0)
    reference, taps = rng.standard_normal(n_samples), rng.standard_normal(10)
    blocks = Blocks(0, 9, n_fft=73)
    groups = list(blocks.groups(n_samples + 9))
    pieces = [blocks.filtered(blocks.reference_spectra(reference, group), taps).ravel() for group in groups]
    found = np.concatenate(pieces)[: n_samples + 9]
    np.testing.assert_allclose(found, np.convolve(reference, taps), rtol=0, atol=1e-12)


def test_groups_long_signal_covers_every_block_once() -> None:
    blocks = Blocks(0, 511, n_fft=4096)
    numbers = [i for group in blocks.groups(1_000_000) for i in range(group.start, group.stop)]
    assert numbers == list(range(-(-1_000_000 // 3585)))
