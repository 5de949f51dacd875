"""The records of a listening test from JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, UsageError
from seinfer.core.records import to_json
from seinfer.reports.listening import documents
from seinfer.reports.listening.documents import key_from_json, read_test

from .test_key import KEY


def test_records_as_json_and_back_are_the_same() -> None:
    assert documents.test_from_json(json.loads(json.dumps(to_json(KEY.test))), "test.json") == KEY.test
    assert key_from_json(json.loads(json.dumps(to_json(KEY))), "key.json") == KEY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"design": "acr"}, "design is 'acr', expected one of p835"),
        ({"n_samples": "1"}, "n_samples"),
        ({"sessions": [{"session_id": "a"}]}, "has no 'is_background_first'"),
        ({"sessions": ["a"]}, "expected an object"),
    ],
)
def test_malformed_test_is_an_integrity_error_that_says_where(change: dict[str, object], message: str) -> None:
    with pytest.raises(IntegrityError, match="the/file is not in the form") as error:
        documents.test_from_json({**to_json(KEY.test), **change}, "the/file")
    assert message in str(error.value)


@pytest.mark.parametrize("missing", ["salt", "items", "kinds", "test", "rules"])
def test_key_without_a_part_is_an_integrity_error(missing: str) -> None:
    values = {name: value for name, value in to_json(KEY).items() if name != missing}
    with pytest.raises(IntegrityError, match=f"has no '{missing}'"):
        key_from_json(values, "the/file")


def test_read_test_of_another_folder_is_a_usage_error_and_of_a_damaged_one_an_integrity_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a test folder"):
        read_test(tmp_path)
    (tmp_path / "test.json").write_text("{", encoding="utf-8")
    with pytest.raises(IntegrityError, match="is not a JSON file"):
        read_test(tmp_path)
