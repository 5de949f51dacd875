from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, UsageError
from seinfer.reports.listening.ratings.rating_files import read_ratings

from .simulated import changed, make_key, rate, write_ratings


def test_read_ratings_gives_each_row_with_its_file_and_line(tmp_path: Path) -> None:
    rows = changed(rate(make_key(n_raters=1, n_clips=2)), 1, comment="two\nlines, =1+1", rating="", n_plays="x")
    [path] = write_ratings(tmp_path, rows)
    found = read_ratings([tmp_path])
    assert [row.line for row in found[:4]] == [2, 4, 5, 6]  # the last line of a row whose comment has two lines
    assert (found[1].path, found[1].comment, found[1].rating, found[1].n_plays) == (
        path,
        "two\nlines, =1+1",
        None,
        None,
    )
    assert (found[0].trial, found[0].played_ms, found[0].rating_text) == (1, 5000.0, rows[0]["rating"])


def test_read_ratings_of_a_file_given_twice_reads_it_once(tmp_path: Path) -> None:
    [path] = write_ratings(tmp_path, rate(make_key(n_raters=1, n_clips=2)))
    assert len(read_ratings([path, tmp_path])) == len(read_ratings([path]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "contains no row; expected a rating file"),
        (b"test_id,rating\nx,1\n", "line 1: the columns key_sha256, session_id, rater_id"),
        (b"\xff\xfe\x00", "is not a CSV in UTF-8"),
    ],
)
def test_read_ratings_of_another_file_is_an_integrity_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(IntegrityError, match=message):
        read_ratings([tmp_path / "a.csv"])


def test_read_ratings_without_any_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no ratings found"):
        read_ratings([tmp_path])
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_ratings([tmp_path / "absent.csv"])
