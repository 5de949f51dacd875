"""Packed records are equal to the records that were added."""

from __future__ import annotations

import sys

import pytest

from seinfer.core.records import Enhancement, Score
from seinfer.pipeline.compact import CompactRecords, RecordStore

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


def test_compact_records_are_ordered_by_model_then_as_added_also_after_replacing() -> None:
    records = CompactRecords(Score)
    added = [("b", "two"), ("a", "one"), ("c", "two"), ("a", "two"), ("b", "one")]
    for slot in added:
        records[slot] = ("old", SCORE)
    records["b", "two"] = ("new", SCORE)
    records["b", "two"] = ("newer", SCORE)
    in_order = [("b", "two"), ("c", "two"), ("a", "two"), ("a", "one"), ("b", "one")]
    assert list(records) == in_order
    assert records["b", "two"][0] == "newer"
    del records["b", "two"]
    records["b", "two"] = ("again", SCORE)
    assert list(records) == [*in_order[1:3], in_order[0], *in_order[3:]]
    assert len(records) == len(added)


def test_compact_records_of_one_store_are_apart() -> None:
    store = RecordStore()
    enhancements, scores = CompactRecords(Enhancement, store), CompactRecords(Score, store)
    scores["b", "m"] = ("two", SCORE)
    enhancements["a/x", "m"] = ("one", DONE)
    assert list(enhancements) == [("a/x", "m")]
    assert list(scores) == [("b", "m")]
    assert ("a/x", "m") not in scores


def test_compact_record_takes_8_bytes_in_memory_besides_its_packed_bytes() -> None:
    records = CompactRecords(Enhancement)
    for i in range(1000):
        records[f"{i}", "m"] = ("f" * 32, DONE)
    places = records._places["m"]
    assert sys.getsizeof(places) < 1000 * 8 * 1.2
