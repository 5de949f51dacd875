"""Several metrics for one pair: each gets a finite value or a reason."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import soxr

from seinfer.core.errors import UsageError
from seinfer.metrics import METRICS, Metric
from seinfer.metrics.compute import compute
from seinfer.metrics.evaluate import Evaluation, evaluate
from seinfer.metrics.pair import Pair, Reference

from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

COMPARING = [metric for metric in METRICS.values() if metric.needs_reference]
DEFAULTS = [metric for metric in COMPARING if metric.default]
CLEAN = noise_syllables(2)
NOISY = with_noise(CLEAN, 10)
SILENCE = np.zeros(len(CLEAN))


def scores(
    reference: Floats | None, estimate: Floats, metrics: list[Metric] | None = None, **options: Any
) -> Evaluation:
    known = None if reference is None else Reference(reference, SAMPLE_RATE)
    chosen = DEFAULTS if metrics is None else metrics
    return evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=chosen, **options)


def spoilt(signal: Floats, value: float) -> Floats:
    copy = signal.copy()
    copy[100] = value
    return copy


# Every row of "Edges", as far as it is the same for all metrics.
@pytest.mark.parametrize(
    ("reference", "estimate", "reason"),
    [
        (SILENCE, NOISY, "silent_ref"),
        (CLEAN, SILENCE, "silent_est"),
        (SILENCE, SILENCE, "silent_ref"),
        (CLEAN, SILENCE + 1e-5, "silent_est"),
        (spoilt(CLEAN, np.nan), NOISY, "nonfinite"),
        (CLEAN, spoilt(NOISY, np.nan), "nonfinite"),
        (CLEAN, spoilt(NOISY, np.inf), "nonfinite"),
        (CLEAN, spoilt(NOISY, -np.inf), "nonfinite"),
        (CLEAN, NOISY[: -int(0.041 * SAMPLE_RATE)], "length_mismatch"),
        (CLEAN[: -int(0.041 * SAMPLE_RATE)], NOISY, "length_mismatch"),
        (CLEAN, NOISY[:0], "too_short"),
        (CLEAN[:0], NOISY, "too_short"),
        (CLEAN[:0], NOISY[:0], "too_short"),
        (None, NOISY, "no_reference"),
    ],
)
def test_evaluate_unusable_signals_gives_the_reason_for_all(
    reference: Floats | None, estimate: Floats, reason: str
) -> None:
    assert scores(reference, estimate) == ({}, dict.fromkeys([m.name for m in DEFAULTS], reason))


def test_evaluate_short_clip_scores_what_it_can() -> None:
    found = scores(CLEAN[4000:7200], NOISY[4000:7200])  # 0.2 s
    assert set(found.values) == {"sdr", "si_sdr"}
    assert found.reasons == {"pesq_wb": "too_short", "stoi": "too_short", "estoi": "too_short"}


def test_evaluate_little_speech_scores_what_it_can() -> None:
    burst = 1e-4 * with_noise(noise_syllables(2), 0)
    burst[8000:12_000] = 0.3 * np.random.default_rng(0).standard_normal(4000)  # 0.25 s
    found = scores(burst, with_noise(burst, 10))
    assert set(found.values) == {"sdr", "si_sdr", "pesq_wb"}
    assert found.reasons == {"stoi": "not_enough_speech", "estoi": "not_enough_speech"}


def test_evaluate_one_sample_gives_reasons() -> None:
    found = scores(CLEAN[5000:5001], NOISY[5000:5001])
    assert found.values == {"si_sdr": 100.0}
    assert set(found.reasons.values()) == {"too_short", "clamped"}


@pytest.mark.parametrize("n_missing", [1, 100, 640])
def test_evaluate_length_difference_within_40_ms_is_cut(n_missing: int) -> None:
    expected = scores(CLEAN[:-n_missing], NOISY[:-n_missing])
    assert scores(CLEAN, NOISY[:-n_missing]) == expected
    assert scores(CLEAN[:-n_missing], NOISY) == expected
    assert set(expected.values) == {metric.name for metric in DEFAULTS}


def test_evaluate_silent_once_cut_gives_the_reason() -> None:
    reference, estimate = SILENCE.copy(), NOISY.copy()
    reference[-1] = 0.5
    assert set(scores(reference, estimate[:-1]).reasons.values()) == {"silent_ref"}
    assert set(scores(CLEAN[:-1], reference).reasons.values()) == {"silent_est"}


def test_evaluate_identical_signals_are_clamped_with_a_remark() -> None:
    found = scores(CLEAN, CLEAN.copy())
    assert found.reasons == {"sdr": "identical", "si_sdr": "identical"}
    assert found.values["sdr"] == found.values["si_sdr"] == 100.0
    assert found.values["pesq_wb"] == pytest.approx(4.644, abs=0.001)
    assert found.values["stoi"] == pytest.approx(1, abs=1e-9)


def test_evaluate_scaled_reference_is_clamped_with_a_remark() -> None:
    assert scores(CLEAN, 0.3 * CLEAN).reasons == {"sdr": "clamped", "si_sdr": "clamped"}


def test_evaluate_orthogonal_estimate_is_clamped_to_the_lower_bound() -> None:
    found = scores(np.tile([0.5, 0.0], 100), np.tile([0.0, 0.5], 100), [METRICS["si_sdr"]])
    assert found == ({"si_sdr": -100.0}, {"si_sdr": "clamped"})


def test_evaluate_stereo_is_refused() -> None:
    with pytest.raises(UsageError, match=r"shape \(2, 32000\)"):
        scores(CLEAN, np.stack([NOISY, NOISY]))
    with pytest.raises(UsageError, match="reference has shape"):
        Reference(np.stack([CLEAN, CLEAN]), SAMPLE_RATE)


def test_evaluate_integers_are_refused() -> None:
    with pytest.raises(UsageError, match="int16"):
        scores(CLEAN, (NOISY * 10_000).astype(np.int16))


def test_evaluate_other_rate_than_reference_is_refused() -> None:
    with pytest.raises(UsageError, match=r"16000 Hz.*48000 Hz"):
        evaluate(reference=Reference(CLEAN, SAMPLE_RATE), estimate=NOISY, sample_rate=48_000, metrics=DEFAULTS)


def test_evaluate_reused_reference_equals_fresh_one() -> None:
    known = Reference(CLEAN, SAMPLE_RATE)
    for estimate in (NOISY, CLEAN, with_noise(CLEAN, 0), NOISY[:-5], NOISY):
        found = evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=COMPARING)
        assert found == scores(CLEAN, estimate, COMPARING)


def test_evaluate_each_metric_equals_the_metric_by_itself() -> None:
    found = scores(CLEAN, NOISY, COMPARING)
    for metric in COMPARING:
        needed = {name: found.values[name] for name in metric.needs}
        alone = compute(metric, reference=CLEAN, estimate=NOISY, sample_rate=SAMPLE_RATE, **needed)
        assert found.values[metric.name] == alone


def test_evaluate_announces_each_metric_before_it_runs_and_pesq_last() -> None:
    announced: list[str] = []
    names = [metric.name for metric in COMPARING]
    found = scores(CLEAN, NOISY, COMPARING, announce=announced.append)
    assert sorted(announced) == sorted(names)
    assert announced[0] == "si_sdr"
    assert announced[-2:] == ["pesq_nb", "pesq_nb_raw"]
    assert announced.index("pesq_wb") > announced.index("estoi")
    assert announced.index("csig") > announced.index("pesq_wb")
    assert list(found.values) == names  # the order that was asked for


def test_evaluate_failed_metric_is_not_announced_when_signals_are_unusable() -> None:
    announced: list[str] = []
    scores(CLEAN, SILENCE, announce=announced.append)
    assert announced == []


def test_evaluate_fixed_rate_metric_resamples_both_signals() -> None:
    clean, noisy = (soxr.resample(s, SAMPLE_RATE, 48_000) for s in (CLEAN, NOISY))
    chosen = [METRICS["pesq_wb"], METRICS["stoi"]]
    known = Reference(clean, 48_000)
    found = evaluate(reference=known, estimate=noisy, sample_rate=48_000, metrics=chosen, resample=soxr.resample)
    expected = compute(
        METRICS["pesq_wb"],
        reference=soxr.resample(clean, 48_000, SAMPLE_RATE),
        estimate=soxr.resample(noisy, 48_000, SAMPLE_RATE),
        sample_rate=SAMPLE_RATE,
    )
    assert found.values["pesq_wb"] == expected
    assert "stoi" in found.values


def test_evaluate_fixed_rate_metric_without_resampler_gives_the_reason() -> None:
    known = Reference(CLEAN, 48_000)
    found = evaluate(reference=known, estimate=NOISY, sample_rate=48_000, metrics=[METRICS["pesq_wb"]])
    assert found == ({}, {"pesq_wb": "sample_rate"})


def test_evaluate_reference_silent_at_the_metrics_rate_gives_the_reason() -> None:
    ultrasonic = np.sin(0.95 * np.pi * np.arange(48_000)) * np.hanning(48_000)
    known = Reference(0.1 * ultrasonic, 48_000)
    estimate = with_noise(noise_syllables(1, sample_rate=48_000), 10)
    metrics = [METRICS["pesq_wb"]]
    found = evaluate(reference=known, estimate=estimate, sample_rate=48_000, metrics=metrics, resample=soxr.resample)
    assert found == ({}, {"pesq_wb": "silent_ref"})


# Metrics as a plug-in may bring them.
ERRORS: list[Exception] = []


def level(*, reference: Floats | None, estimate: Floats, sample_rate: int) -> float:
    assert reference is None
    return float(np.mean(estimate**2))


def broken(*, reference: Floats, estimate: Floats, sample_rate: int) -> float:
    raise ERRORS[0]


def not_a_number(*, reference: Floats, estimate: Floats, sample_rate: int) -> float:
    return math.nan


def halved(*, reference: Floats, estimate: Floats, sample_rate: int, pesq_wb: float) -> float:
    return pesq_wb / 2


def peak_of_pair(pair: Pair) -> float:
    return float(pair.estimate.max() / pair.reference.samples.max())


def plug_in(name: str, **changes: Any) -> Metric:
    metric = Metric(name=name, unit="", function=f"{__name__}:{name}", method="of a test", source="none")
    return dataclasses.replace(metric, **changes)


def test_evaluate_metric_without_reference_needs_none() -> None:
    metric = plug_in("level", needs_reference=False)
    assert scores(None, NOISY, [metric]).values["level"] == float(np.mean(NOISY**2))
    assert "level" in scores(SILENCE, NOISY, [metric]).values
    assert "level" in scores(CLEAN[:-5000], NOISY, [metric]).values


@pytest.mark.parametrize(
    "error", [ValueError("no luck"), ZeroDivisionError("no\n luck"), TypeError("no luck"), RuntimeError("no luck")]
)
def test_evaluate_metric_that_raises_does_not_stop_the_others(error: Exception) -> None:
    ERRORS[:] = [error]
    found = scores(CLEAN, NOISY, [plug_in("broken"), METRICS["si_sdr"]])
    assert found.reasons == {"broken": f"metric_error: {type(error).__name__}: no luck"}
    assert "si_sdr" in found.values


def test_evaluate_metric_that_cannot_be_imported_does_not_stop_the_others() -> None:
    found = scores(CLEAN, NOISY, [plug_in("level", function="no_such_package:level"), METRICS["si_sdr"]])
    assert found.reasons["level"].startswith("metric_error: RegistryError: the metric level cannot be loaded")
    assert "si_sdr" in found.values


def test_evaluate_metric_that_gives_nan_is_undefined() -> None:
    assert scores(CLEAN, NOISY, [plug_in("not_a_number")]) == ({}, {"not_a_number": "undefined"})
    assert scores(CLEAN, NOISY, [plug_in("not_a_number", unit="dB")]) == ({}, {"not_a_number": "undefined"})


def test_evaluate_metric_that_needs_another_gets_its_value() -> None:
    found = scores(CLEAN, NOISY, [plug_in("halved", needs=("pesq_wb",))])
    assert found.reasons == {}
    assert found.values == {"halved": scores(CLEAN, NOISY).values["pesq_wb"] / 2}


def test_evaluate_metric_that_needs_a_failed_one_names_it() -> None:
    found = scores(CLEAN[4000:7200], NOISY[4000:7200], [plug_in("halved", needs=("pesq_wb",))])
    assert found == ({}, {"halved": "not_computed: pesq_wb too_short"})
    found = scores(CLEAN, NOISY, [plug_in("halved", needs=("nothing",))])
    assert found == ({}, {"halved": "not_computed: nothing unknown"})


def test_evaluate_metric_on_pair_sees_the_reference() -> None:
    metric = plug_in("level", on_pair=f"{__name__}:peak_of_pair")
    assert scores(CLEAN, 2 * CLEAN, [metric]).values["level"] == pytest.approx(2)
