from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from seinfer.analysis.candidates import Needs
from seinfer.analysis.recommend import Advice, advise
from tests.analysis.example_models import MODELS, NOISY, compared


def front(advice: Advice) -> list[str]:
    return [candidate.model for candidate in advice.candidates if candidate.is_on_front]


def test_advise_recommends_the_best_quality_and_tells_what_faster_models_lose() -> None:
    advice = advise(compared(MODELS), Needs(min_differences={"sdr": 0.1}))
    assert front(advice) == ["best", "balanced", "cheap"]
    assert advice.pick == "best"
    assert advice.headline == "best is better than the unprocessed audio in sdr"
    assert advice.is_proven
    first, second, third = advice.reasons
    assert first == "best has the best quality: mean over sdr"
    assert second.startswith("balanced: 95% of the improvement of best in 0.1 times its time; ")
    assert third.startswith("cheap: 16% of the improvement of best in 0.05 times its time; worse in sdr")
    assert advice.doubts == ()  # 60 clips tell them apart


def test_advise_recommends_a_faster_model_only_if_no_practical_difference_is_shown() -> None:
    models = {"noisy": NOISY, "best": (6.0, 1.0, 90.0, 10), "same": (5.9, 0.1, 90.0, 10)}
    advice = advise(compared(models), Needs())
    assert advice.pick == "same"
    assert advice.reasons[0] == "no practical difference to best, which has the best means, in 0.1 times its time"
    stricter = advise(compared(models), Needs(min_differences={"sdr": 0.05}))
    assert stricter.pick == "best"
    few = advise(compared(models, n_clips=6, noise_db=1.0), Needs())
    assert few.pick in ("best", "same") and "no practical difference" not in few.reasons[0]


def test_advise_times_within_their_spread_do_not_count() -> None:
    models = {"noisy": NOISY, "best": (6.0, 0.10, 90.0, 10), "same": (5.9, 0.09, 90.0, 10)}
    advice = advise(compared(models), Needs())
    assert (advice.pick, front(advice)) == ("best", ["best"])
    assert len(advice.reasons) == 1


def test_advise_never_weighs_memory_or_size_that_the_user_did_not_limit() -> None:
    models = {"noisy": NOISY, "best": (6.0, 0.1, 900.0, 10**9), "small": (5.0, 0.1, 50.0, 10)}
    advice = advise(compared(models), Needs())
    assert (advice.pick, front(advice)) == ("best", ["best"])
    limited = advise(compared(models), Needs(max_mib=1000))
    assert (limited.pick, front(limited)) == ("best", ["best", "small"])


def test_advise_model_no_better_than_noisy_is_not_worth_considering() -> None:
    models = {"noisy": NOISY, "best": (6.0, 1.0, 90.0, 10), "worse": (-3.0, 0.01, 10.0, 1)}
    advice = advise(compared(models), Needs())
    assert front(advice) == ["best"]
    assert all("worse:" not in reason for reason in advice.reasons)


def test_advise_on_six_clips_says_that_nothing_is_proven_and_how_many_more_would_show_it() -> None:
    models = {"noisy": NOISY, "a": (2.5, 0.1, 90.0, 10)}
    advice = advise(compared(models, n_clips=6, noise_db=1.5), Needs())
    assert (advice.pick, advice.is_proven) == ("a", False)
    assert advice.headline.startswith(
        "not proven: 6 clips are too few to show that a beats the unprocessed audio; about "
    )
    [doubt] = advice.doubts
    assert doubt.n_more is not None
    enough = advise(compared(models, n_clips=6 + 3 * doubt.n_more, noise_db=1.5), Needs())
    assert enough.is_proven


def test_advise_on_practically_equal_audio_recommends_the_unprocessed_audio() -> None:
    advice = advise(compared({"noisy": NOISY, "a": (0.05, 0.1, 90.0, 10)}), Needs())
    assert advice.pick == "noisy"
    assert advice.headline == "no practical difference between a, the best model, and the unprocessed audio"


def test_advise_on_an_interrupted_run_says_so_and_how_to_continue() -> None:
    results = compared({"noisy": NOISY, "a": (6.0, 0.1, 90.0, 10)})
    rows = dict(results.rows)
    rows["050", "a"] = replace(rows["050", "a"], enhancement=None, score=None)
    rows["051", "a"] = replace(rows["051", "a"], score=None)
    header = {**results.header, "argv": ["seinfer", "compare", "my clips"]}
    advice = advise(replace(results, rows=rows, header=header), Needs())
    assert advice.unfinished == (
        "the run is not finished: 2 of 120 results are missing; continue it with: seinfer compare 'my clips'"
    )
    assert advise(results, Needs()).unfinished == ""


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
    assert (advice.pick, advice.headline) == ("", "no model meets these requirements")


def test_advise_if_every_model_is_worse_than_noisy_recommends_noisy() -> None:
    advice = advise(compared({"noisy": NOISY, "worse": (-1.0, 0.1, 90.0, 10)}), Needs())
    assert advice.pick == "noisy"
    assert advice.headline == "no model is better than the unprocessed audio on average; worse is the closest"


def test_advise_on_few_clips_gives_the_number_of_further_clips_and_it_is_enough() -> None:
    models = {"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), "b": (4.6, 0.05, 80.0, 5)}
    advice = advise(compared(models, n_clips=10, noise_db=1.0), Needs())
    [undecided] = [pair for pair in advice.doubts if {pair.pick, pair.other} == {"a", "b"}]
    assert undecided.n == 10
    assert undecided.n_more is not None and 5 <= undecided.n_more <= 400
    more = advise(compared(models, n_clips=800, noise_db=1.0), Needs(min_differences={"sdr": 0.1}))
    assert more.doubts == ()


def test_advise_without_noisy_measures_quality_from_the_worst_model() -> None:
    models = {name: model for name, model in MODELS.items() if name != "noisy"}
    advice = advise(compared(models), Needs(min_differences={"sdr": 0.1}))
    assert advice.pick == "best"
    assert advice.headline == "best is the best of the models compared, without the unprocessed audio"
    assert advice.candidates[-1].quality == pytest.approx(0.0)


def test_advise_model_with_unknown_costs_has_no_costs_and_fails_a_limit() -> None:
    models = {**MODELS, "theirs": (5.9, 0.0, 0.0, 0)}
    advice = advise(compared(models), Needs(max_rtf=2))
    theirs = next(candidate for candidate in advice.candidates if candidate.model == "theirs")
    assert (theirs.costs, theirs.ruled_out) == ({}, ("rtf unknown",))
    assert front(advise(compared(models), Needs())) == ["best", "theirs", "balanced", "cheap"]
