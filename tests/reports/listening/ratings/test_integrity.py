"""Each way in which rating files may not fit their key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, RatingsError
from seinfer.core.exit_codes import INTEGRITY
from seinfer.reports.listening.ratings.integrity import check_complete, check_ratings
from seinfer.reports.listening.ratings.rating_files import RatingRow, read_ratings
from seinfer.reports.listening.records import DesignName, Key

from .simulated import Row, changed, make_key, rate, write_ratings


@pytest.fixture(scope="module")
def key() -> Key:
    return make_key(n_raters=3, n_clips=3)


Read = Callable[[list[Row]], tuple[RatingRow, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda rows: read_ratings(write_ratings(tmp_path / "back", rows))


@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "ab", "abx"])
def test_check_ratings_of_complete_files_of_every_design_finds_nothing(design: DesignName, read: Read) -> None:
    key = make_key(design, n_raters=2, n_clips=3)
    rows = read(rate(key))
    check_ratings(rows, key)
    assert check_complete(rows, key, allow_fewer=False) == ()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"test_id": "other"}, "test_id is 'other', expected 'test1'"),
        ({"key_sha256": "0" * 64}, f"key_sha256 is '{'0' * 64}', expected"),
        ({"design": "ccr"}, "design is 'ccr', expected 'p835'"),
        ({"page_version": "99"}, "page_version is '99', expected '1'"),
        ({"trial": "999"}, "trial 999 is not in session s00"),
        ({"trial": "one"}, "trial None is not in session s00"),
        ({"position": "2"}, "position 2 is not in trial"),
        ({"stimulus_id": "ffffffffff"}, "stimulus 'ffffffffff' is not at position 1 of trial"),
        ({"scale": "LOUD"}, "scale is 'LOUD', expected SIG or BAK or OVRL"),
        ({"rating": "6"}, "rating is '6', expected a number from 1 to 5"),
        ({"rating": "good"}, "rating is 'good', expected a number from 1 to 5"),
        ({"rating": "nan"}, "rating is 'nan', expected a number from 1 to 5"),
        ({"rating": "3.5"}, "rating is '3.5', expected a whole number"),
    ],
)
def test_check_ratings_of_a_changed_row_names_its_file_and_line(key: Key, read: Read, cells: Row, message: str) -> None:
    rows = read(changed(rate(key), 40, **cells))
    with pytest.raises(IntegrityError) as error:
        check_ratings(rows, key)
    assert error.value.exit_code == INTEGRITY
    assert any(f"s00.csv line 42: {message}" in line for line in error.value.args), error.value.args


def test_check_ratings_of_a_foreign_session_is_refused(key: Key, read: Read) -> None:
    rows = read([{**row, "session_id": row["session_id"].replace("s01", "s77")} for row in rate(key)])
    with pytest.raises(IntegrityError, match=r"s77\.csv line 2 and \d+ other lines: session 's77' is not of this test"):
        check_ratings(rows, key)


def test_check_ratings_of_the_same_vote_twice_names_both_places(key: Key, read: Read) -> None:
    rows = rate(key)
    with pytest.raises(IntegrityError, match=r"s00.csv line 3: the same vote stands in .*s00.csv line 2; keep one"):
        check_ratings(read([rows[0], *rows]), key)


def test_check_ratings_of_a_session_of_two_raters_is_refused(key: Key, tmp_path: Path) -> None:
    rows = rate(key)
    write_ratings(tmp_path / "first", rows)
    others = [{**row, "rater_id": "somebody"} for row in rows if row["session_id"] == "s00"]
    write_ratings(tmp_path / "second", others)
    with pytest.raises(IntegrityError) as error:
        check_ratings(read_ratings([tmp_path / "first", tmp_path / "second"]), key)
    assert "session s00 is of rater 'somebody', and of rater 'r00' in" in str(error.value)


def test_check_ratings_of_imported_files_accepts_several_raters_of_a_part_of_a_session(key: Key, read: Read) -> None:
    rows = [{**row, "page_version": "p808"} for row in rate(key) if row["session_id"] == "s00"]
    others = [{**row, "rater_id": name} for name in ("x", "y") for row in rows[:30]]
    found = read([*rows, *others])
    check_ratings(found, key)
    assert check_complete(found, key, allow_fewer=False) == ()
    with pytest.raises(IntegrityError, match="the same vote stands in"):
        check_ratings(read([*rows, *others, others[0]]), key)


def test_check_ratings_lists_every_problem(key: Key, read: Read) -> None:
    rows = changed(changed(rate(key), 20, rating="9"), 30, scale="X")
    with pytest.raises(IntegrityError, match="2 problems, nothing is analysed") as error:
        check_ratings(read(rows), key)
    assert len(error.value.args) == 3


def test_check_complete_with_fewer_raters_than_planned_is_refused_unless_allowed(key: Key, read: Read) -> None:
    rows = read([row for row in rate(key) if row["session_id"] != "s02"])
    with pytest.raises(RatingsError, match="give --allow-fewer\nfewer raters than planned: 2 of 3"):
        check_complete(rows, key, allow_fewer=False)
    assert check_complete(rows, key, allow_fewer=True) == ("fewer raters than planned: 2 of 3",)


def test_check_complete_with_missing_votes_says_where(key: Key, read: Read) -> None:
    rows = changed(rate(key)[:-3], 40, rating="")
    [first, last] = check_complete(read(rows), key, allow_fewer=True)
    assert first.endswith("s00.csv: session s00: 1 vote missing, the first in trial 14")
    assert "s02.csv: session s02: 3 votes missing" in last


def test_check_complete_without_votes_of_the_training_misses_nothing(key: Key, read: Read) -> None:
    rows = [row for row in rate(key) if int(row["trial"]) > 5]
    assert check_complete(read(rows), key, allow_fewer=False) == ()
