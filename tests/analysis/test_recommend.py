from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seinfer.analysis.recommend import Advice, Needs, advise
from seinfer.analysis.results import Results
from seinfer.core.errors import UsageError
from seinfer.core.records import Clip, Enhancement, Score, to_json
from seinfer.pipeline.journal import Journal

RATE = 16000
Model = tuple[float, float, float, int]
"""Gain in SDR, rtf, MiB, bytes."""


def compared(models: Mapping[str, Model], n_clips: int = 60, noise_db: float = 0.2, **facts: Any) -> Results:
    """Return results in which models gain what they are said to gain, and cost what they are said to cost."""
    random = np.random.default_rng(0)
    level = random.normal(5, 3, n_clips)
    made = Journal()
    own = {"license_code": "MIT", "license_weights": "MIT", "causal": True, "latency_ms": 20.0, "training_data": []}
    header: dict[str, Any] = {"lost_models": {}, "metrics": {"sdr": "x"}, "notes": [], "models": {}}
    header["models"] = {
        name: {**own, "weights_bytes": model[3], **facts.get(name, {})} for name, model in models.items()
    }
    clips = [Clip(f"{i:03}", f"/n/{i}.wav", f"/c/{i}.wav", RATE, 1, RATE) for i in range(n_clips)]
    made.add_line({"kind": "plan", "header": header, "clips": [to_json(clip) for clip in clips]})
    for name, (gain, rtf, mib, _) in models.items():
        for clip, start, jitter in zip(clips, level, random.normal(0, noise_db, n_clips), strict=True):
            done = Enhancement(clip.clip_id, name, "ok", wall_s=rtf, peak_rss_mib=mib)
            score = Score(clip.clip_id, name, RATE, {"sdr": float(start + gain + (jitter if gain else 0))})
            made.add_line({"kind": "enhancement", "key": "", **to_json(done)})
            made.add_line({"kind": "score", "key": "", **to_json(score)})
    return made.results()


NOISY = (0.0, 0.001, 50.0, 0)
MODELS: Mapping[str, Model] = {
    "noisy": NOISY,
    "best": (6.0, 1.0, 800.0, 100_000_000),
    "balanced": (5.7, 0.1, 100.0, 3_000_000),
    "cheap": (1.0, 0.05, 80.0, 1_000_000),
    "pointless": (0.9, 0.2, 200.0, 9_000_000),
}


def front(advice: Advice) -> list[str]:
    return [candidate.model for candidate in advice.candidates if candidate.is_on_front]


def test_advice_is_the_balanced_point_of_the_front_with_its_reason() -> None:
    advice = advise(compared(MODELS), Needs())
    assert front(advice) == ["best", "balanced", "cheap"]
    assert advice.pick == "balanced"
    first, second = advice.reasons
    assert first.startswith("balanced has 95% of the improvement of best, the best, at 0.1 times its time")
    assert second == "take best if the rest of the improvement is worth its cost"
    assert advice.doubts == ()  # 60 clips tell them apart


def test_advice_for_a_model_that_is_best_and_cheapest_says_so() -> None:
    advice = advise(compared({"noisy": NOISY, "a": (6.0, 0.1, 90.0, 10), "b": (5.0, 0.2, 95.0, 20)}), Needs())
    assert (front(advice), advice.pick) == (["a"], "a")
    assert "no other model is cheaper in anything" in advice.reasons[0]


def test_advice_small_savings_do_not_outweigh_quality() -> None:
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
def test_advice_rules_out_what_does_not_meet_the_needs(needs: Needs, facts: Mapping[str, Any], reason: str) -> None:
    advice = advise(compared(MODELS, **facts), needs)
    ruled_out = {candidate.model: candidate.ruled_out for candidate in advice.candidates}
    assert ruled_out["best"] == (reason,)
    assert "best" not in front(advice)
    assert advice.pick == "balanced"


def test_advice_without_a_model_that_fits_picks_none() -> None:
    advice = advise(compared(MODELS), Needs(max_rtf=0.0001))
    assert (advice.pick, advice.reasons) == ("", ("no model meets these needs",))


def test_advice_where_nothing_helps_is_to_leave_the_clips_alone() -> None:
    advice = advise(compared({"noisy": NOISY, "worse": (-1.0, 0.1, 90.0, 10)}), Needs())
    assert advice.pick == "noisy"
    assert "worse comes nearest" in advice.reasons[0]


def test_advice_on_few_clips_says_how_many_more_would_do_and_they_do() -> None:
    models = {"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), "b": (4.6, 0.05, 80.0, 5)}
    advice = advise(compared(models, n_clips=10, noise_db=1.0), Needs())
    [doubt] = [doubt for doubt in advice.doubts if {doubt.pick, doubt.other} == {"a", "b"}]
    assert doubt.n == 10
    assert doubt.n_more is not None and 5 <= doubt.n_more <= 400
    more = advise(compared(models, n_clips=400, noise_db=1.0), Needs())
    assert more.doubts == ()


def test_advice_without_noisy_weighs_from_worst_to_best() -> None:
    models = {name: model for name, model in MODELS.items() if name != "noisy"}
    advice = advise(compared(models), Needs())
    assert advice.pick == "balanced"
    assert advice.candidates[-1].quality == pytest.approx(0.0)


def test_advice_on_a_model_without_known_costs_does_not_invent_them() -> None:
    models = {**MODELS, "theirs": (5.9, 0.0, 0.0, 0)}
    advice = advise(compared(models), Needs(max_rtf=2))
    theirs = next(candidate for candidate in advice.candidates if candidate.model == "theirs")
    assert (theirs.costs, theirs.ruled_out) == ({}, ("rtf unknown",))
    assert front(advise(compared(models), Needs())) == ["best", "theirs", "balanced", "cheap"]


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        (Needs(("stoi",)), "--metric names 'stoi', which this run lacks; it has sdr"),
        (Needs(licence="free"), "--licence is 'free'; expected one of any, commercial"),
    ],
)
def test_advice_on_what_is_not_there_is_refused(needs: Needs, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        advise(compared({"noisy": NOISY, "a": MODELS["best"]}, n_clips=6), needs)


def test_advice_on_a_run_without_scores_is_refused() -> None:
    results = compared({"noisy": NOISY, "a": MODELS["best"]}, n_clips=6)
    with pytest.raises(UsageError, match="this run has no scores to weigh"):
        advise(replace(results, computed=()), Needs())
