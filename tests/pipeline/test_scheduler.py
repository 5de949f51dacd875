"""The scheduler with a test engine: which clips are enhanced, kept or scored again, and how errors end a run."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.clips.discovery import inspect
from seinfer.clips.external import open_folder
from seinfer.clips.pairing import ClipSet, collect
from seinfer.core.errors import BackendError
from seinfer.core.hashing import sha256_of
from seinfer.core.progress import State
from seinfer.core.records import Enhancement, Job, ModelSpec, Score
from seinfer.enhancement.engines.base import RunInfo
from seinfer.metrics.choice import MetricSelection, choose
from seinfer.models.registry import load_registry
from seinfer.models.selection import Selection
from seinfer.pipeline.journal import Journal, RunFolder
from seinfer.pipeline.request import Request
from seinfer.pipeline.scheduler import Scheduler
from seinfer.scoring.pool import ScoringPool
from tests.helpers import write_paired_set

NOISY = load_registry().specs["noisy"]
Run = Callable[..., tuple[Scheduler, Journal]]
A, B = replace(NOISY, name="a"), replace(NOISY, name="b")


class CopyingEngine:
    """Copies each source to its target and records the jobs of each model; one model or one clip can fail."""

    def __init__(self, *, broken: str = "", failing_clip: str = "") -> None:
        self.jobs: dict[str, list[str]] = {}
        self.is_closed = False
        self._broken, self._failing_clip = broken, failing_clip

    def run(
        self,
        spec: ModelSpec,
        jobs: Sequence[Job],
        emit: Callable[[Enhancement], None],
        on_loaded: Callable[[], None] = lambda: None,
    ) -> RunInfo:
        if spec.name == self._broken:
            raise BackendError(f"{spec.name} cannot be loaded")
        on_loaded()
        self.jobs[spec.name] = [job.clip_id for job in jobs]
        for job in jobs:
            if job.clip_id == self._failing_clip:
                emit(Enhancement(job.clip_id, spec.name, "failed", "crashed: by the test"))
                continue
            target = Path(job.target)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(job.source, target)
            emit(Enhancement(job.clip_id, spec.name, "ok", estimate_sha256=sha256_of(target)))
        return RunInfo("cpu", f"note of {spec.name}")

    def close(self) -> None:
        self.is_closed = True


class ProgressCounts:
    """Counts the steps of each stage, and records its states."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.steps: dict[str, int] = {}
        self.states: dict[str, list[State]] = {}

    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None:
        self.totals[stage], self.steps[stage], self.states[stage] = total, 0, [state]

    def change(self, stage: str, state: State) -> None:
        if self.states[stage][-1] != state:
            self.states[stage].append(state)

    def advance(self, stage: str) -> None:
        self.steps[stage] += 1


@pytest.fixture
def clips(tmp_path: Path) -> ClipSet:
    write_paired_set(tmp_path / "set", 3)
    return collect([tmp_path / "set"])


@pytest.fixture
def request_(tmp_path: Path, clips: ClipSet) -> Request:
    """Return a request for two models and one metric."""
    return Request(
        out=tmp_path / "out",
        clips=clips,
        selection=Selection((A, B), {}, is_named=False),
        metrics=choose("si_sdr", n_with=3, n_without=0),
        score_cache=False,
        threads=1,
        jobs=2,
    )


@pytest.fixture
def run(request_: Request) -> Iterator[Run]:
    """Return a function that runs a request, with changes, in its run folder."""

    def run_request(
        engine: CopyingEngine, progress: ProgressCounts | None = None, **changes: object
    ) -> tuple[Scheduler, Journal]:
        request = replace(request_, **changes)  # type: ignore[arg-type]
        digests = {spec.name: "" for spec in request.selection.specs}
        with closing(RunFolder(request.out)) as folder:
            scheduler = Scheduler(request, folder, inspect(request.clips.clips), digests, progress or ProgressCounts())
            with closing(scheduler):
                scheduler.run(engine)
        return scheduler, folder.journal

    before = set(threading.enumerate())  # other tests of this process may have left idle threads
    yield run_request
    left = set(threading.enumerate()) - before
    assert [thread for thread in left if thread.name.startswith("ThreadPoolExecutor")] == []


