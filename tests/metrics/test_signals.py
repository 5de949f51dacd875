"""The checks of every signal, and ratios in dB."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seinfer.core.errors import UsageError
from seinfer.metrics.errors import MetricError
from seinfer.metrics.signals import SILENCE_PEAK, check, common_length, ratio_db


def test_check_float32_is_converted_to_contiguous_float64() -> None:
    stereo = np.ones((10, 2), np.float32)
    signal = check(stereo[:, 0], "estimate")
    assert signal.dtype == np.float64
    assert signal.flags.c_contiguous
    assert signal.shape == (10,)


def test_check_float64_is_not_copied() -> None:
    samples = np.ones(10)
    assert np.shares_memory(check(samples, "reference"), samples)


@pytest.mark.parametrize("samples", [np.ones((2, 10)), np.ones(10, np.int16), np.array(1.0), [1, 2, 3]])
def test_check_other_shape_or_type_is_a_usage_error(samples: object) -> None:
    with pytest.raises(UsageError, match="the reference has shape"):
        check(samples, "reference")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("samples", "role", "reason"),
    [
        ([], "reference", "too_short"),
        ([0.5, np.nan], "estimate", "nonfinite"),
        ([0.5, -np.inf], "estimate", "nonfinite"),
        ([0.0, 0.0], "reference", "silent_ref"),
        ([0.0, 0.99 * SILENCE_PEAK], "estimate", "silent_est"),
    ],
)
def test_check_unusable_signal_gives_the_reason(samples: list[float], role: str, reason: str) -> None:
    with pytest.raises(MetricError) as caught:
        check(np.array(samples, np.float64), role)
    assert caught.value.reason == reason


@pytest.mark.parametrize("peak", [SILENCE_PEAK, -SILENCE_PEAK])
def test_check_half_a_step_of_16_bits_is_not_silence(peak: float) -> None:
    assert check([0.0, peak], "estimate").size == 2


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 48_000])
def test_common_length_allows_40_ms(sample_rate: int) -> None:
    margin = round(0.040 * sample_rate)
    assert common_length(sample_rate, sample_rate + margin, sample_rate) == sample_rate
    assert common_length(sample_rate, sample_rate - margin, sample_rate) == sample_rate - margin
    with pytest.raises(MetricError, match="at most 40 ms") as caught:
        common_length(sample_rate, sample_rate + margin + 1, sample_rate)
    assert caught.value.reason == "length_mismatch"


def test_ratio_db_is_ten_times_the_logarithm_and_infinite_at_zero() -> None:
    assert ratio_db(100.0, 1.0) == pytest.approx(20.0)
    assert ratio_db(1.0, 0.0) == math.inf
    assert ratio_db(0.0, 1.0) == -math.inf
