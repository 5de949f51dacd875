"""`seinfer check` as a user meets it."""

from __future__ import annotations

import json

from tests.enhancement.test_check import QUESTIONS
from tests.helpers import seinfer


def test_check_prints_a_verdict_per_question_and_ends_with_0() -> None:
    result = seinfer("check", "rnnoise")
    assert result.returncode == 0, result.stderr
    first, *others = result.stdout.splitlines()
    assert first == "rnnoise on fan_16k.flac, cpu"
    assert len(others) == len(QUESTIONS)
    assert all(line.startswith("  ok") for line in others)


def test_check_json_has_the_same_questions() -> None:
    document = json.loads(seinfer("check", "rnnoise", "--json").stdout)
    assert [verdict["question"] for verdict in document] == QUESTIONS
