"""Merging shards: the result is that of one run, and shards that do not belong together are refused."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile

from seinfer.clips.discovery import JOURNAL
from seinfer.clips.external import open_folder
from seinfer.clips.pairing import collect
from seinfer.core.errors import BackendError, RunFolderError, SeinferError, UsageError
from seinfer.core.hashing import sha256_of
from seinfer.core.progress import State
from seinfer.core.records import Enhancement, Job, ModelSpec
from seinfer.enhancement.engines.base import RunInfo, Session
from seinfer.metrics.choice import choose
from seinfer.models.registry import load_registry
from seinfer.models.selection import Selection
from seinfer.pipeline.journal import LOCK, RunFolder, read_journal
from seinfer.pipeline.merging import merge
from seinfer.pipeline.pipeline import execute
from seinfer.pipeline.request import Request
from seinfer.pipeline.shards import Shard
from tests.helpers import write_paired_set

NOISY = load_registry().specs["noisy"]
SPECS = (NOISY, replace(NOISY, name="half"))
MAX_SHARDS = 7


class ScalingEngine:
    """Writes each source, scaled for the model `half`, and no times. It can end after some clips, as if killed."""

    threads = 1

    def __init__(self, *, n_clips: int | None = None, failing_clip: str = "") -> None:
        self._n_clips, self._failing_clip = n_clips, failing_clip
        self.jobs: list[str] = []

    def run(
        self,
        spec: ModelSpec,
        jobs: Sequence[Job],
        emit: Callable[[Enhancement], None],
        on_loaded: Callable[[], None] = lambda: None,
    ) -> RunInfo:
        on_loaded()
        for done, job in enumerate(jobs):
            if done == self._n_clips:
                raise BackendError("killed by the test")
            self.jobs.append(job.clip_id)
            emit(self._enhance(spec, job))
        return RunInfo("cpu", f"note of {spec.name}")

    def _enhance(self, spec: ModelSpec, job: Job) -> Enhancement:
        if job.clip_id == self._failing_clip:
            return Enhancement(job.clip_id, spec.name, "failed", "crashed: by the test")
        samples, rate = soundfile.read(job.source, dtype="float32")
        target = Path(job.target)
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, samples * 0.5 if spec.name == "half" else samples, rate)
        return Enhancement(job.clip_id, spec.name, "ok", model_sample_rate=rate, estimate_sha256=sha256_of(target))

    def open(self, spec: ModelSpec) -> AbstractContextManager[Session]:
        raise BackendError(f"{spec.name} is not measured in this test")

    def close(self) -> None: ...


class NoProgress:
    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None: ...

    def change(self, stage: str, state: State) -> None: ...

    def advance(self, stage: str) -> None: ...


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """Return a request for eight good clips, one without a clean file, one that is no audio, and files of others."""
    folder = tmp_path_factory.mktemp("merging")
    write_paired_set(folder / "set", 9)
    (folder / "set" / "clean" / "c8.wav").unlink()
    (folder / "set" / "noisy" / "bad.wav").write_text("not audio")
    shutil.copytree(folder / "set" / "noisy", folder / "theirs")
    (folder / "theirs" / "c1.wav").unlink()
    clips = collect([folder / "set"])
    return Request(
        out=folder / "one",
        clips=clips,
        selection=Selection(SPECS, {"absent": "not installed"}, is_named=False),
        external=(open_folder("theirs", folder / "theirs", {clip.clip_id for clip in clips.clips}),),
        metrics=choose("si_sdr,stoi", n_with=8, n_without=2),
        threads=2,
    )


@pytest.fixture(scope="module")
def one(request_: Request) -> Path:
    """Return the folder of one run over all clips."""
    execute(request_, ScalingEngine(failing_clip="c3"), NoProgress())
    return request_.out


def run_shard(request: Request, out: Path, text: str, engine: ScalingEngine | None = None, **changes: Any) -> Path:
    """Run a shard in a folder of its own; its scores are in the cache since the fixture `one`."""
    shard = Shard(*map(int, text.split("/")))
    folder = out / f"shard-{shard.index}"
    asked = replace(request, out=folder, shard=shard, **changes)
    execute(asked, engine or ScalingEngine(failing_clip="c3"), NoProgress())
    return folder


def run_shards(request: Request, out: Path, count: int, **changes: Any) -> list[Path]:
    return [run_shard(request, out, f"{index}/{count}", **changes) for index in range(1, count + 1)]


@pytest.fixture(scope="module")
def shards(request_: Request, one: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the folders of three shards, for tests that only read them."""
    return run_shards(request_, tmp_path_factory.mktemp("shards"), 3)


