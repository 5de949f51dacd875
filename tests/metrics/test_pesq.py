"""PESQ: the same values as the package, and reasons where the package fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pesq import pesq

from seinfer.metrics import MetricError
from seinfer.metrics.pesq import MAX_PIECE_S, PreparedPesq, pesq_nb, pesq_wb, prepare, score
from seinfer.metrics.signals import Signal, check

from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

Compute = Callable[..., float]
BOTH = pytest.mark.parametrize(("metric", "mode"), [(pesq_wb, "wb"), (pesq_nb, "nb")])


@BOTH
def test_pesq_real_clip_equals_package(vctk: list[tuple[Floats, Floats]], metric: Compute, mode: str) -> None:
    clean, noisy = vctk[0]
    assert metric(reference=clean, estimate=noisy, sample_rate=SAMPLE_RATE) == pesq(SAMPLE_RATE, clean, noisy, mode)


@pytest.mark.parametrize(("metric", "best"), [(pesq_wb, 4.644), (pesq_nb, 4.549)])
def test_pesq_identical_is_the_maximum(metric: Compute, best: float) -> None:
    reference = noise_syllables(2)
    assert metric(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE) == pytest.approx(best, abs=0.001)


def test_prepare_up_to_19_s_is_one_piece() -> None:
    n_samples = int(MAX_PIECE_S * SAMPLE_RATE)
    assert pieces_of(np.full(n_samples, 0.1)) == (slice(0, n_samples),)


def test_prepare_over_19_s_is_equal_pieces() -> None:
    n_samples = int(2 * MAX_PIECE_S * SAMPLE_RATE) + 1
    pieces = pieces_of(np.full(n_samples, 0.1))
    lengths = [piece.stop - piece.start for piece in pieces]
    assert len(pieces) == 3
    assert sum(lengths) == n_samples
    assert max(lengths) - min(lengths) <= 1


def pieces_of(reference: Floats) -> tuple[slice, ...]:
    return prepare(check(reference, "reference"), SAMPLE_RATE).pieces


def test_prepare_no_piece_can_contain_more_utterances_than_the_package_can_store() -> None:
    # In windows of 4 ms: an utterance lasts 50, the pause after it 47 after both of its ends are widened by 2.
    windows = MAX_PIECE_S / 0.004
    n_utterances = int(windows // (50 + 47)) + 1
    assert n_utterances <= 50


def test_pesq_wb_long_clip_is_the_mean_over_pieces() -> None:
    reference = noise_syllables(24)
    estimate = with_noise(reference, 15)
    halves = [slice(0, 12 * SAMPLE_RATE), slice(12 * SAMPLE_RATE, None)]
    expected = np.mean([pesq(SAMPLE_RATE, reference[half], estimate[half], "wb") for half in halves])
    assert pesq_wb(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE) == expected


def test_pesq_wb_piece_without_speech_is_left_out() -> None:
    faint = 1e-3 * noise_syllables(11)
    reference = np.concatenate([noise_syllables(11, seed=1), faint])
    estimate = with_noise(reference, 15)
    expected = pesq(SAMPLE_RATE, reference[: len(faint)], estimate[: len(faint)], "wb")
    assert pesq_wb(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE) == expected


def test_pesq_wb_muted_piece_is_silent_est() -> None:
    reference = noise_syllables(20)
    estimate = reference.copy()
    estimate[10 * SAMPLE_RATE :] = 0
    with pytest.raises(MetricError) as caught:
        pesq_wb(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert caught.value.reason == "silent_est"


def test_pesq_wb_bursts_that_crash_the_package_have_a_score() -> None:
    # 60 utterances in 39 s: the package by itself ends the process with a segmentation fault.
    rng = np.random.default_rng(0)
    reference = 1e-6 * rng.standard_normal(39 * SAMPLE_RATE)
    for start in np.arange(60) * 10_400:
        reference[start : start + 6400] += 0.1 * rng.standard_normal(6400)
    value = pesq_wb(reference=reference, estimate=with_noise(reference, 20), sample_rate=SAMPLE_RATE)
    assert 1 < value < 4.65


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 48_000])
def test_pesq_other_rate_is_refused(sample_rate: int) -> None:
    reference = noise_syllables(1)
    with pytest.raises(MetricError, match=f"{sample_rate} Hz") as caught:
        pesq_nb(reference=reference, estimate=reference, sample_rate=sample_rate)
    assert caught.value.reason == "sample_rate"


@BOTH
def test_pesq_under_a_quarter_second_is_too_short(metric: Compute, mode: str) -> None:
    reference = noise_syllables(1)[4000:7999]
    with pytest.raises(MetricError, match=r"0\.25 s") as caught:
        metric(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE)
    assert caught.value.reason == "too_short"


def test_pesq_wb_a_quarter_second_is_enough() -> None:
    reference = noise_syllables(1)[4000:8000]
    assert 1 < pesq_wb(reference=reference, estimate=with_noise(reference, 10), sample_rate=SAMPLE_RATE) < 4.65


def test_score_reference_without_utterance_is_not_enough_speech() -> None:
    prepared = PreparedPesq(Signal(np.zeros(SAMPLE_RATE)), (slice(0, SAMPLE_RATE),))
    with pytest.raises(MetricError, match="No utterances") as caught:
        score(prepared, Signal(noise_syllables(1)), mode="wb")
    assert caught.value.reason == "not_enough_speech"


def test_score_package_value_error_is_pesq_error_with_detail() -> None:
    estimate = noise_syllables(1)
    estimate[100] = np.nan
    with pytest.raises(MetricError) as caught:
        score(prepare(Signal(noise_syllables(1)), SAMPLE_RATE), Signal(estimate), mode="wb")
    assert caught.value.status == "pesq_error: cannot convert float NaN to integer"


def test_score_prepared_reference_equals_one_shot() -> None:
    reference = check(noise_syllables(2), "reference")
    prepared = prepare(reference, SAMPLE_RATE)
    for snr_db in (30, 0):
        estimate = check(with_noise(reference, snr_db), "estimate")
        signals = {"reference": reference, "estimate": estimate, "sample_rate": SAMPLE_RATE}
        assert score(prepared, estimate, mode="wb") == pesq_wb(**signals)
        assert score(prepared, estimate, mode="nb") == pesq_nb(**signals)
