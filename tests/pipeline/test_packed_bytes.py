"""Byte strings are read as they were added, from memory and from the temporary file."""

from __future__ import annotations

import errno
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seinfer.core.errors import RunFolderError
from seinfer.pipeline.packed_bytes import PackedBytes

STRINGS = [b"", b"a", b"b" * 319, b"c" * 5000, b"last"]


@pytest.mark.parametrize("in_memory", [0, 400, 1 << 20])
def test_packed_bytes_are_those_that_were_added(in_memory: int) -> None:
    store = PackedBytes(in_memory)
    places = [store.add(packed) for packed in STRINGS]
    assert len(set(places)) == len(STRINGS)
    for place, packed in zip(places, STRINGS, strict=True):
        assert store.get(place)[: len(packed)] == packed


@pytest.mark.parametrize("in_memory", [0, 1 << 20])
def test_packed_bytes_first_place_of_a_replaced_string_stays(in_memory: int) -> None:
    store = PackedBytes(in_memory)
    first, _ = store.add(b"old"), store.add(b"other")
    newer = store.add(b"newer", store.first_place(first))
    newest = store.add(b"newest", store.first_place(newer))
    assert store.get(newest)[:6] == b"newest"
    assert store.first_place(newest) == first


def test_packed_bytes_small_store_makes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    store = PackedBytes()
    assert store.get(store.add(b"x"))[:1] == b"x"


def test_packed_bytes_file_without_a_name_leaves_nothing_in_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = PackedBytes(0)
    first, _ = store.add(b"x"), store.add(b"y")
    assert store.get(first)[:1] == b"x"
    assert list(tmp_path.iterdir()) == []


def test_packed_bytes_disk_that_accepts_parts_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, place: write(file, data[:7], place))
    store = PackedBytes(0)
    places = [store.add(bytes([i]) * 40) for i in range(9)]
    assert [store.get(place)[:40] for place in places] == [bytes([i]) * 40 for i in range(9)]


def test_packed_bytes_full_disk_names_the_folder_and_tmpdir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(file: int, data: bytes, place: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = PackedBytes(0)
    place = store.add(b"kept")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(RunFolderError) as raised:
            store.add(b"next")
    for part in (str(tmp_path), "No space left on device", "TMPDIR"):
        assert part in str(raised.value)
    assert store.get(place)[:4] == b"kept"
    assert store.get(store.add(b"next"))[:4] == b"next"


def test_packed_bytes_absent_folder_for_temporary_files_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    store = PackedBytes(0)
    store.add(b"x")
    with pytest.raises(RunFolderError, match=r"absent.* cannot be written.*TMPDIR"):
        store.add(b"y")


def test_packed_bytes_several_threads_read_while_one_adds() -> None:
    store = PackedBytes(1000)
    strings = [str(i).encode() * 20 for i in range(2000)]
    places = [store.add(packed) for packed in strings[:1000]]

    def all_equal() -> bool:
        pairs = zip(places[:1000], strings, strict=False)
        return all(store.get(place)[: len(packed)] == packed for place, packed in pairs)

    with ThreadPoolExecutor(3) as threads:
        checks = [threads.submit(all_equal) for _ in range(6)]
        places += [store.add(packed) for packed in strings[1000:]]
        assert all(check.result() for check in checks)
    assert all(store.get(place)[: len(packed)] == packed for place, packed in zip(places, strings, strict=True))
