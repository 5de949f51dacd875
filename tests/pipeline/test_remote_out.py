"""A run folder at a URL: the same files as a local one, continued on another machine, without passwords in any file."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

import seinfer
from seinfer.clips import stores
from seinfer.clips.stores import Store, StoreError
from seinfer.core.errors import RunFolderError, UsageError
from seinfer.pipeline import remote_out
from seinfer.pipeline.journal import read_journal
from seinfer.pipeline.remote_out import RemoteRunFolder, open_place
from tests.helpers import rows, tables, write_audio, write_paired_set
from tests.helpers import seinfer as run_command

RUN = ("--no-cost", "--models", "noisy,rnnoise", "--metrics", "si_sdr")


@pytest.fixture
def paired(s3: Any, tmp_path: Path) -> Path:
    """Return a paired set that is also at s3://lab/my set."""
    folder = write_paired_set(tmp_path / "my set", 3)
    put_folder(s3, folder, "my set")
    return folder


def put_folder(s3: Any, folder: Path, prefix: str) -> None:
    for path in folder.rglob("*.wav"):
        s3.upload_file(str(path), "lab", f"{prefix}/{path.relative_to(folder).as_posix()}")


def keys(s3: Any, prefix: str) -> set[str]:
    return {found["Key"].removeprefix(prefix) for found in s3.list_objects_v2(Bucket="lab", Prefix=prefix)["Contents"]}


def content(s3: Any, key: str) -> bytes:
    found: bytes = s3.get_object(Bucket="lab", Key=key)["Body"].read()
    return found


def test_compare_of_urls_writes_the_run_folder_that_a_local_run_writes(s3: Any, paired: Path, tmp_path: Path) -> None:
    local = run_command("compare", *RUN, "--out", tmp_path / "local", paired)
    result = run_command("compare", *RUN, "--out", "s3://lab/run", "s3://lab/my set")
    assert (local.returncode, result.returncode) == (0, 0), result.stderr
    assert "also written to s3://lab/run; the local folder may be removed" in result.stderr
    names = {path.relative_to(tmp_path / "local").as_posix() for path in (tmp_path / "local").rglob("*.*")}
    assert keys(s3, "run/") == names - {"run.lock"} | {".seinfer"}
    for name in (name for name in names if name.startswith("audio/")):
        assert content(s3, f"run/{name}") == (tmp_path / "local" / name).read_bytes()
    s3.download_file("lab", "run/summary.csv", str(tmp_path / "summary.csv"))
    assert rows(tmp_path / "summary.csv") == tables(tmp_path / "local")["summary.csv"]


