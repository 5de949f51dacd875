from __future__ import annotations

import json
import re

import pytest

from seinfer.analysis.candidates import Candidate, Needs
from seinfer.analysis.cautions import Caution
from seinfer.analysis.recommend import Advice, UndecidedPair
from seinfer.core.counts import counted, verb
from seinfer.reports.recommendation import print_recommendation, recommendation_json
from seinfer.stats import Interval

WARNINGS = [Caution("lag", ("b",), 1, "b is late")]


def pair(other: str, n: int, n_more: int | None) -> UndecidedPair:
    interval = Interval(0.125, -0.5, 0.75, "t") if n > 1 else Interval(0.125, None, None, "n < 2")
    return UndecidedPair("sdr", "a", other, n, interval, n_more)


def advice(*undecided: UndecidedPair) -> Advice:
    candidates = (
        Candidate("b", 1.0, {"sdr": 12.25}, {"rtf": 0.5, "peak_rss_mib": 80.0, "weights_bytes": 3e6}, (), True),
        Candidate("a", 0.9, {"sdr": 11.0}, {"rtf": 0.1}, (), True),
        Candidate("c", 0.8, {"sdr": 10.0}, {"rtf": 2.0}, ("rtf 2, over 1",), False),
        Candidate("d", 0.1, {"sdr": 9.0}, {"rtf": 0.9}, (), False),
    )
    return Advice(Needs(("sdr",)), "a", ("a is cheap", "b is better"), candidates, undecided)


def shown(capsys: pytest.CaptureFixture[str], found: Advice) -> str:
    print_recommendation(found, WARNINGS)
    return capsys.readouterr().out


def test_print_recommendation_begins_with_the_model_and_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, advice()).startswith("a\na is cheap\nb is better\n")


def test_print_recommendation_table_has_the_models_worth_considering(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split() for line in shown(capsys, advice()).splitlines()]
    assert ["worth", "considering", "quality", "SDR", "rtf", "MiB", "MB"] in lines
    assert ["b", "1.00", "12.25", "0.500", "80", "3.0"] in lines
    assert ["a", "0.90", "11.00", "0.100"] in lines
    assert not [line for line in lines if line[:1] in (["c"], ["d"])]


def test_print_recommendation_notes_excluded_models_and_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, advice())
    assert "excluded: c: rtf 2, over 1\n" in text
    assert "warning: b is late\n" in text
    assert "undecided" not in text


@pytest.mark.parametrize(
    ("undecided", "end"),
    [
        (pair("b", 8, 12), "95 % CI -0.50 to +0.75: about 12 more clips would be needed if the mean difference stays"),
        (pair("b", 8, None), "no practical number of clips would be enough: they are equal as far as these clips show"),
        (pair("b", 1, None), "(+0.12: one clip gives no confidence interval)"),
    ],
)
def test_print_recommendation_undecided_pair_gives_the_number_of_further_clips(
    capsys: pytest.CaptureFixture[str], undecided: UndecidedPair, end: str
) -> None:
    text = shown(capsys, advice(undecided))
    assert (
        f"undecided: {counted(undecided.n, 'clip')} {verb(undecided.n, 'show')} no significant difference "
        "of a minus b in sdr (+0.12" in text
    )
    assert end in text


def test_print_recommendation_contains_the_licences_that_it_gets(capsys: pytest.CaptureFixture[str]) -> None:
    print_recommendation(advice(), WARNINGS, ["licence: a: weights none stated, code MIT"])
    assert "licence: a: weights none stated, code MIT\n" in capsys.readouterr().out


def test_print_recommendation_without_a_model_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, Advice(Needs(("sdr",)), "", ("no model meets these requirements",), (), ()))
    assert re.match("no model\nno model meets these requirements\n", text)


def test_recommendation_json_keys_that_scripts_depend_on_are_fixed() -> None:
    document = json.loads(recommendation_json(advice(pair("b", 8, 12)), WARNINGS))
    assert set(document) == {"needs", "pick", "reasons", "candidates", "doubts", "warnings"}
    assert set(document["candidates"][0]) == {
        *("model", "quality", "means", "costs", "ruled_out", "is_on_front"),
    }
    assert set(document["doubts"][0]) == {"metric", "pick", "other", "n", "difference", "n_more"}
    assert set(document["needs"]) == {
        *("metrics", "max_rtf", "max_mib", "licence", "is_causal", "max_latency_ms"),
    }
    assert (document["pick"], document["doubts"][0]["other"]) == ("a", "b")
