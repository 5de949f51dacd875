from __future__ import annotations

import json

import pytest

from seinfer.analysis.candidates import Candidate, Needs
from seinfer.analysis.cautions import Caution
from seinfer.analysis.recommend import Advice
from seinfer.analysis.verdicts import BETTER, EQUAL, NOT_PROVEN, WORSE, Verdict
from seinfer.reports.recommendation import print_recommendation, recommendation_json
from seinfer.stats import Interval

WARNINGS = [Caution("lag", ("b",), 1, "b is late")]


def verdict(other: str, n_more: int | None = 12, text: str = NOT_PROVEN, n: int = 8) -> Verdict:
    interval = Interval(0.125, -0.5, 0.75, "max-T") if n > 5 else Interval(0.125, None, None, "fewer than 6 clips")
    return Verdict("sdr", "a", other, n, interval, 0.5, text, n_more)


def advice(*verdicts: Verdict, is_proven: bool = True, unfinished: str = "") -> Advice:
    candidates = (
        Candidate("b", 1.0, {"sdr": 12.25}, {"rtf": 0.5, "peak_rss_mib": 80.0, "weights_bytes": 3e6}, (), True),
        Candidate("a", 0.9, {"sdr": 11.0}, {"rtf": 0.1}, (), True),
        Candidate("c", 0.8, {"sdr": 10.0}, {"rtf": 2.0}, ("rtf 2, over 1",), False),
        Candidate("d", -0.25, {"sdr": 9.0}, {"rtf": 0.9}, (), False),
    )
    needs = Needs(("sdr",))
    return Advice(needs, "a", "a is better", is_proven, ("b loses",), candidates, verdicts, verdicts, unfinished)


def shown(capsys: pytest.CaptureFixture[str], found: Advice) -> str:
    print_recommendation(found, WARNINGS)
    return capsys.readouterr().out


def test_print_recommendation_begins_with_the_evidence_and_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, advice()).startswith("a is better\nrecommended: a\nb loses\n")
    assert shown(capsys, advice(is_proven=False)).startswith("a is better\nbest so far: a\n")


def test_print_recommendation_of_an_unfinished_run_says_so_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, advice(unfinished="not finished: run x")).startswith("not finished: run x\na is better\n")


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
    assert "no better than unprocessed: d (-0.25)\n" in text
    assert "not proven" not in text


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (verdict("b"), "interval -0.50 to +0.75: about 12 more clips)"),
        (verdict("b", None), "interval -0.50 to +0.75: over 100,000 more clips)"),
        (verdict("noisy", 4, n=2), "(+0.12: about 4 more clips)"),
        (verdict("b", None, EQUAL), "simultaneous 95 % interval -0.50 to +0.75)"),
    ],
)
def test_print_recommendation_open_verdict_gives_interval_and_further_clips(
    capsys: pytest.CaptureFixture[str], found: Verdict, end: str
) -> None:
    text = shown(capsys, advice(found))
    assert f"{found.verdict}: a against {found.other} in sdr (+0.12" in text
    assert end in text


@pytest.mark.parametrize("text", [BETTER, WORSE])
def test_print_recommendation_firm_verdict_has_no_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert "a against b" not in shown(capsys, advice(verdict("b", None, text)))


def test_print_recommendation_contains_the_licences_that_it_gets(capsys: pytest.CaptureFixture[str]) -> None:
    print_recommendation(advice(), WARNINGS, ["licence: a: weights none stated, code MIT"])
    assert "licence: a: weights none stated, code MIT\n" in capsys.readouterr().out


def test_print_recommendation_without_a_model_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, Advice(Needs(("sdr",)), "", "no model meets these requirements", False, (), (), (), ()))
    assert text.startswith("no model meets these requirements\n\n")


def test_recommendation_json_keys_that_scripts_depend_on_are_fixed() -> None:
    document = json.loads(recommendation_json(advice(verdict("b")), WARNINGS))
    assert set(document) == {
        *("needs", "pick", "headline", "is_proven", "reasons", "candidates", "verdicts", "doubts", "unfinished"),
        "warnings",
    }
    assert set(document["candidates"][0]) == {
        *("model", "quality", "means", "costs", "ruled_out", "is_on_front"),
    }
    assert set(document["doubts"][0]) == {
        *("metric", "pick", "other", "n", "difference", "min_difference", "verdict", "n_more"),
    }
    assert set(document["needs"]) == {
        *("metrics", "max_rtf", "max_mib", "licence", "is_causal", "max_latency_ms", "min_differences"),
    }
    assert (document["pick"], document["doubts"][0]["other"]) == ("a", "b")
