from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from seinfer.models.download import partials
from seinfer.models.download.partials import claim, private
from tests.models.toy_models import CONTENT, names_in, write


def test_claim_placed_file_stands_under_its_final_name_alone(tmp_path: Path) -> None:
    final = tmp_path / "toy" / "net.th"
    with claim(final) as partial:
        partial.write(CONTENT)
        assert not final.exists()
        partial.place(final)
    assert final.read_bytes() == CONTENT
    assert names_in(tmp_path) == ["toy/net.th"]


def test_claim_what_is_not_placed_is_there_for_the_next_try(tmp_path: Path) -> None:
    final = tmp_path / "net.th"
    with pytest.raises(KeyboardInterrupt), claim(final) as partial:
        partial.write(CONTENT[:1000])
        raise KeyboardInterrupt
    with claim(final) as partial:
        assert partial.size_bytes == 1000
        partial.write(CONTENT[1000:])
        partial.place(final)
    assert final.read_bytes() == CONTENT


def test_claim_what_is_not_worth_keeping_is_removed(tmp_path: Path) -> None:
    with claim(tmp_path / "net.th") as partial:
        partial.write(CONTENT)
        partial.is_kept = False
    with claim(tmp_path / "empty.th"):
        pass
    with private(tmp_path / "copy.th") as partial:
        partial.write(CONTENT)
    assert names_in(tmp_path) == []


def test_claim_second_claimant_waits_for_the_first(tmp_path: Path) -> None:
    final = tmp_path / "net.th"
    order = []

    def second() -> None:
        with claim(final) as partial:
            order.append(("second", final.exists(), partial.size_bytes))

    with claim(final) as partial:
        thread = threading.Thread(target=second)
        thread.start()
        for start in range(0, len(CONTENT), 50_000):
            partial.write(CONTENT[start : start + 50_000])
            time.sleep(0.05)
        order.append(("first", final.exists(), partial.size_bytes))
        partial.place(final)
    thread.join(10)
    assert order == [("first", False, len(CONTENT)), ("second", True, 0)]
    assert names_in(tmp_path) == ["net.th"]


def test_claim_file_placed_between_opening_and_locking_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "net.th"
    write(tmp_path / "net.th.part", CONTENT)
    lock = partials._lock

    def placed_meanwhile(file: IO[bytes]) -> bool | None:
        if not final.exists():
            (tmp_path / "net.th.part").replace(final)
        return lock(file)

    monkeypatch.setattr(partials, "_lock", placed_meanwhile)
    with claim(final) as partial:
        assert partial.size_bytes == 0
        partial.write(b"late")
    assert final.read_bytes() == CONTENT


def test_claim_holder_that_stands_still_does_not_block_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partials, "WAIT_S", 0.3)
    final = tmp_path / "net.th"
    with claim(final) as stuck:
        stuck.write(CONTENT[:1000])
        with claim(final) as other:
            assert other.path != stuck.path
            other.write(CONTENT)
            other.place(final)
    assert final.read_bytes() == CONTENT


def test_claim_file_left_by_a_dead_process_is_free_at_once(tmp_path: Path) -> None:
    write(tmp_path / "net.th.part", CONTENT[:1000])
    begun = time.monotonic()
    with claim(tmp_path / "net.th") as partial:
        assert partial.size_bytes == 1000
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_claim_file_system_without_locks_gives_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    final = tmp_path / "net.th"
    with claim(final) as first, claim(final) as second:
        assert first.path != second.path
        for partial in (first, second):
            partial.write(CONTENT)
            partial.place(final)
    assert final.read_bytes() == CONTENT
    assert [name for name in names_in(tmp_path) if (tmp_path / name).stat().st_size] == ["net.th"]


def test_claim_old_litter_is_swept_and_young_files_and_partials_stay(tmp_path: Path) -> None:
    old = write(tmp_path / "net.th.0123abcd.part", CONTENT)
    young = write(tmp_path / "net.th.4567cdef.part", CONTENT)
    resumable = write(tmp_path / "net.th.part", CONTENT)
    for path in (old, resumable):
        os.utime(path, (0, 0))
    with claim(tmp_path / "other.th"):
        assert not old.exists() and young.exists() and resumable.exists()


def test_write_that_takes_only_a_part_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short:
        def __init__(self, file: object) -> None:
            self.file = file

        def write(self, data: memoryview) -> int:
            return int(self.file.write(data[:7]))  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    with private(tmp_path / "net.th") as partial:
        partial._file = Short(partial._file)  # type: ignore[assignment]
        partial.write(CONTENT[:1000])
        partial.place(tmp_path / "net.th")
    assert (tmp_path / "net.th").read_bytes() == CONTENT[:1000]
