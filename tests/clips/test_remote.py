"""Local copies: any name in a store stays below its folder, and unchanged files are not read again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seinfer.clips import remote
from seinfer.clips.remote import LocalCopy, RemoteFiles, safe_name
from seinfer.clips.stores import Store
from seinfer.core.errors import RunFolderError, UsageError
from seinfer.core.records import Clip


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of an empty folder in memory."""
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.setenv("SEINFER_CACHE_DIR", str(tmp_path / "copies"))
    name = uuid.uuid4().hex
    yield f"memory://{name}/set"
    files = fsspec.filesystem("memory")
    if files.exists(f"/{name}"):
        files.rm(f"/{name}", recursive=True)


def put(url: str, **files: bytes) -> None:
    import fsspec

    for name, content in files.items():
        fsspec.filesystem("memory").pipe_file(f"{url}/{name}.wav", content)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b/ä.wav", "a b/ä.wav"),
        ("../../x.wav", "%2E%2E/%2E%2E/x.wav"),
        ("/etc/x.wav", "%/etc/x.wav"),
        ("a//x.wav", "a/%/x.wav"),
        ("./x.wav", "%2E/x.wav"),
        ("a\nb\x1b[0m\x00.wav", "a%0Ab%1B[0m%00.wav"),
        ("..x/...wav", "..x/...wav"),
    ],
)
def test_safe_name_of_any_name_stays_below_its_folder(name: str, expected: str) -> None:
    assert safe_name(name) == expected
    assert Path("/base", safe_name(name)).resolve().is_relative_to("/base")


def test_safe_names_of_long_names_are_short_and_differ() -> None:
    names = [safe_name("ä" * 300 + end + ".wav") for end in "ab"]
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= 200 and name.endswith(".wav") for name in names)


def test_local_path_is_returned_as_it_is(tmp_path: Path) -> None:
    assert RemoteFiles().local(tmp_path) == tmp_path
    assert RemoteFiles().local(Path("missing")) == Path("missing")


def test_local_of_url_lists_names_and_fetch_reads_only_what_is_asked_for(memory: str) -> None:
    put(memory, a=b"12", b=b"345")
    files = RemoteFiles()
    folder = files.local(Path(memory))
    assert folder.name == "set"
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {"a.wav": 0, "b.wav": 0}
    assert files.fetch([folder / "b.wav", Path("elsewhere.wav")]) == {}
    assert (folder / "b.wav").read_bytes() == b"345"
    assert (folder / "a.wav").read_bytes() == b""


def test_local_of_url_below_a_listed_url_is_in_the_same_folder(memory: str) -> None:
    put(f"{memory}/noisy", a=b"1")
    files = RemoteFiles()
    folder = files.local(Path(memory))
    assert files.local(Path(memory, "noisy")) == folder / "noisy"


def test_local_of_url_of_one_file_is_a_file(memory: str) -> None:
    put(memory, a=b"1", b=b"2")
    files = RemoteFiles()
    path = files.local(Path(memory, "a.wav"))
    assert (path.name, path.is_file(), [*path.parent.iterdir()]) == ("a.wav", True, [path])
    assert files.fetch([path]) == {}
    assert path.read_bytes() == b"1"


def test_local_of_url_without_audio_is_refused(memory: str) -> None:
    with pytest.raises(UsageError, match=r"memory://.*/set: no audio files there"):
        RemoteFiles().local(Path(memory))


def test_local_of_object_with_hostile_name_is_in_the_folder(memory: str, tmp_path: Path) -> None:
    store = Store(memory)
    store._fs.store[f"{store._root}/../../../../evil.wav"] = store._fs.open("/scratch.wav", "wb")
    files = RemoteFiles()
    folder = files.local(Path(memory))
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.wav")] == [
        "%2E%2E/%2E%2E/%2E%2E/%2E%2E/evil.wav"
    ]
    assert [path for path in tmp_path.rglob("evil.wav") if not path.is_relative_to(folder)] == []


def test_objects_with_the_same_local_name_are_refused(memory: str) -> None:
    put(f"{memory}/%2E", x=b"1")
    put(memory, a=b"1")
    store = Store(memory)
    store._fs.store[f"{store._root}/./x.wav"] = store._fs.open("/scratch.wav", "wb")
    with pytest.raises(UsageError, match="two names have the same local name"):
        RemoteFiles().local(Path(memory))


def test_fetch_of_unchanged_file_reads_nothing(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put_object(Bucket="lab", Key="set/a.wav", Body=b"12")
    s3.put_object(Bucket="lab", Key="set/b.wav", Body=b"34")
    first = LocalCopy("s3://lab/set")
    assert first.fetch(first.entries) == {}
    s3.put_object(Bucket="lab", Key="set/b.wav", Body=b"56")
    second = LocalCopy("s3://lab/set")
    assert [second.is_here(second.path / name) for name in ("a.wav", "b.wav")] == [True, False]
    assert (second.path / "b.wav").read_bytes() == b""  # never an old file
    read: list[str] = []
    monkeypatch.setattr(Store, "read", lambda self, entry, target: (read.append(entry.key), target.touch()))
    second.fetch(second.entries)
    assert read == ["lab/set/b.wav"]


def test_copy_of_object_that_is_no_longer_listed_is_removed(s3: Any) -> None:
    for name in ("a", "b"):
        s3.put_object(Bucket="lab", Key=f"set/{name}.wav", Body=b"12")
    first = LocalCopy("s3://lab/set")
    first.fetch(first.entries)
    s3.delete_object(Bucket="lab", Key="set/a.wav")
    assert [path.name for path in LocalCopy("s3://lab/set").path.iterdir()] == ["b.wav"]


def test_clip_that_cannot_be_fetched_has_the_reason(s3: Any) -> None:
    for name in ("a", "b"):
        s3.put_object(Bucket="lab", Key=f"set/{name}.wav", Body=b"12")
    files = RemoteFiles()
    folder = files.local(Path("s3://lab/set"))
    s3.put_object(Bucket="lab", Key="set/b.wav", Body=b"123")
    a, b = files.fetch_clips([Clip(name, str(folder / f"{name}.wav")) for name in ("a", "b")])
    assert a.problem == ""
    assert b.problem.startswith("unreadable: s3://lab/set/b.wav changed after it was listed (2 bytes then, 3 now)")
    assert not (folder / "b.wav").exists()


def test_fetch_of_more_than_the_disk_has_free_is_refused(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(memory, a=b"12")
    files = RemoteFiles()
    folder = files.local(Path(memory))
    monkeypatch.setattr(remote, "_KEPT_FREE_BYTES", 10**18)
    with pytest.raises(RunFolderError, match=r"1 file of together .* GB are needed.*give --shard or --limit"):
        files.fetch([folder / "a.wav"])


def test_index_of_copies_has_no_token(memory: str, tmp_path: Path, s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="set/a.wav", Body=b"12")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": "lab", "Key": "set/a.wav"})
    files = RemoteFiles()
    path = files.local(Path(address))
    assert files.fetch([path]) == {}
    assert path.read_bytes() == b"12"
    assert list(files.sources.values()) == [address.partition("?")[0] + "?***"]
    kept = [file.read_bytes() for file in (tmp_path / "copies").rglob("*") if file.is_file()]
    assert not any(b"Signature" in content for content in kept)
