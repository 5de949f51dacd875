"""Atomic writing of text, JSON and CSV files, and opening regular files."""

from __future__ import annotations

import csv
import json
import math
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seinfer.core.errors import AudioError, RunFolderError
from seinfer.core.files import (
    Cell,
    csv_cell,
    make_folder,
    open_regular,
    read_csv,
    write_bytes,
    write_csv,
    write_json,
    write_text,
)


def test_write_text_replaces_the_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_text(path, "é\nß\n")
    assert path.read_bytes() == "é\nß\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_write_text_of_undecodable_names_escapes_them(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", os.fsdecode(b"latin\xe9"))
    assert (tmp_path / "a.txt").read_bytes() == b"latin\\udce9"


def test_write_bytes_writes_every_byte_as_it_is(tmp_path: Path) -> None:
    data = bytes(range(256))
    write_bytes(tmp_path / "a.png", data)
    assert (tmp_path / "a.png").read_bytes() == data


def test_make_folder_creates_parents_and_accepts_an_existing_folder(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_make_folder_below_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=r"the folder .*file/b cannot be created: Not a directory; choose another"):
        make_folder(tmp_path / "file" / "b")


def test_write_text_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RunFolderError, match=r"a\.txt cannot be written: No space left on device; free space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_json_is_indented_and_ends_with_a_newline(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "b": 1,\n  "a": "é"\n}\n'
    assert json.loads(text) == {"b": 1, "a": "é"}


def test_write_json_of_nan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": math.nan})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (1 / 3, "0.333333"),
        (-2.0, "-2.000000"),
        (-1e-9, "0.000000"),
        (math.nan, ""),
        (math.inf, ""),
        ("a,b", "a,b"),
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("@x", "'@x"),
        ("\t=x", "'\t=x"),
        ("\r=x", "'\r=x"),
        ("-inf", "'-inf"),
        ("-1_0", "'-1_0"),
        ("'=x", "''=x"),
        ("'quoted'", "'quoted'"),
        ("a=b", "a=b"),
        ("-", "'-"),
        ("-1.5", "-1.5"),
        ("+3", "+3"),
        ("-2e-05", "-2e-05"),
        (-3, "-3"),
    ],
)
def test_csv_cell_of_a_value_is_its_text(value: Cell, text: str) -> None:
    assert csv_cell(value) == text


@pytest.mark.parametrize("text", ["a,b", 'a"b', "a\nb", "a\rb", "a\r\nb", " é 中 ", ""])
def test_write_csv_of_any_text_reads_back_equal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, ("x", "y", "z"), [{"x": text, "y": 1}])
    with open(path, newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"x": text, "y": "1", "z": ""}]
    assert path.read_bytes().startswith(b"x,y,z\n")
    assert path.read_bytes().endswith(b",1,\n")


texts = st.text(st.one_of(st.sampled_from("'=+-@\t\r\n\",1.e"), st.characters(exclude_categories=["Cs"])))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(texts, texts), min_size=1, max_size=3), column=texts.filter(lambda name: name != "x"))
def test_read_csv_of_what_write_csv_wrote_is_equal(tmp_path: Path, cells: list[tuple[str, str]], column: str) -> None:
    path = tmp_path / "a.csv"
    given_rows = [{"x": first, column: second} for first, second in cells]
    write_csv(path, ("x", column), given_rows)
    assert read_csv(path) == given_rows


def test_read_csv_row_of_another_length_is_filled_or_cut(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffa,b\n1\n\n1,2,3\n", encoding="utf-8")
    assert read_csv(tmp_path / "a.csv") == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}]


def test_read_csv_of_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    assert read_csv(tmp_path / "a.csv") == []


def test_write_csv_of_an_unknown_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not in fieldnames"):
        write_csv(tmp_path / "a.csv", ("x",), [{"y": 1}])
    assert list(tmp_path.iterdir()) == []


def test_open_regular_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_open_regular_of_anything_else_is_unreadable(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(AudioError, match=str(path)) as caught:
        open_regular(path)
    assert caught.value.reason == "unreadable"


def test_write_text_with_a_mode_makes_a_file_of_that_mode_also_in_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old", encoding="utf-8")
    write_text(path, "new", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8") == "new"
