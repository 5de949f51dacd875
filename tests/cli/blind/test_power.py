from __future__ import annotations

import json

import pytest

from seinfer.core.errors import UsageError
from tests.helpers import invoke


def test_power_prints_assumptions_answer_and_table() -> None:
    result = invoke("blind", "power", "--difference", "0.5", "--raters", "16", "--clips", "12")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "p835: a difference of 0.5, crossed test at 5 %"
    assert lines[1].startswith("assumed standard deviations: rater x model 0.25, clip x model 0.31, single votes 0.7")
    assert lines[4].startswith("16 raters x 12 clips: power 0.7")
    assert "more clips beat more raters" in result.stdout


def test_power_json_has_the_same_numbers() -> None:
    document = json.loads(invoke("blind", "power", "--difference", "0.3", "--raters", "24", "--json").stdout)
    assert document["n_raters"] == 24
    assert document["power"] >= 0.8
    assert document["request"]["components"] == {"rater": 0.25, "clip": 0.31, "vote": 0.7}


def test_power_with_larger_assumed_deviations_needs_more_clips() -> None:
    few, many = (
        json.loads(invoke("blind", "power", "--raters", "24", "--sd-clip", sd, "--json").stdout)["n_clips"]
        for sd in ("0.2", "0.6")
    )
    assert few < many


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--design", "mos"), "--design is 'mos'; expected one of p835, mushra, ccr, ab, abx"),
        (("--sd-rater", "0", "--sd-clip", "0", "--sd-vote", "0"), "are all 0; expected at least one above 0"),
    ],
)
def test_power_of_an_impossible_request_is_a_usage_error(arguments: tuple[str, ...], message: str) -> None:
    result = invoke("blind", "power", *arguments)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