def test_run_of_another_machine_continues_from_the_url(
    s3: Any, paired: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seinfer.compare("s3://lab/my set", ["rnnoise"], metrics="si_sdr", out="s3://lab/run")
    monkeypatch.setenv("SEINFER_CACHE_DIR", str(tmp_path / "other machine"))
    result = seinfer.compare("s3://lab/my set", ["rnnoise"], metrics="si_sdr", out="s3://lab/run")
    assert read_journal(result.path).header["n_kept"] == 6
    assert (tmp_path / "other machine") in result.path.parents


def test_run_that_was_not_written_to_the_store_continues_from_the_local_copy(
    s3: Any, paired: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, Any] = {"models": ["rnnoise"], "metrics": "si_sdr", "out": "s3://lab/run"}
    write = Store.write

    def refuse(self: Store, source: Path, name: str) -> None:
        if name != remote_out.MARK:
            raise StoreError("s3://lab/run cannot be written (3 attempts)")
        write(self, source, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", refuse)
        with pytest.raises(RunFolderError, match=r"cannot be written .* the results are complete in .*run the same"):
            seinfer.compare("s3://lab/my set", **arguments)
    assert keys(s3, "run/") == {".seinfer"}
    result = seinfer.compare("s3://lab/my set", **arguments)
    assert read_journal(result.path).header["n_kept"] == 6
    assert {"journal.jsonl", "summary.csv", "audio/rnnoise/c0.wav"} <= keys(s3, "run/")


def test_report_of_url_reads_no_audio_and_writes_the_tables_back(s3: Any, paired: Path, tmp_path: Path) -> None:
    seinfer.compare("s3://lab/my set", ["rnnoise"], metrics="si_sdr", out="s3://lab/run")
    before = content(s3, "run/audio/rnnoise/c0.wav")
    s3.delete_object(Bucket="lab", Key="run/summary.csv")
    shutil.rmtree(tmp_path / "copies")
    result = run_command("report", "s3://lab/run", "--format", "csv")
    assert result.returncode == 0, result.stderr
    assert "rnnoise" in result.stdout
    assert content(s3, "run/summary.csv")
    (copy,) = (tmp_path / "copies").rglob("audio/rnnoise/c0.wav")
    assert copy.read_bytes() == b""
    assert content(s3, "run/audio/rnnoise/c0.wav") == before


def test_score_of_urls_is_that_of_the_local_folders(s3: Any, paired: Path, tmp_path: Path) -> None:
    local = seinfer.score(paired / "noisy", paired / "clean", metrics="si_sdr")
    remote = seinfer.score("s3://lab/my set/noisy", "s3://lab/my set/clean", metrics="si_sdr")
    assert [row["si_sdr"] for row in remote.per_clip] == [row["si_sdr"] for row in local.per_clip]
    facts = read_journal(remote.path).header["models"]
    assert facts["noisy"]["folder"] == "s3://lab/my set/noisy"


def test_clip_that_is_missing_in_the_store_is_a_failed_row(
    s3: Any, paired: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "FIRST_WAIT_S", 0.0)
    listing = Store.list

    def list_then_lose(self: Store) -> dict[str, stores.Entry]:
        found = listing(self)
        s3.delete_object(Bucket="lab", Key="my set/noisy/c1.wav")
        return found

    monkeypatch.setattr(Store, "list", list_then_lose)
    result = seinfer.compare("s3://lab/my set", ["rnnoise"], metrics="si_sdr", out=tmp_path / "out")
    failed = [row for row in rows(tmp_path / "out" / "per_clip.csv") if row["status"] != "ok"]
    assert {row["clip_id"] for row in failed} == {"c1"}
    assert {row["status"] for row in rows(tmp_path / "out" / "per_clip.csv") if row["clip_id"] != "c1"} == {"ok"}
    assert all("s3://lab/my set/noisy/c1.wav does not exist" in row["error"] for row in failed), failed
    assert result.failures


def test_run_has_no_password_or_token_in_any_file_or_message(s3: Any, tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", [0.0] * 16_000)
    s3.upload_file(str(tmp_path / "a.wav"), "lab", "a.wav")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": "lab", "Key": "a.wav"})
    log = tmp_path / "log.jsonl"
    result = run_command("run", "--model", "rnnoise", "--out", tmp_path / "out", "--log-file", log, address)
    assert result.returncode == 0, result.stderr
    written = [path.read_bytes() for path in [*(tmp_path / "out").rglob("*"), log] if path.is_file()]
    assert any(b"a.wav?***" in document for document in written)
    for document in (*written, result.stderr.encode(), result.stdout.encode()):
        assert b"Signature" not in document and b"the-key" not in document and b"the-secret" not in document


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://u:secret@host/run", r"https://\*\*\*@host/run cannot be written; expected a folder, or a URL"),
        ("s3://lab/my set", r"out s3://lab/my set is neither empty nor a run folder: it contains clean/, noisy/"),
    ],
)
def test_out_that_is_no_place_for_a_run_is_refused(paired: Path, url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_place(Path(url))


def test_out_in_missing_bucket_is_refused_before_anything_runs(s3: Any) -> None:
    with pytest.raises(StoreError, match=r"s3://no-bucket/run does not exist, or its bucket does not"):
        open_place(Path("s3://no-bucket/run"))


def test_write_writes_only_what_changed_and_the_journal_last(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RemoteRunFolder("s3://lab/run")
    for name in ("journal.jsonl", "run.json", "audio/m/a.wav", "run.lock", ".seinfer-1-a.part"):
        (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / name).write_text(name)
    written: list[str] = []
    write = Store.write
    monkeypatch.setattr(Store, "write", lambda self, source, name: (written.append(name), write(self, source, name))[1])
    assert folder.write() == 3
    assert written == ["audio/m/a.wav", "run.json", "journal.jsonl"]
    assert folder.write() == 0
    with (folder.path / "journal.jsonl").open("a") as journal:
        journal.write("more")
    assert folder.write() == 1
    assert content(s3, "run/journal.jsonl") == b"journal.jsonlmore"


def test_mirrored_writes_while_the_run_goes_on(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_out, "INTERVAL_S", 0.01)
    folder = RemoteRunFolder("s3://lab/run")
    seen = threading.Event()
    write = Store.write

    def report(self: Store, source: Path, name: str) -> None:
        write(self, source, name)
        if name == "journal.jsonl":
            seen.set()

    monkeypatch.setattr(Store, "write", report)
    with folder.mirrored():
        (folder.path / "journal.jsonl").write_text("1")
        assert seen.wait(60)
        (folder.path / "run.json").write_text("2")
    assert keys(s3, "run/") == {"journal.jsonl", "run.json"}


def test_mirrored_after_an_error_writes_what_was_done_and_raises_that_error(s3: Any) -> None:
    folder = RemoteRunFolder("s3://lab/run")
    with pytest.raises(KeyboardInterrupt), folder.mirrored():
        (folder.path / "journal.jsonl").write_text("1")
        raise KeyboardInterrupt
    assert content(s3, "run/journal.jsonl") == b"1"


def test_later_local_state_of_a_run_is_kept_and_a_change_in_the_store_is_read(s3: Any) -> None:
    folder = RemoteRunFolder("s3://lab/run")
    (folder.path / "journal.jsonl").write_text("1")
    folder.write()
    (folder.path / "journal.jsonl").write_text("1 and more that was not written to the store")
    again = RemoteRunFolder("s3://lab/run")
    again.read()
    assert (folder.path / "journal.jsonl").read_text().startswith("1 and more")
    assert again.write() == 1
    s3.put_object(Bucket="lab", Key="run/journal.jsonl", Body=b"of another machine")
    RemoteRunFolder("s3://lab/run").read()
    assert (folder.path / "journal.jsonl").read_text() == "of another machine"
