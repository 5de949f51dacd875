"""The composite measures against DeepFilterNet's sepm.py, and against their equations."""

from __future__ import annotations

import pytest

from seinfer.metrics import METRICS
from seinfer.metrics.composite import cbak, covl, csig, prepare, score
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.llr import llr
from seinfer.metrics.pair import Reference
from seinfer.metrics.signals import check
from seinfer.metrics.ssnr import ssnr
from seinfer.metrics.wss import wss

from .composite_parts import CLEAN, NOISY, ORACLE, Compute, compute, sepm
from .signals import SAMPLE_RATE, Floats, with_noise

# The oracle rounds predictors to single precision, which changes LLR by up to 5e-4.
AS_SHIPPED = {"csig": 6e-4, "cbak": ORACLE, "covl": 3e-4, "ssnr": ORACLE}


def composites(reference: Floats, estimate: Floats) -> dict[str, float]:
    metrics = [METRICS[name] for name in AS_SHIPPED]
    known = Reference(reference, SAMPLE_RATE)
    found = evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert found.reasons == {}
    return found.values


@pytest.mark.parametrize("clip", [0, 3])  # the shortest, and the worst; test_recorded_scores has them all
def test_composites_real_clips_equal_sepm(vctk: list[tuple[Floats, Floats]], clip: int) -> None:
    found = composites(*vctk[clip])
    shipped = sepm(precision="float32").composite(*vctk[clip], SAMPLE_RATE)[1:]
    double = sepm(precision="float64").composite(*vctk[clip], SAMPLE_RATE)[1:]
    for name, expected, exact in zip(AS_SHIPPED, shipped, double, strict=True):
        assert found[name] == pytest.approx(expected, abs=AS_SHIPPED[name]), name
        assert found[name] == pytest.approx(exact, abs=ORACLE), name


def test_composites_swapped_as_in_speechscore_are_the_published_mistake(vctk: list[tuple[Floats, Floats]]) -> None:
    clean, noisy = vctk[5]
    wrong = compute(ssnr, noisy, clean)
    assert wrong == pytest.approx(7.36, abs=0.1)  # dB, where 3.59 is right
    assert compute(llr, noisy, clean) > compute(llr, clean, noisy) + 0.1


def test_composites_prepared_reference_equals_one_shot() -> None:
    prepared = prepare(check(CLEAN, "reference"), SAMPLE_RATE)
    for snr_db in (30, 0):
        estimate = check(with_noise(CLEAN, snr_db), "estimate")
        distances = score(prepared, estimate)
        assert distances == (compute(llr, CLEAN, estimate), compute(wss, CLEAN, estimate))


@pytest.mark.parametrize(("measure", "pesq_factor"), [(csig, 0.603), (cbak, 0.478), (covl, 0.805)])
def test_composites_follow_pesq_within_the_scale(measure: Compute, pesq_factor: float) -> None:
    signals = {"reference": CLEAN, "estimate": NOISY, "sample_rate": SAMPLE_RATE}
    step = measure(**signals, pesq_wb=2.5) - measure(**signals, pesq_wb=1.5)
    assert step == pytest.approx(pesq_factor, abs=1e-12)
    assert measure(**signals, pesq_wb=100.0) == 5
    assert measure(**signals, pesq_wb=-100.0) == 1


def test_composites_identical_signals_are_at_the_top() -> None:
    found = composites(CLEAN, CLEAN.copy())
    assert [found[name] for name in ("csig", "cbak", "covl")] == [5, 5, 5]
    assert compute(llr, CLEAN, CLEAN) == pytest.approx(0, abs=1e-12)
    assert compute(wss, CLEAN, CLEAN) == 0


def test_composites_without_pesq_name_it() -> None:
    burst, other = CLEAN[4000:7200], NOISY[4000:7200]  # 0.2 s
    known = Reference(burst, SAMPLE_RATE)
    metrics = [METRICS[name] for name in AS_SHIPPED]
    found = evaluate(reference=known, estimate=other, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert set(found.values) == {"ssnr"}
    assert found.reasons == dict.fromkeys(("csig", "cbak", "covl"), "not_computed: pesq_wb too_short")


def test_composites_follow_their_equations() -> None:
    signals = {"reference": CLEAN, "estimate": NOISY, "sample_rate": SAMPLE_RATE}
    parts = {part.__name__: compute(part, CLEAN, NOISY) for part in (llr, wss, ssnr)}
    expected = {
        csig: 3.093 - 1.029 * parts["llr"] + 0.603 * 2.0 - 0.009 * parts["wss"],
        cbak: 1.634 + 0.478 * 2.0 - 0.007 * parts["wss"] + 0.063 * parts["ssnr"],
        covl: 1.594 + 0.805 * 2.0 - 0.512 * parts["llr"] - 0.007 * parts["wss"],
    }
    for measure, value in expected.items():
        assert measure(**signals, pesq_wb=2.0) == pytest.approx(value, abs=1e-12)
