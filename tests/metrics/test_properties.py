"""Properties that every metric must have."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from seinfer.metrics import METRICS
from seinfer.metrics.compute import compute
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference

from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

# Near its floor PESQ, which aligns and equalises, does not fall with every step. Metrics computed from it reach the
# ends of their scale.
TOLERANCE = {"pesq_wb": 0.02, "pesq_nb": 0.02, "csig": 0.02, "cbak": 0.02, "covl": 0.02}  # MOS
AT_END_OF_SCALE = {"csig", "cbak", "covl"}
COMPARING = [name for name, metric in METRICS.items() if metric.needs_reference]
SNRS_DB = (40, 30, 20, 10, 0, -10)
# LSD scales the estimate to the reference first: below 0 dB most of the noise goes with it.
SNRS_OF_LSD_DB = (40, 30, 20, 10, 0)
CLEAN = noise_syllables(3)

# Noise does not attenuate speech; see test_removed_speech.
FALLING = [name for name in COMPARING if name != "speech_attenuation"]

each_metric = pytest.mark.parametrize("name", COMPARING)
each_falling_metric = pytest.mark.parametrize("name", FALLING)


def value_of(name: str, reference: Floats, estimate: Floats) -> float:
    needed = {other: value_of(other, reference, estimate) for other in METRICS[name].needs}
    return compute(METRICS[name], reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE, **needed)


def goodness(name: str, reference: Floats, estimate: Floats) -> float:
    value = value_of(name, reference, estimate)
    return value if METRICS[name].best == "higher" else -value


@each_falling_metric
def test_metric_falls_with_the_snr(name: str) -> None:
    snrs_db = SNRS_OF_LSD_DB if name == "lsd" else SNRS_DB
    values = [goodness(name, CLEAN, with_noise(CLEAN, snr_db)) for snr_db in snrs_db]
    assert all(better > worse - TOLERANCE.get(name, 0) for better, worse in pairwise(values)), values
    assert values[0] - values[-1] > 0.2


@each_falling_metric
def test_metric_identity_is_the_maximum(name: str) -> None:
    best = goodness(name, CLEAN, CLEAN)
    near = goodness(name, CLEAN, with_noise(CLEAN, 60))
    assert best > near or (name in AT_END_OF_SCALE and best == near == METRICS[name].upper)
    assert best > goodness(name, CLEAN, noise_syllables(3, seed=9))


@each_falling_metric
def test_metric_real_speech_falls_with_the_snr(vctk: list[tuple[Floats, Floats]], name: str) -> None:
    clean, noisy = vctk[1]
    values = [goodness(name, clean, clean + gain * (noisy - clean)) for gain in (0.1, 0.3, 1, 3, 10)]
    assert all(better > worse - TOLERANCE.get(name, 0) for better, worse in pairwise(values)), values
    assert values[0] - values[-1] > 0.2


@each_metric
def test_metric_stays_within_its_bounds(name: str) -> None:
    metric = METRICS[name]
    known = Reference(CLEAN, SAMPLE_RATE)
    for estimate in (CLEAN, -CLEAN, with_noise(CLEAN, -40), with_noise(CLEAN, 80), 1e-3 * noise_syllables(3, seed=5)):
        found = evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=[metric])
        lower, upper = metric.lower, math.inf if metric.upper is None else metric.upper
        assert lower - 0.01 <= found.values[name] <= upper + 0.01


@each_metric
def test_metric_does_not_modify_its_inputs(name: str) -> None:
    reference, estimate = CLEAN.copy(), with_noise(CLEAN, 5)
    kept = estimate.copy()
    reference.flags.writeable = estimate.flags.writeable = False
    value_of(name, reference, estimate)
    np.testing.assert_array_equal(reference, CLEAN)
    np.testing.assert_array_equal(estimate, kept)


@each_metric
def test_metric_float32_equals_float64(name: str) -> None:
    reference, estimate = CLEAN.astype(np.float32), with_noise(CLEAN, 5).astype(np.float32)
    single = value_of(name, reference, estimate)
    assert single == value_of(name, reference.astype(np.float64), estimate.astype(np.float64))


@each_metric
def test_metric_strided_input_equals_contiguous(name: str) -> None:
    stereo = np.stack([CLEAN, with_noise(CLEAN, 5)], axis=1)
    strided = value_of(name, stereo[:, 0], stereo[:, 1])
    assert strided == value_of(name, stereo[:, 0].copy(), stereo[:, 1].copy())


@each_metric
def test_metric_is_the_same_each_time(name: str) -> None:
    estimate = with_noise(CLEAN, 5)
    assert len({value_of(name, CLEAN, estimate) for _ in range(3)}) == 1


# The arguments are keyword-only because swapped ones have corrupted published tables without anyone noticing.
@pytest.mark.parametrize("name", [name for name in COMPARING if name != "si_sdr"])
def test_metric_swapped_signals_give_another_value(name: str) -> None:
    estimate = with_noise(CLEAN, 0)
    assert abs(value_of(name, CLEAN, estimate) - value_of(name, estimate, CLEAN)) > 0.01


def test_si_sdr_swapped_signals_give_the_same_value() -> None:
    # It depends on the angle between the signals alone.
    estimate = with_noise(CLEAN, 0)
    swapped = value_of("si_sdr", estimate, CLEAN)
    assert value_of("si_sdr", CLEAN, estimate) == pytest.approx(swapped, abs=1e-9)