@pytest.fixture
def copies(shards: list[Path], tmp_path: Path) -> list[Path]:
    """Return copies of the three shards, for tests that change them."""
    return [Path(shutil.copytree(shard, tmp_path / shard.name)) for shard in shards]


def files(folder: Path, pattern: str = "*.csv") -> Mapping[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob(pattern)) if path.is_file()
    }


def header(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return document


def edit_header(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the header of the last plan of a journal."""
    with closing(RunFolder(folder)) as open_folder_:
        changed = json.loads(json.dumps(dict(open_folder_.journal.header)))
        change(changed)
        open_folder_.add_plan(changed, open_folder_.journal.clips)


# --- The same as one run


@pytest.mark.parametrize("count", range(1, MAX_SHARDS + 1))
def test_merge_of_any_number_of_shards_is_the_same_as_one_run(
    request_: Request, one: Path, tmp_path: Path, count: int
) -> None:
    folders = run_shards(request_, tmp_path, count)
    results = merge(folders[::-1], tmp_path / "merged", NoProgress(), command=("seinfer", "merge"))
    assert results.rows == read_journal(one).results().rows
    assert files(tmp_path / "merged") == files(one)
    assert files(tmp_path / "merged", "*.wav") == files(one, "*.wav")
    ours, theirs = header(tmp_path / "merged"), header(one)
    about_merging = ours.pop("merged")
    assert ours == {**theirs, "argv": ["seinfer", "merge"]}
    assert (about_merging["count"], about_merging["n_clips"], about_merging["missing"]) == (count, 10, [])
    assert [Path(shard["folder"]) for shard in about_merging["shards"]] == folders
    assert sum(shard["n_clips"] for shard in about_merging["shards"]) == 10


def test_merge_result_is_continued_by_a_run_over_all_clips(
    request_: Request, shards: list[Path], tmp_path: Path
) -> None:
    merge(shards, tmp_path / "merged", NoProgress())
    engine = ScalingEngine(failing_clip="c3")
    execute(replace(request_, out=tmp_path / "merged"), engine, NoProgress())
    assert engine.jobs == ["c3"] * len(SPECS)  # clips that failed are tried again
    assert "merged" not in header(tmp_path / "merged")


def test_merge_has_the_costs_that_shard_1_measured_for_all_clips(request_: Request, one: Path, tmp_path: Path) -> None:
    folders = run_shards(request_, tmp_path, 2, has_cost=True)
    assert [sorted(read_journal(folder).costs) for folder in folders] == [["half", "noisy"], []]
    results = merge(folders, tmp_path / "merged", NoProgress())
    assert sorted(results.costs) == ["half", "noisy"]


def test_merge_drops_results_of_clips_that_a_shard_no_longer_has(request_: Request, one: Path, tmp_path: Path) -> None:
    run_shards(request_, tmp_path, 2)
    folders = run_shards(request_, tmp_path, 3)
    merge(folders, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged") == files(one)
    assert files(tmp_path / "merged", "*.wav") == files(one, "*.wav")


# --- Enhanced files


def is_linked(merged: Path, shards: Sequence[Path]) -> set[bool]:
    sources = {path.stat().st_ino for shard in shards for path in (shard / "audio").rglob("*.wav")}
    return {path.stat().st_ino in sources for path in (merged / "audio").rglob("*.wav")}


@pytest.mark.parametrize(
    ("earlier", "link", "expected"),
    [(None, None, True), (False, None, False), (False, True, True), (True, False, False)],
    ids=["links by default", "copies that are there are kept", "links replace copies", "copies replace links"],
)
def test_merge_links_or_copies_the_enhanced_files(
    shards: list[Path], one: Path, tmp_path: Path, earlier: bool | None, link: bool | None, expected: bool
) -> None:
    for choice in (earlier, link):
        merge(shards, tmp_path / "merged", NoProgress(), link=choice)
    assert is_linked(tmp_path / "merged", shards) == {expected}
    assert files(tmp_path / "merged", "*.wav") == files(one, "*.wav")
    assert not list(tmp_path.rglob("*.part"))


def refuse_links(source: Path, target: Path) -> None:
    raise OSError(18, os.strerror(18), str(source), None, str(target))


def test_merge_without_hard_links_copies_unless_links_are_required(
    shards: list[Path], one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse_links)
    with pytest.raises(RunFolderError, match=r"cannot be written: .*link.*leave out --link"):
        merge(shards, tmp_path / "merged", NoProgress(), link=True)
    merge(shards, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged", "*.wav") == files(one, "*.wav")


def test_merge_with_a_missing_or_changed_file_names_it_and_a_repair_continues(
    request_: Request, one: Path, copies: list[Path], tmp_path: Path
) -> None:
    lost = next((copies[1] / "audio" / "half").rglob("*.wav"))
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(RunFolderError, match=f"{lost} is missing"):
        merge(copies, tmp_path / "merged", NoProgress())
    lost.write_bytes(content + b"\0\0")
    with pytest.raises(RunFolderError, match=f"{lost} was changed after its run"):
        merge(copies, tmp_path / "merged", NoProgress(), link=False)
    assert not files(tmp_path / "merged")  # no tables of a part
    run_shard(request_, tmp_path, "2/3")
    merge(copies, tmp_path / "merged", NoProgress(), link=False)
    assert files(tmp_path / "merged") == files(one)


# --- Atomic


def test_merge_that_ends_before_the_journal_leaves_the_earlier_merge_and_continues(
    one: Path, shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "merged"
    merge(shards[:2], out, NoProgress(), allow_missing=True)
    before, journal = files(out), (out / JOURNAL).read_bytes()

    def stop(self: RunFolder, journal: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            merge(shards, out, NoProgress())
    assert (files(out), (out / JOURNAL).read_bytes()) == (before, journal)
    merge(shards, out, NoProgress())
    assert files(out) == files(one)


def test_merge_into_a_folder_of_another_run_or_of_a_shard_is_refused(
    request_: Request, one: Path, shards: list[Path], copies: list[Path], tmp_path: Path
) -> None:
    merge(run_shards(request_, tmp_path / "two", 2), tmp_path / "merged", NoProgress())
    for out in (one, copies[0], tmp_path / "merged"):
        before = files(out, "*")
        with pytest.raises(UsageError, match="is the folder of another run"):
            merge(shards, out, NoProgress())
        assert {**files(out, "*"), LOCK: b""} == {**before, LOCK: b""}


# --- Missing, doubled and unfinished shards


def test_merge_with_missing_shards_names_them_and_is_allowed_on_demand(
    request_: Request, one: Path, tmp_path: Path
) -> None:
    folders = run_shards(request_, tmp_path, MAX_SHARDS)
    kept = [folders[0], folders[4]]
    with pytest.raises(UsageError, match=r"5 shards of 7 missing: 2-4,6-7; .*--allow-missing"):
        merge(kept, tmp_path / "merged", NoProgress())
    assert not (tmp_path / "merged").exists()
    results = merge(kept, tmp_path / "merged", NoProgress(), allow_missing=True)
    n_clips = len(results.clips)
    assert n_clips == sum(len(read_journal(folder).clips) for folder in kept)
    assert header(tmp_path / "merged")["merged"]["missing"] == [2, 3, 4, 6, 7]
    assert results.header["notes"][-1].endswith(f"{10 - n_clips} of 10 clips are not in these tables (--allow-missing)")
    merge(folders, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged") == files(one)


def test_merge_with_a_shard_twice_names_both_folders(shards: list[Path], tmp_path: Path) -> None:
    copy = shutil.copytree(shards[1], tmp_path / "copy")
    with pytest.raises(UsageError, match=r"shard-2 and .*copy are both shard 2/3"):
        merge([*shards, copy], tmp_path / "merged", NoProgress())


def test_merge_with_an_unfinished_shard_names_it_and_a_second_run_repairs_it(
    request_: Request, one: Path, shards: list[Path], tmp_path: Path
) -> None:
    stopped = replace(request_.selection, is_named=True)  # an error then ends the run
    with pytest.raises(BackendError, match="killed"):
        run_shard(request_, tmp_path, "2/3", ScalingEngine(n_clips=1), selection=stopped)
    folders = [shards[0], tmp_path / "shard-2", shards[2]]
    with pytest.raises(RunFolderError, match="1 shard not finished: 2; run the same commands again") as error:
        merge(folders, tmp_path / "merged", NoProgress())
    assert str(error.value).splitlines()[1:] == [f"  shard 2/3 in {folders[1]}: 5 results missing"]
    partial = merge(folders, tmp_path / "partial", NoProgress(), allow_missing=True)
    assert sum(row.error.startswith("not_reached") for row in partial.by_clip) == 5
    assert len(partial.clips) == 10
    run_shard(request_, tmp_path, "2/3")
    merge(folders, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged") == files(one)


def test_merge_with_unmeasured_costs_of_shard_1_says_that_it_is_not_finished(
    shards: list[Path], copies: list[Path], tmp_path: Path
) -> None:
    edit_header(copies[0], lambda header: header["shard"].update(has_cost=True))
    with pytest.raises(RunFolderError, match=r"1 shard not finished: 1;"):
        merge([copies[0], *shards[1:]], tmp_path / "merged", NoProgress())


# --- Shards of another run


def change_weights(header: dict[str, Any]) -> None:
    header["models"]["half"]["sha256"] = "abc"


def change_metric(header: dict[str, Any]) -> None:
    header["metrics"]["stoi"] = "pystoi 9.9"


def change_package(header: dict[str, Any]) -> None:
    header["versions"]["soxr"] = "9.9"


def change_setting(header: dict[str, Any]) -> None:
    header["settings"]["mono"] = True


def drop_model(header: dict[str, Any]) -> None:
    header["models"]["half"] = {"not_run": "out of memory"}


def change_device(header: dict[str, Any]) -> None:
    header["devices"]["half"] = "cuda"


def change_asked_device(header: dict[str, Any]) -> None:
    header.update(device="auto", devices={})


def change_count(header: dict[str, Any]) -> None:
    header["shard"]["count"] = 4


def change_clips(header: dict[str, Any]) -> None:
    header["shard"]["clips"] = "other"


def change_content(header: dict[str, Any]) -> None:
    header["shard"]["samples"] = dict.fromkeys(header["shard"]["samples"], "other")


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (change_weights, ["model half sha256: abc and "]),
        (change_metric, ["metrics stoi: pystoi 9.9 and "]),
        (change_package, ["versions soxr: 9.9 and "]),
        (change_setting, ["settings mono: True and False"]),
        (drop_model, ["model half: not run and run"]),
        (change_device, ["device of half: cuda and cpu"]),
        (change_asked_device, ["device: auto and cpu"]),
        (change_count, ["number of shards: 4 and 3"]),
        (change_clips, ["the lists of all clips differ"]),
        (change_content, ["the files of the clip "] * 4),
    ],
)
def test_merge_of_shards_that_differ_names_each_difference(
    copies: list[Path], tmp_path: Path, change: Callable[[dict[str, Any]], None], lines: list[str]
) -> None:
    edit_header(copies[1], change)
    with pytest.raises(UsageError, match=f"{copies[1]} and {copies[0]} are not shards of the same run") as error:
        merge(copies, tmp_path / "merged", NoProgress())
    found = str(error.value).splitlines()[1:]
    assert len(found) == len(lines)
    assert all(line.startswith(f"  {start}") for line, start in zip(found, lines, strict=True))
    assert not (tmp_path / "merged").exists()


def test_merge_of_shards_with_many_differences_names_ten_and_the_number_of_others(
    copies: list[Path], tmp_path: Path
) -> None:
    edit_header(copies[1], lambda header: header["versions"].update({f"package{i}": "1" for i in range(13)}))
    with pytest.raises(UsageError) as error:
        merge(copies, tmp_path / "merged", NoProgress())
    assert [len(str(error.value).splitlines()), str(error.value).splitlines()[-1]] == [12, "  and 3 more"]


def test_merge_accepts_a_shard_that_asked_for_another_device_and_ran_on_the_same(
    one: Path, copies: list[Path], tmp_path: Path
) -> None:
    edit_header(copies[1], lambda header: header.update(device="auto"))
    merge(copies, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged") == files(one)


def test_merge_accepts_shards_from_other_machines_with_other_threads(
    one: Path, copies: list[Path], tmp_path: Path
) -> None:
    edit_header(copies[1], lambda header: header.update(threads=64, machine={"system": "another"}))
    merge(copies, tmp_path / "merged", NoProgress())
    assert files(tmp_path / "merged") == files(one)
    assert [shard["threads"] for shard in header(tmp_path / "merged")["merged"]["shards"]] == [2, 64, 2]


def test_merge_of_folders_that_are_no_shards_is_refused(one: Path, shards: list[Path], tmp_path: Path) -> None:
    merge(shards, tmp_path / "merged", NoProgress())
    (tmp_path / "empty").mkdir()
    expected: list[tuple[Path, type[SeinferError], str]] = [
        (one, UsageError, "one is a run of all clips; expected the folders of runs with --shard"),
        (tmp_path / "merged", UsageError, "merged is a merged run"),
        (tmp_path / "empty", RunFolderError, "empty is not a run folder"),
    ]
    for folder, kind, message in expected:
        with pytest.raises(kind, match=message):
            merge([*shards, folder], tmp_path / "again", NoProgress())


def test_merge_of_a_journal_with_other_clips_than_it_states_is_refused(copies: list[Path], tmp_path: Path) -> None:
    with closing(RunFolder(copies[2])) as folder:
        folder.add_plan(folder.journal.header, folder.journal.clips[1:])
    with pytest.raises(RunFolderError, match="the shards have 9 clips together, which are not the 10 clips"):
        merge(copies, tmp_path / "merged", NoProgress())


@pytest.mark.parametrize("name", ["../../far", "/far", "a/../../../far"])
def test_merge_never_writes_outside_of_the_merged_folder(copies: list[Path], tmp_path: Path, name: str) -> None:
    with closing(RunFolder(copies[0])) as folder:
        first, *others = folder.journal.clips
        folder.add_plan(folder.journal.header, [replace(first, clip_id=name), *others])
    with pytest.raises(RunFolderError, match="leads out of the folder"):
        merge(copies, tmp_path / "merged", NoProgress())


# --- The run folder of a shard


def test_execute_of_another_shard_in_the_same_folder_is_refused(request_: Request, one: Path, tmp_path: Path) -> None:
    folder = run_shard(request_, tmp_path, "1/3")
    before = (folder / JOURNAL).read_bytes()
    with pytest.raises(UsageError, match="contains shard 1/3 and this is shard 2/3"):
        execute(replace(request_, out=folder, shard=Shard(2, 3)), ScalingEngine(), NoProgress())
    assert (folder / JOURNAL).read_bytes() == before


def test_execute_of_a_shard_counts_no_files_of_other_shards_as_stale(
    request_: Request, one: Path, tmp_path: Path
) -> None:
    out = tmp_path / "shard-1"
    execute(replace(request_, out=out), ScalingEngine(failing_clip="c3"), NoProgress())
    run_shard(request_, tmp_path, "1/3")
    assert header(out)["n_stale_files"] == 0
