"""What a model does to its process costs the clip that caused it, no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.audio import reading, writing
from seinfer.core.errors import BackendError, IntegrityError
from seinfer.core.records import Enhancement, Job, ModelSpec
from seinfer.enhancement.engines.local import LocalEngine
from tests.enhancement import misbehaving

N_SAMPLES = 1_600


def spec(backend: str = "tests.enhancement.misbehaving:load", **options: int) -> ModelSpec:
    return ModelSpec(
        name="evil",
        summary="",
        backend=backend,
        sample_rate=16_000,
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
    samples = np.full((1, N_SAMPLES), 0.1, np.float32)
    samples[0, 0] = first_sample
    writing.write(folder / "in" / f"{name}.wav", samples, 16_000, "FLOAT")
    return Job(name, str(folder / "in" / f"{name}.wav"), str(folder / "out" / f"{name}.wav"), N_SAMPLES / 16_000)


def run(jobs: list[Job], model: ModelSpec | None = None, timeout_s: float = 60.0) -> dict[str, Enhancement]:
    results: list[Enhancement] = []
    LocalEngine("cpu", 1, timeout_s).run(model or spec(), jobs, results.append)
    assert sorted(r.clip_id for r in results) == sorted(job.clip_id for job in jobs), "one result a job"
    return {result.clip_id: result for result in results}


def clips(folder: Path, **first_samples: float) -> list[Job]:
    good = {f"good{i}": 0.1 for i in range(6)}
    return [job(folder, name, value) for name, value in {**good, **first_samples}.items()]


def failed(results: dict[str, Enhancement]) -> dict[str, str]:
    return {name: r.error for name, r in results.items() if r.status != "ok"}


def test_run_good_clips_are_written_whole(tmp_path: Path) -> None:
    results = run(clips(tmp_path))
    assert not failed(results)
    for name, result in results.items():
        assert reading.read(tmp_path / "out" / f"{name}.wav").samples.shape == (1, N_SAMPLES)
        assert (result.sample_rate_in, result.model_sample_rate, result.sample_rate_out) == (16_000,) * 3
        assert result.wall_s > 0
        assert result.peak_rss_mib > 10


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (misbehaving.CRASH, "crashed: .*SIGSEGV"),
        (misbehaving.EXIT, "crashed: .*exit code 3"),
        (misbehaving.RAISE, "failed: RuntimeError: out of cheese"),
        (misbehaving.SHORT, r"failed: BackendError: .*shape \(1599,\).*expected float32 of the same shape"),
        (misbehaving.NAN, "nonfinite_output: "),
    ],
)
def test_run_a_clip_that_breaks_the_model_costs_itself_alone(tmp_path: Path, trigger: float, reason: str) -> None:
    errors = failed(run(clips(tmp_path, bad=trigger)))
    assert list(errors) == ["bad"]
    assert __import__("re").match(reason, errors["bad"]), errors["bad"]


def test_run_two_clips_that_crash_cost_two(tmp_path: Path) -> None:
    assert sorted(failed(run(clips(tmp_path, bad1=misbehaving.CRASH, bad2=misbehaving.EXIT)))) == ["bad1", "bad2"]


def test_run_a_clip_that_hangs_costs_itself_alone(tmp_path: Path) -> None:
    errors = failed(run(clips(tmp_path, bad=misbehaving.HANG), timeout_s=6.0))
    assert list(errors) == ["bad"]
    assert errors["bad"].startswith("timeout: the worker made no progress for 6 s")


def test_run_a_library_that_prints_to_stdout_forges_no_result(tmp_path: Path) -> None:
    assert not failed(run(clips(tmp_path, loud=misbehaving.CHATTER)))


def test_run_a_bad_file_is_a_row_with_its_reason(tmp_path: Path) -> None:
    jobs = clips(tmp_path, bad=0.1)
    Path(jobs[-1].source).write_bytes(b"text")
    assert list(failed(run(jobs))) == ["bad"]


def test_run_a_model_whose_weights_are_wrong_raises_its_error(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="shopping list"):
        run(clips(tmp_path), spec("tests.enhancement.misbehaving:load_that_fails"))


def test_run_a_model_that_dies_while_loading_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="exit code 7; libfoo: cannot allocate"):
        run(clips(tmp_path), spec("tests.enhancement.misbehaving:load_that_dies"))


def test_run_a_model_that_hangs_while_loading_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="still not loaded after 2 s"):
        run(clips(tmp_path), spec("tests.enhancement.misbehaving:load_that_hangs"), timeout_s=2.0)


@pytest.mark.parametrize(
    ("backend", "status"), [("seinfer.backends.noisy:load", "ok"), ("tests.enhancement.misbehaving:load", "chunked")]
)
def test_run_a_long_clip_comes_back_whole_and_says_how(tmp_path: Path, backend: str, status: str) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal((2, 40 * 16_000)).astype(np.float32)
    writing.write(tmp_path / "in.wav", samples, 16_000, "FLOAT")
    long = Job("long", str(tmp_path / "in.wav"), str(tmp_path / "out" / "long.wav"), 80.0)
    results = run([*clips(tmp_path), long], spec(backend))
    assert results["long"].status == status
    assert {result.status for name, result in results.items() if name != "long"} == {"ok"}
    np.testing.assert_allclose(reading.read(tmp_path / "out" / "long.wav").samples, samples, atol=1e-6)
