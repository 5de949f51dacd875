"""The resampler of STOI against pystoi's, and against what a resampler must do."""

from __future__ import annotations

import numpy as np
import pytest
from pystoi.utils import resample_oct

from seinfer.metrics import MetricError
from seinfer.metrics.resample10k import RATE, to_10k


@pytest.mark.parametrize("sample_rate", [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000])
@pytest.mark.parametrize("n_samples", [1, 7, 500, 20_001])
def test_to_10k_any_usual_rate_equals_pystoi(sample_rate: int, n_samples: int) -> None:
    signal = np.random.default_rng(0).standard_normal(n_samples)
    expected = resample_oct(signal, RATE, sample_rate)
    found = to_10k(signal, sample_rate)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_to_10k_at_10k_is_unchanged() -> None:
    signal = np.random.default_rng(0).standard_normal(100)
    np.testing.assert_array_equal(to_10k(signal, RATE), signal)


def test_to_10k_zeros_stay_exact_zeros() -> None:
    signal = np.random.default_rng(0).standard_normal(20_000)
    signal[5000:10_000] = 0
    assert not to_10k(signal, 16_000)[3200:6200].any()


def test_to_10k_odd_rate_is_refused() -> None:
    with pytest.raises(MetricError, match="16001 Hz") as caught:
        to_10k(np.ones(100), 16_001)
    assert caught.value.reason == "sample_rate"
