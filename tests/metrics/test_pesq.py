"""PESQ: the same values as the package, and reasons where the package fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pesq import pesq

from seinfer.metrics import METRICS, MetricError
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference
from seinfer.metrics.pesq import (
    MAX_PIECE_S,
    MAX_UTTERANCES,
    MAX_WHOLE_S,
    PreparedPesq,
    pesq_nb,
    pesq_wb,
    prepare,
    score,
)
from seinfer.metrics.signals import Signal, check

from .signals import SAMPLE_RATE, Floats, bursts, noise_syllables, with_noise

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


@BOTH
@pytest.mark.parametrize("duration_s", [20, 40])
def test_pesq_long_clip_equals_the_package_on_the_whole_clip(metric: Compute, mode: str, duration_s: int) -> None:
    reference = bursts(20, duration_s)
    estimate = with_noise(reference, 15)
    expected = pesq(SAMPLE_RATE, reference, estimate, mode)
    assert metric(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE) == expected


def test_prepare_up_to_19_s_is_whole_however_many_utterances() -> None:
    n_samples = int(MAX_PIECE_S * SAMPLE_RATE)
    assert pieces_of(bursts(40, MAX_PIECE_S)) == (slice(0, n_samples),)


@pytest.mark.parametrize(("n_bursts", "n_pieces"), [(MAX_UTTERANCES, 1), (MAX_UTTERANCES + 1, 3), (60, 3)])
@pytest.mark.parametrize("mode", ["wb", "nb"])
def test_prepare_more_utterances_than_are_safe_is_in_pieces(mode: str, n_bursts: int, n_pieces: int) -> None:
    assert len(pieces_of(bursts(n_bursts, 50), mode)) == n_pieces


@pytest.mark.parametrize(("duration_s", "n_pieces"), [(MAX_WHOLE_S, 1), (MAX_WHOLE_S + 1 / SAMPLE_RATE, 7)])
def test_prepare_over_the_longest_safe_clip_is_in_pieces(duration_s: float, n_pieces: int) -> None:
    assert len(pieces_of(bursts(20, duration_s))) == n_pieces


@pytest.mark.parametrize(("duration_s", "n_pieces"), [(MAX_PIECE_S, 1), (20, 2)])
def test_prepare_unknown_number_of_utterances_is_in_pieces_over_19_s(
    monkeypatch: pytest.MonkeyPatch, duration_s: float, n_pieces: int
) -> None:
    monkeypatch.setattr("seinfer.metrics.pesq.count_utterances", lambda reference, mode: None)
    assert len(pieces_of(bursts(10, duration_s))) == n_pieces


def test_prepare_after_a_crash_is_equal_pieces() -> None:
    n_samples = int(2 * MAX_PIECE_S * SAMPLE_RATE) + 1
    pieces = in_pieces(np.full(n_samples, 0.1)).pieces
    lengths = [piece.stop - piece.start for piece in pieces]
    assert len(pieces) == 3
    assert sum(lengths) == n_samples
    assert max(lengths) - min(lengths) <= 1


def pieces_of(reference: Floats, mode: str = "wb") -> tuple[slice, ...]:
    return prepare(check(reference, "reference"), SAMPLE_RATE, mode=mode).pieces


def in_pieces(reference: Floats) -> PreparedPesq:
    return prepare(check(reference, "reference"), SAMPLE_RATE, mode="wb", has_crashed=True)


def test_prepare_no_piece_can_contain_more_utterances_than_the_package_can_store() -> None:
    # In windows of 4 ms: an utterance lasts 50, the pause after it 47 after both of its ends are widened by 2.
    windows = MAX_PIECE_S / 0.004
    n_utterances = int(windows // (50 + 47)) + 1
    assert n_utterances <= 50


def test_prepare_no_whole_clip_can_contain_more_bad_intervals_than_the_package_can_store() -> None:
    # In frames of 16 ms: such an interval lasts 5, and gaps of up to 2 to the next one are filled.
    frames = (MAX_WHOLE_S + 0.32) / 0.016
    assert frames // (5 + 3) < 1000


def test_pesq_wb_too_many_utterances_is_the_mean_over_pieces() -> None:
    # 60 utterances in 39 s: the package by itself ends the process with a segmentation fault.
    reference = bursts(60, 39)
    estimate = with_noise(reference, 15)
    thirds = [slice(start * SAMPLE_RATE, (start + 13) * SAMPLE_RATE) for start in (0, 13, 26)]
    expected = np.mean([pesq(SAMPLE_RATE, reference[third], estimate[third], "wb") for third in thirds])
    assert pesq_wb(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE) == expected


def test_score_piece_without_speech_is_left_out() -> None:
    faint = 1e-3 * noise_syllables(11)
    reference = np.concatenate([noise_syllables(11, seed=1), faint])
    estimate = with_noise(reference, 15)
    expected = pesq(SAMPLE_RATE, reference[: len(faint)], estimate[: len(faint)], "wb")
    prepared = in_pieces(reference)
    assert score(prepared, Signal(estimate)) == expected
    assert prepared.remark == "mean of 1 of 2 pieces"


def test_score_muted_piece_is_silent_est() -> None:
    reference = noise_syllables(20)
    estimate = reference.copy()
    estimate[10 * SAMPLE_RATE :] = 0
    with pytest.raises(MetricError) as caught:
        score(in_pieces(reference), Signal(estimate))
    assert caught.value.reason == "silent_est"


PESQ_METRICS = ("pesq_wb", "pesq_nb", "pesq_nb_raw", "csig")


def remarks(reference: Floats, crashed: tuple[str, ...] = ()) -> dict[str, str]:
    metrics = [METRICS[name] for name in PESQ_METRICS]
    known, estimate = Reference(reference, SAMPLE_RATE), with_noise(reference, 15)
    found = evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=metrics, crashed=crashed)
    assert set(found.values) == set(PESQ_METRICS)
    return found.reasons


def test_evaluate_pesq_in_pieces_has_a_remark_and_so_has_a_metric_computed_from_it() -> None:
    assert remarks(bursts(60, 39)) == {
        "pesq_wb": "mean of 3 pieces",
        "pesq_nb": "mean of 3 pieces",
        "pesq_nb_raw": "mean of 3 pieces in pesq_nb",
        "csig": "mean of 3 pieces in pesq_wb",
    }


def test_evaluate_pesq_of_a_whole_clip_has_no_remark() -> None:
    assert remarks(bursts(10, 20)) == {}


def test_evaluate_pesq_that_crashed_is_in_pieces_with_a_remark() -> None:
    assert remarks(bursts(10, 20), crashed=("pesq_wb",)) == {
        "pesq_wb": "mean of 2 pieces after a crash",
        "csig": "mean of 2 pieces after a crash in pesq_wb",
    }


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
    prepared = PreparedPesq(Signal(np.zeros(SAMPLE_RATE)), "wb", 1, (slice(0, SAMPLE_RATE),))
    with pytest.raises(MetricError, match="No utterances") as caught:
        score(prepared, Signal(noise_syllables(1)))
    assert caught.value.reason == "not_enough_speech"


def test_score_package_value_error_is_pesq_error_with_detail() -> None:
    estimate = noise_syllables(1)
    estimate[100] = np.nan
    with pytest.raises(MetricError) as caught:
        score(prepare(Signal(noise_syllables(1)), SAMPLE_RATE, mode="wb"), Signal(estimate))
    assert caught.value.status == "pesq_error: cannot convert float NaN to integer"


def test_score_prepared_reference_equals_one_shot() -> None:
    reference = check(noise_syllables(2), "reference")
    wide, narrow = (prepare(reference, SAMPLE_RATE, mode=mode) for mode in ("wb", "nb"))
    for snr_db in (30, 0):
        estimate = check(with_noise(reference, snr_db), "estimate")
        signals = {"reference": reference, "estimate": estimate, "sample_rate": SAMPLE_RATE}
        assert score(wide, estimate) == pesq_wb(**signals)
        assert score(narrow, estimate) == pesq_nb(**signals)
