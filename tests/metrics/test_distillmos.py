"""Distill-MOS against the package's own code, with ratings recorded by record_distillmos.py."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from seinfer.metrics import METRICS, MetricError, distillmos
from seinfer.metrics.distillmos import MAX_HOP_SAMPLES, WINDOW_SAMPLES, starts
from seinfer.metrics.dnsmos_networks import NetworkFile
from seinfer.metrics.evaluate import evaluate

from .oracleclips import dnsmos_clip
from .signals import SAMPLE_RATE, Floats
from .spare import modules_after

ORACLE = 1e-4  # MOS
# Duration of a clip of noise in s -> rating.
NOISE = {2.0: 1.5000734, 7.68: 1.7464936, 8.0: 1.4343481, 20.5: 1.7504058}
# p287_001 to p287_006
CLEAN = (4.0861, 4.4772, 4.4317, 4.6166, 4.5152, 4.4764)
NOISY = (3.1693, 2.2592, 1.9366, 1.9307, 3.6139, 3.2682)


def rating(estimate: Floats, sample_rate: int = SAMPLE_RATE) -> float:
    metrics = [METRICS["distillmos"]]
    found = evaluate(
        reference=None, estimate=estimate, sample_rate=sample_rate, metrics=metrics, resample=soxr.resample
    )
    assert found.reasons == {}
    return found.values["distillmos"]


@pytest.mark.parametrize("duration_s", NOISE)
def test_distillmos_any_duration_equals_the_package(duration_s: float) -> None:
    assert rating(dnsmos_clip(duration_s)) == pytest.approx(NOISE[duration_s], abs=ORACLE)


def test_distillmos_real_speech_equals_the_package(vctk: list[tuple[Floats, Floats]]) -> None:
    for (clean, noisy), of_clean, of_noisy in zip(vctk, CLEAN, NOISY, strict=True):
        assert rating(clean) == pytest.approx(of_clean, abs=ORACLE)
        assert rating(noisy) == pytest.approx(of_noisy, abs=ORACLE)


def test_distillmos_level_of_the_clip_does_not_matter(vctk: list[tuple[Floats, Floats]]) -> None:
    assert rating(0.01 * vctk[0][1]) == pytest.approx(rating(vctk[0][1]), abs=1e-3)


@pytest.mark.parametrize("n_samples", [1, 160, 320])
def test_distillmos_clip_of_few_samples_is_padded(n_samples: int) -> None:
    assert 1 <= rating(np.full(n_samples, 0.1)) <= 5


@pytest.mark.parametrize("surplus", [0, 1, 15_999, 16_000, 16_001, 500_000])
def test_starts_windows_cover_the_clip(surplus: int) -> None:
    found = starts(WINDOW_SAMPLES + surplus)
    assert (found[0], found[-1]) == (0, surplus)
    assert all(0 < step <= MAX_HOP_SAMPLES for step in np.diff(found))


def test_distillmos_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillmos, "DISTILLMOS", NetworkFile("weights/distill_mos_v7.pt", "0" * 64, "distillmos"))
    distillmos._loaded.cache_clear()
    with pytest.raises(MetricError, match=r"has sha256 b18b3ac6.*, expected 00000000"):
        distillmos._loaded()


def test_distillmos_missing_package_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillmos, "DISTILLMOS", NetworkFile("w.pt", "0" * 64, "no_such_package"))
    distillmos._loaded.cache_clear()
    with pytest.raises(MetricError, match="there is no package no_such_package") as error:
        distillmos._loaded()
    assert error.value.reason == "not_installed"


@pytest.mark.parametrize(("estimate", "reason"), [(np.zeros(16_000), "silent_est"), (np.full(9, np.nan), "nonfinite")])
def test_distillmos_unusable_clip_is_a_reason(estimate: Floats, reason: str) -> None:
    found = evaluate(reference=None, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=[METRICS["distillmos"]])
    assert found.reasons == {"distillmos": reason}


def test_import_distillmos_loads_no_torch() -> None:
    assert not modules_after("import seinfer.metrics.distillmos") & {"torch", "torchaudio", "distillmos"}
