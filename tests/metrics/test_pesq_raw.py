"""Raw P.862: the inverse of the mapping of P.862.1."""

from __future__ import annotations

import math

import pytest

from seinfer.metrics import METRICS, MetricError
from seinfer.metrics.choice import choose
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference
from seinfer.metrics.pesq_raw import raw_score

from .signals import SAMPLE_RATE, noise_syllables, with_noise

RAW = METRICS["pesq_nb_raw"]


@pytest.mark.parametrize("raw", [-0.5, 0.0, 1.0, 2.45, 3.56, 4.5])
def test_raw_score_inverts_the_mapping(raw: float) -> None:
    mos_lqo = 0.999 + 4 / (1 + math.exp(-1.4945 * raw + 4.6607))
    assert raw_score(mos_lqo) == pytest.approx(raw, abs=1e-9)


@pytest.mark.parametrize("mos_lqo", [0.0, 0.999, 4.9991, 5.0, math.nan])
def test_raw_score_value_outside_the_mapping_is_undefined(mos_lqo: float) -> None:
    with pytest.raises(MetricError, match=r"between 0\.999 and 4\.999") as caught:
        raw_score(mos_lqo)
    assert caught.value.reason == "undefined"


def test_evaluate_pesq_nb_raw_is_computed_from_pesq_nb_of_the_same_clip() -> None:
    clean = noise_syllables(2)
    known, noisy = Reference(clean, SAMPLE_RATE), with_noise(clean, 10)
    metrics = [METRICS["pesq_nb"], RAW]
    found = evaluate(reference=known, estimate=noisy, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert found.values["pesq_nb_raw"] == raw_score(found.values["pesq_nb"])
    alone = evaluate(reference=known, estimate=noisy, sample_rate=SAMPLE_RATE, metrics=[RAW])
    assert alone.values == {"pesq_nb_raw": found.values["pesq_nb_raw"]}


def test_evaluate_pesq_nb_raw_of_identical_signals_is_the_maximum() -> None:
    clean = noise_syllables(2)
    found = evaluate(reference=Reference(clean, SAMPLE_RATE), estimate=clean, sample_rate=SAMPLE_RATE, metrics=[RAW])
    assert found.values["pesq_nb_raw"] == pytest.approx(4.5, abs=1e-5)


def test_evaluate_pesq_nb_raw_of_a_clip_without_pesq_nb_names_the_reason() -> None:
    short = noise_syllables(2)[4000:7200]
    known = Reference(short, SAMPLE_RATE)
    found = evaluate(reference=known, estimate=with_noise(short, 10), sample_rate=SAMPLE_RATE, metrics=[RAW])
    assert found == ({}, {"pesq_nb_raw": "not_computed: pesq_nb too_short"})


def test_choose_pesq_nb_raw_is_in_all_and_not_in_auto() -> None:
    assert "pesq_nb_raw" not in choose("auto", n_with=1, n_without=0).names
    assert "pesq_nb_raw" in choose("all", n_with=1, n_without=0).names


def test_pesq_nb_raw_states_the_rate_and_the_recommendation() -> None:
    assert "at 16 kHz" in RAW.method and "P.862.1" in RAW.method
