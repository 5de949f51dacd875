"""The local engine: a crash, a hang or an error costs only the clip that caused it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seinfer.audio import reading
from seinfer.core.errors import BackendError, IntegrityError
from seinfer.core.process import Child, Message
from seinfer.core.records import Enhancement, Job, ModelSpec
from seinfer.enhancement.engines.local import LocalEngine
from tests.enhancement import misbehaving
from tests.helpers import RATE, write_audio

N_SAMPLES = 160
"""Length of the short clips: 10 ms."""


def spec(backend: str = "tests.enhancement.misbehaving:load", **options: int) -> ModelSpec:
    return ModelSpec(
        name="misbehaving",
        summary="",
        backend=backend,
        sample_rate=RATE,
        causal=True,
        latency_ms=0,
        n_parameters=0,
        license_code="",
        license_weights="",
        source="",
        verified="",
        options=options,
    )


def job(folder: Path, name: str, first_sample: float) -> Job:
    samples = np.full(N_SAMPLES, 0.1, np.float32)
    samples[0] = first_sample
    source = folder / "in" / f"{name}.wav"
    write_audio(source, samples, RATE, "FLOAT")
    return Job(name, str(source), str(folder / "out" / f"{name}.wav"), N_SAMPLES / RATE)


def jobs(folder: Path, **first_samples: float) -> list[Job]:
    """Write six good clips, and one clip for each first sample given."""
    good = {f"good{index}": 0.1 for index in range(6)}
    return [job(folder, name, value) for name, value in {**good, **first_samples}.items()]


def run(jobs: list[Job], model: ModelSpec | None = None, engine: LocalEngine | None = None) -> dict[str, Enhancement]:
    results: list[Enhancement] = []
    (engine or LocalEngine("cpu", 1, timeout_s=60.0)).run(model or spec(), jobs, results.append)
    assert sorted(result.clip_id for result in results) == sorted(job.clip_id for job in jobs), "one result per job"
    return {result.clip_id: result for result in results}


def failed(results: dict[str, Enhancement]) -> dict[str, str]:
    return {name: result.error for name, result in results.items() if result.status != "ok"}


def test_run_good_clips_are_written_with_their_length(tmp_path: Path) -> None:
    results = run(jobs(tmp_path))
    assert not failed(results)
    for name, result in results.items():
        assert reading.read(tmp_path / "out" / f"{name}.wav").samples.shape == (1, N_SAMPLES)
        assert (result.sample_rate_in, result.model_sample_rate, result.sample_rate_out) == (RATE,) * 3
        assert result.wall_s > 0
        assert result.peak_rss_mib > 10


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (misbehaving.CRASH, "crashed: .*SIGSEGV"),
        (misbehaving.EXIT, "crashed: .*exit code 3"),
        (misbehaving.RAISE, "failed: RuntimeError: raised by the test"),
        (misbehaving.SHORT, r"failed: BackendError: .*shape \(159,\).*expected float32 of the same shape"),
        (misbehaving.NAN, "nonfinite_output: "),
    ],
    ids=["crash", "exit", "raise", "short", "nan"],
)
def test_run_clip_that_breaks_the_model_fails_alone(tmp_path: Path, trigger: float, reason: str) -> None:
    errors = failed(run(jobs(tmp_path, bad=trigger)))
    assert list(errors) == ["bad"]
    assert re.match(reason, errors["bad"]), errors["bad"]


def test_run_two_clips_that_crash_fail_both_and_alone(tmp_path: Path) -> None:
    assert sorted(failed(run(jobs(tmp_path, bad1=misbehaving.CRASH, bad2=misbehaving.EXIT)))) == ["bad1", "bad2"]


class SlowStartEngine(LocalEngine):
    """Waits up to a minute for a worker to load, so that a short time-out does not fail the test on a busy machine."""

    def start(self, spec: ModelSpec) -> tuple[Child, Message]:
        timeout_s, self.timeout_s = self.timeout_s, 60.0
        try:
            return super().start(spec)
        finally:
            self.timeout_s = timeout_s


def test_run_clip_that_hangs_fails_alone(tmp_path: Path) -> None:
    errors = failed(run(jobs(tmp_path, bad=misbehaving.HANG), engine=SlowStartEngine("cpu", 1, timeout_s=3.0)))
    assert list(errors) == ["bad"]
    assert errors["bad"].startswith("timeout: the worker made no progress for 3 s")


def test_run_library_that_prints_to_stdout_does_not_change_results(tmp_path: Path) -> None:
    assert not failed(run(jobs(tmp_path, printing=misbehaving.PRINT)))


def test_run_bad_file_is_a_failed_row_with_its_reason(tmp_path: Path) -> None:
    with_bad_file = jobs(tmp_path, bad=0.1)
    Path(with_bad_file[-1].source).write_bytes(b"text")
    errors = failed(run(with_bad_file))
    assert list(errors) == ["bad"]
    assert errors["bad"].startswith("unreadable: ")


def test_run_model_with_wrong_weights_raises_the_error_of_the_worker(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="these weights are wrong"):
        run(jobs(tmp_path), spec("tests.enhancement.misbehaving:load_with_wrong_weights"))


def test_run_model_that_exits_while_loading_raises_with_its_last_message(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="exit code 7; libfoo: cannot allocate"):
        run(jobs(tmp_path), spec("tests.enhancement.misbehaving:load_and_exit"))


def test_run_model_that_hangs_while_loading_raises_after_the_timeout(tmp_path: Path) -> None:
    engine = LocalEngine("cpu", 1, timeout_s=1.0)
    with pytest.raises(BackendError, match="still not loaded: the worker made no progress for 1 s"):
        run(jobs(tmp_path), spec("tests.enhancement.misbehaving:load_and_hang"), engine)


@pytest.mark.parametrize(
    ("program", "reason"),
    [("/bin/cat", "does not answer as a worker"), ("/usr/bin/yes", "it wrote '.*it is no worker")],
)
def test_run_program_that_is_no_interpreter_is_an_error_that_says_so(tmp_path: Path, program: str, reason: str) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nexec {program}\n")
    script.chmod(0o755)
    with pytest.raises(BackendError, match=f"misbehaving: .*{reason} of seinfer"):
        run(jobs(tmp_path), replace(spec(), python=str(script)))


def test_run_closed_engine_starts_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LocalEngine("cpu", 1)
    engine.close()
    monkeypatch.setattr("seinfer.enhancement.engines.local.Child", lambda *_: pytest.fail("a worker was started"))
    with pytest.raises(BackendError, match="stopped"):
        run(jobs(tmp_path), engine=engine)


@pytest.mark.parametrize(
    ("backend", "status"), [("seinfer.backends.noisy:load", "ok"), ("tests.enhancement.misbehaving:load", "chunked")]
)
def test_run_long_clip_has_every_sample_and_the_status_of_its_method(tmp_path: Path, backend: str, status: str) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal((2, 40 * RATE)).astype(np.float32)
    write_audio(tmp_path / "in.wav", samples, RATE, "FLOAT")
    long = Job("long", str(tmp_path / "in.wav"), str(tmp_path / "out" / "long.wav"), 80.0)
    results = run([*jobs(tmp_path), long], spec(backend))
    assert results["long"].status == status
    assert {result.status for name, result in results.items() if name != "long"} == {"ok"}
    np.testing.assert_allclose(reading.read(tmp_path / "out" / "long.wav").samples, samples, atol=1e-6)


def test_session_runs_one_batch_after_the_other_and_says_how_large_each_was(tmp_path: Path) -> None:
    with LocalEngine("cpu", 1).open(spec(max_clips=2)) as session:
        assert (session.device, session.threads, session.limits.max_clips) == ("cpu", 1, 2)
        alone, pair = session.run(jobs(tmp_path)[:1]), session.run(jobs(tmp_path)[:2])
    assert [(done.clip_id, done.batch_size) for done in (*alone, *pair)] == [("good0", 1), ("good0", 2), ("good1", 2)]
    assert all(done.wall_s > 0 for done in (*alone, *pair))


def test_session_worker_that_crashes_raises(tmp_path: Path) -> None:
    with LocalEngine("cpu", 1).open(spec()) as session, pytest.raises(BackendError, match=r"crashed: .*SIGSEGV"):
        session.run([job(tmp_path, "bad", misbehaving.CRASH)])


def test_session_worker_that_hangs_raises_after_the_timeout(tmp_path: Path) -> None:
    engine = SlowStartEngine("cpu", 1, timeout_s=1.0)
    with engine.open(spec()) as session, pytest.raises(BackendError, match="no progress for 1 s"):
        session.run([job(tmp_path, "bad", misbehaving.HANG)])


def test_run_says_that_the_model_is_loaded_before_the_first_result(tmp_path: Path) -> None:
    events: list[str] = []
    LocalEngine("cpu", 1, timeout_s=60.0).run(
        spec(), jobs(tmp_path), lambda result: events.append(result.clip_id), lambda: events.append("loaded")
    )
    assert (events[0], events.count("loaded")) == ("loaded", 1)
