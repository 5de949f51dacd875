"""Packed records are equal to the records that were added."""

from __future__ import annotations

import sys

import pytest

from seinfer.core.records import Enhancement, Score
from seinfer.pipeline.compact import CompactRecords

DONE = Enhancement("a/x", "m", "ok", sample_rate_in=16_000, wall_s=0.1 + 0.2, estimate_sha256="0f" * 32)
SCORE = Score("a/x", "m", 16_000, {"sdr": -1.5}, {"stoi": "too_short: é"}, lag_samples=None, gain_db=0.25)


def test_compact_records_are_equal_to_those_that_were_added() -> None:
    enhancements, scores = CompactRecords(Enhancement), CompactRecords(Score)
    enhancements["a/x", "m"], scores["a/x", "m"] = ("one", DONE), ("two", SCORE)
    assert enhancements == {("a/x", "m"): ("one", DONE)}
    assert scores == {("a/x", "m"): ("two", SCORE)}
    assert dict(scores.records) == {("a/x", "m"): SCORE}


def test_compact_records_absent_slot_is_a_key_error_and_not_contained() -> None:
    records = CompactRecords(Enhancement)
    records["a/x", "m"] = ("one", DONE)
    for absent in (("a/x", "other"), ("b", "m")):
        assert absent not in records
        assert records.get(absent) is None
        with pytest.raises(KeyError):
            del records[absent]
    assert "a/x" not in records
    del records["a/x", "m"]
    assert not records


def test_compact_records_view_contains_records_that_are_added_later() -> None:
    records = CompactRecords(Score)
    view = records.records
    records["a/x", "m"] = ("one", SCORE)
    assert view["a/x", "m"] == SCORE
    assert len(view) == 1


def test_compact_record_takes_less_than_a_third_of_the_object() -> None:
    records = CompactRecords(Enhancement)
    records["a/x", "m"] = ("f" * 32, DONE)
    values = [getattr(DONE, name) for name in DONE.__slots__]
    as_objects = sys.getsizeof(DONE) + sum(map(sys.getsizeof, values))
    assert sys.getsizeof(records._of_model["m"]["a/x"]) < as_objects / 3
