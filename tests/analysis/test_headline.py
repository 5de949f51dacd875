from __future__ import annotations

import pytest

from seinfer.analysis.headline import on_model, on_noisy
from seinfer.analysis.verdicts import BETTER, EQUAL, NOT_PROVEN, PROBABLY_EQUAL, WORSE, Verdict
from seinfer.stats import Interval


def verdict(metric: str, text: str, n: int = 12, n_more: int | None = None) -> Verdict:
    return Verdict(metric, "a", "noisy", n, Interval(0.1, None, None, ""), 0.1, text, n_more)


@pytest.mark.parametrize(
    ("verdicts", "sentence", "is_proven"),
    [
        ([verdict("pesq_wb", BETTER), verdict("stoi", BETTER)], "a is better than {} in pesq_wb, stoi", True),
        ([verdict("pesq_wb", BETTER), verdict("stoi", EQUAL)], "a is better than {} in pesq_wb", True),
        (
            [verdict("pesq_wb", BETTER), verdict("stoi", NOT_PROVEN, n_more=30)],
            "a is better than {} in pesq_wb (not proven in stoi)",
            True,
        ),
        (
            [verdict("pesq_wb", BETTER), verdict("stoi", WORSE)],
            "a is better than {} in pesq_wb (worse in stoi)",
            False,
        ),
        (
            [verdict("pesq_wb", NOT_PROVEN, 6, 14), verdict("stoi", NOT_PROVEN, 6, 40)],
            "not proven: 6 clips are too few to show that a beats {}; about 14 more would",
            False,
        ),
        (
            [verdict("pesq_wb", NOT_PROVEN, 1, 5)],
            "not proven: 1 clip is too few to show that a beats {}; at least 5 more would",
            False,
        ),
        (
            [verdict("pesq_wb", NOT_PROVEN, 40, None)],
            "not proven: 40 clips are too few to show that a beats {}; no practical number of clips would",
            False,
        ),
    ],
)
def test_headline_on_a_model_is_never_firmer_than_its_verdicts(
    verdicts: list[Verdict], sentence: str, is_proven: bool
) -> None:
    assert on_model("a", verdicts) == (sentence.format("the unprocessed audio"), is_proven)


def test_headline_on_noisy_tells_equal_from_worse() -> None:
    equal = [verdict("pesq_wb", EQUAL), verdict("stoi", EQUAL)]
    assert on_noisy("a", equal) == "no practical difference between a, the best model, and the unprocessed audio"
    assert on_noisy("a", [*equal, verdict("sdr", PROBABLY_EQUAL)]).startswith("probably no practical difference")
    assert on_noisy("a", [verdict("pesq_wb", WORSE)]) == (
        "no model is better than the unprocessed audio on average; a is the closest"
    )
