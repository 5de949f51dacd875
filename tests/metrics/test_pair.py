"""References and pairs: what they check, cut and cache."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.metrics.errors import MetricError
from seinfer.metrics.pair import Pair, Reference, pair_of, trimmed_pair
from seinfer.metrics.signals import Floats, check

RATE = 16_000
CLEAN = np.random.default_rng(0).standard_normal(RATE)


def halved(waveform: Floats, source_rate: int, target_rate: int) -> Floats:
    assert (source_rate, target_rate) == (RATE, RATE // 2)
    return waveform[::2]


def test_reference_remember_computes_once() -> None:
    calls: list[int] = []

    def prepare(samples: Floats, sample_rate: int) -> float:
        calls.append(sample_rate)
        return float(samples.sum())

    reference = Reference(CLEAN, RATE)
    assert reference.remember(prepare) == reference.remember(prepare) == CLEAN.sum()
    assert calls == [RATE]


def test_reference_first_is_itself_at_full_length_and_cached_else() -> None:
    reference = Reference(CLEAN, RATE)
    assert reference.first(RATE) is reference
    short = reference.first(100)
    assert short is reference.first(100)
    np.testing.assert_array_equal(short.samples, CLEAN[:100])


def test_reference_at_other_rate_is_resampled_once() -> None:
    reference = Reference(CLEAN, RATE)
    low = reference.at(RATE // 2, halved)
    assert low is reference.at(RATE // 2, halved)
    assert (low.sample_rate, low.samples.size) == (RATE // 2, RATE // 2)


def test_reference_with_problem_raises_when_used() -> None:
    reference = Reference(np.zeros(10), RATE)
    assert reference.samples.size == 0
    for _ in range(2):
        with pytest.raises(MetricError) as caught:
            reference.usable()
        assert caught.value.reason == "silent_ref"


def test_pair_without_reference_gives_the_reason() -> None:
    pair = Pair(None, check(CLEAN, "estimate"), RATE, {})
    with pytest.raises(MetricError) as caught:
        _ = pair.reference
    assert caught.value.reason == "no_reference"
    assert pair.at(RATE // 2, halved).estimate.size == RATE // 2


def test_pair_at_other_rate_resamples_both_and_shares_values() -> None:
    values = {"sdr": 1.0}
    pair = Pair(Reference(CLEAN, RATE), check(2 * CLEAN, "estimate"), RATE, values)
    low = pair.at(RATE // 2, halved)
    assert pair.at(RATE, None) is pair
    assert pair.at(RATE // 2, halved) is low
    np.testing.assert_array_equal(low.estimate, 2 * low.reference.samples)
    assert low.values is values
    with pytest.raises(MetricError, match="no resampler") as caught:
        pair.at(8000 // 2, None)
    assert caught.value.reason == "sample_rate"


def test_pair_of_equal_lengths_keeps_both_signals() -> None:
    pair = pair_of(reference=CLEAN, estimate=0.5 * CLEAN, sample_rate=RATE, values={"pesq_wb": 2.0})
    np.testing.assert_array_equal(pair.reference.samples, CLEAN)
    np.testing.assert_array_equal(pair.estimate, 0.5 * CLEAN)
    assert (pair.sample_rate, pair.values) == (RATE, {"pesq_wb": 2.0})


def test_pair_of_other_length_is_refused_and_not_trimmed() -> None:
    with pytest.raises(MetricError, match="16000 samples, the estimate 15999") as caught:
        pair_of(reference=CLEAN, estimate=CLEAN[:-1], sample_rate=RATE)
    assert caught.value.reason == "length_mismatch"


@pytest.mark.parametrize(("n_reference", "n_estimate"), [(RATE, RATE - 640), (RATE - 640, RATE), (RATE, RATE)])
def test_trimmed_pair_cuts_to_the_shorter_signal(n_reference: int, n_estimate: int) -> None:
    pair = trimmed_pair(Reference(CLEAN[:n_reference], RATE), CLEAN[:n_estimate], RATE)
    assert pair.reference.samples.size == pair.estimate.size == min(n_reference, n_estimate)


def test_trimmed_pair_silent_after_the_cut_gives_the_reason() -> None:
    late = np.zeros(RATE)
    late[-1] = 0.5
    with pytest.raises(MetricError) as caught:
        trimmed_pair(Reference(late, RATE), CLEAN[:-1], RATE)
    assert caught.value.reason == "silent_ref"
    with pytest.raises(MetricError) as caught:
        trimmed_pair(Reference(CLEAN[:-1], RATE), late, RATE)
    assert caught.value.reason == "silent_est"
