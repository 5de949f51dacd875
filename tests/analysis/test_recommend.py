from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seinfer.analysis.candidates import Needs
from seinfer.analysis.recommend import Advice, advise
from tests.analysis.example_models import MODELS, NOISY, compared


def front(advice: Advice) -> list[str]:
    return [candidate.model for candidate in advice.candidates if candidate.is_on_front]


def test_advise_recommends_the_best_trade_off_with_reasons() -> None:
    advice = advise(compared(MODELS), Needs())
    assert front(advice) == ["best", "balanced", "cheap"]
    assert advice.pick == "balanced"
    first, second = advice.reasons
    assert first.startswith("balanced has 95% of the improvement of best, the best model, at 0.1 times its time")
    assert second == "choose best if quality is more important than cost"
    assert advice.doubts == ()  # 60 clips tell them apart


def test_advise_if_one_model_is_best_and_cheapest_names_it_as_such() -> None:
    advice = advise(compared({"noisy": NOISY, "a": (6.0, 0.1, 90.0, 10), "b": (5.0, 0.2, 95.0, 20)}), Needs())
    assert (front(advice), advice.pick) == (["a"], "a")
    assert "no other model has lower time, memory or size" in advice.reasons[0]


def test_advise_small_savings_do_not_outweigh_quality() -> None:
    advice = advise(compared({"noisy": NOISY, "a": (6.0, 0.10, 93.0, 10), "b": (4.0, 0.09, 68.0, 10)}), Needs())
    assert advice.pick == "a"
    assert advice.reasons[1].startswith("b has 6")


@pytest.mark.parametrize(
    ("needs", "facts", "reason"),
    [
        (Needs(max_rtf=0.5), {}, "rtf 1, over 0.5"),
        (Needs(max_mib=512), {}, "memory 800 MiB, over 512 MiB"),
        (Needs(max_latency_ms=10), {"balanced": {"latency_ms": 5}}, "latency 20 ms, over 10 ms"),
        (Needs(is_causal=True), {"best": {"causal": False}}, "not causal"),
        (
            Needs(licence="commercial"),
            {"best": {"license_weights": "CC-BY-NC-4.0"}},
            "licence: code MIT, weights CC-BY-NC-4.0",
        ),
        (
            Needs(licence="commercial"),
            {"best": {"license_code": "none stated"}},
            "licence: code none stated, weights MIT",
        ),
    ],
)
def test_advise_excludes_models_that_do_not_meet_the_needs(needs: Needs, facts: Mapping[str, Any], reason: str) -> None:
    advice = advise(compared(MODELS, **facts), needs)
    ruled_out = {candidate.model: candidate.ruled_out for candidate in advice.candidates}
    assert ruled_out["best"] == (reason,)
    assert "best" not in front(advice)
    assert advice.pick == "balanced"


def test_advise_if_no_model_meets_the_requirements_recommends_none() -> None:
    advice = advise(compared(MODELS), Needs(max_rtf=0.0001))
    assert (advice.pick, advice.reasons) == ("", ("no model meets these requirements",))


def test_advise_if_every_model_is_worse_than_noisy_recommends_noisy() -> None:
    advice = advise(compared({"noisy": NOISY, "worse": (-1.0, 0.1, 90.0, 10)}), Needs())
    assert advice.pick == "noisy"
    assert "worse is the closest" in advice.reasons[0]


def test_advise_on_few_clips_gives_the_number_of_further_clips_and_it_is_enough() -> None:
    models = {"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), "b": (4.6, 0.05, 80.0, 5)}
    advice = advise(compared(models, n_clips=10, noise_db=1.0), Needs())
    [undecided] = [pair for pair in advice.doubts if {pair.pick, pair.other} == {"a", "b"}]
    assert undecided.n == 10
    assert undecided.n_more is not None and 5 <= undecided.n_more <= 400
    more = advise(compared(models, n_clips=400, noise_db=1.0), Needs())
    assert more.doubts == ()


def test_advise_without_noisy_measures_quality_from_the_worst_model() -> None:
    models = {name: model for name, model in MODELS.items() if name != "noisy"}
    advice = advise(compared(models), Needs())
    assert advice.pick == "balanced"
    assert advice.candidates[-1].quality == pytest.approx(0.0)


def test_advise_model_with_unknown_costs_has_no_costs_and_fails_a_limit() -> None:
    models = {**MODELS, "theirs": (5.9, 0.0, 0.0, 0)}
    advice = advise(compared(models), Needs(max_rtf=2))
    theirs = next(candidate for candidate in advice.candidates if candidate.model == "theirs")
    assert (theirs.costs, theirs.ruled_out) == ({}, ("rtf unknown",))
    assert front(advise(compared(models), Needs())) == ["best", "theirs", "balanced", "cheap"]