def test_run_two_models_enhances_and_scores_every_clip(run: Run) -> None:
    engine, progress = CopyingEngine(), ProgressCounts()
    scheduler, journal = run(engine, progress)
    assert engine.jobs == {"a": ["c0", "c1", "c2"], "b": ["c0", "c1", "c2"]}
    assert (
        set(journal.enhancements)
        == set(journal.scores)
        == {(clip, model) for clip in ("c0", "c1", "c2") for model in ("a", "b")}
    )
    assert {name: info.note for name, info in scheduler.ran.items()} == {"a": "note of a", "b": "note of b"}
    assert progress.steps == progress.totals == {"a": 3, "b": 3, "scoring": 6}
    assert progress.states["a"] == progress.states["b"] == [State.WAITING, State.LOADING, State.RUNNING]
    assert progress.states["scoring"] == [State.WAITING, State.RUNNING]


def test_run_model_that_cannot_be_loaded_ends_its_progress_and_counts_its_scores(run: Run) -> None:
    progress = ProgressCounts()
    run(CopyingEngine(broken="a"), progress)
    assert progress.states["a"] == [State.WAITING, State.LOADING, State.LOST]
    assert progress.steps == {"a": 0, "b": 3, "scoring": 6}


def test_run_again_keeps_valid_results_and_repeats_the_others(run: Run, tmp_path: Path) -> None:
    run(CopyingEngine())
    (tmp_path / "out" / "audio" / "a" / "c1.wav").unlink()
    engine = CopyingEngine()
    scheduler, _ = run(engine)
    assert engine.jobs == {"a": ["c1"]}
    assert scheduler.n_kept == 5


def test_run_without_metrics_starts_no_scoring_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScoringPool, "_start", lambda self: pytest.fail("a scoring process was started"))
    progress = ProgressCounts()
    run(CopyingEngine(), progress, metrics=MetricSelection())
    assert progress.totals == {"a": 3, "b": 3}


def test_run_failed_clip_is_not_scored_and_counts_as_progress(run: Run) -> None:
    progress = ProgressCounts()
    _, journal = run(CopyingEngine(failing_clip="c1"), progress)
    assert set(journal.scores) == {(clip, model) for clip in ("c0", "c2") for model in ("a", "b")}
    assert progress.steps == progress.totals


def test_run_model_that_cannot_be_loaded_is_listed_as_lost_and_the_others_run(run: Run) -> None:
    scheduler, journal = run(CopyingEngine(broken="a"))
    assert scheduler.lost == {"a": "a cannot be loaded"}
    assert {model for _, model in journal.scores} == {"b"}


def test_run_named_model_that_cannot_be_loaded_ends_the_run_and_closes_the_engine(
    run: Run,
) -> None:
    engine = CopyingEngine(broken="a")
    with pytest.raises(BackendError, match="a cannot be loaded"):
        run(engine, selection=Selection((A, B), {}, is_named=True))
    assert engine.is_closed


def test_run_external_folder_without_models_is_scored_and_resumes(
    run: Run, clips: ClipSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {clip.clip_id for clip in clips.clips}
    rows = (open_folder("theirs", tmp_path / "set" / "clean", ids),)
    changes = {"selection": Selection((), {}, is_named=True), "external": rows}
    _, first_journal = run(CopyingEngine(), **changes)
    assert set(first_journal.scores) == {(clip, "theirs") for clip in ids}
    monkeypatch.setattr(ScoringPool, "_start", lambda self: pytest.fail("a scoring process was started"))
    _, again_journal = run(CopyingEngine(), **changes)
    assert again_journal.scores == first_journal.scores


def test_run_again_after_a_scoring_process_crashed_scores_that_clip_again(run: Run, request_: Request) -> None:
    _, first_journal = run(CopyingEngine())
    key, score = first_journal.scores["c0", "a"]
    with closing(RunFolder(request_.out)) as folder:
        folder.add_score(key, Score("c0", "a", score.sample_rate, reasons={"si_sdr": "metric_crash"}))
    _, again_journal = run(CopyingEngine())
    assert again_journal.scores["c0", "a"] == (key, score)
