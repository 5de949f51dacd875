"""The worker process: the messages that it sends for the jobs that it receives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.hashing import sha256_of
from seinfer.core.process import Child, Message, thread_variables
from seinfer.core.records import Enhancement, Job, ModelSpec, from_json, to_json
from seinfer.enhancement import worker
from seinfer.models.registry import load_registry
from tests.helpers import RATE, speech_like, write_audio

Start = Callable[[ModelSpec], tuple[Child, Message]]
NOISY = load_registry().specs["noisy"]
N_SAMPLES = 4_000


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a worker and returns it with its first message."""
    children: list[Child] = []

    def start_worker(spec: ModelSpec) -> tuple[Child, Message]:
        child = Child([sys.executable, "-m", "seinfer.enhancement.worker"], thread_variables(1), spec.name)
        children.append(child)
        child.send({"spec": to_json(spec), "device": "cpu", "threads": 1})
        first = child.receive(60)
        assert first is not None
        return child, first

    yield start_worker
    for child in children:
        child.kill()


def job(folder: Path, name: str, samples: np.ndarray | None = None, **changes: object) -> Job:
    source = folder / f"{name}.wav"
    write_audio(source, speech_like(N_SAMPLES / RATE, RATE) if samples is None else samples)
    target = folder / "out" / f"{name}.wav"
    return replace(Job(name, str(source), str(target), N_SAMPLES / RATE), **changes)  # type: ignore[arg-type]


def results(child: Child, n_results: int) -> dict[str, Enhancement]:
    messages = [child.receive(60) for _ in range(n_results)]
    assert all(message and message["event"] == "clip" for message in messages)
    found = [from_json(Enhancement, message) for message in messages if message]
    return {enhancement.clip_id: enhancement for enhancement in found}


def test_main_ready_message_has_device_and_batch_limits(
    start: Start,
) -> None:
    _, ready = start(NOISY)
    assert (ready["event"], ready["device"], ready["max_clips"]) == ("ready", "cpu", 8)
    assert ready["load_s"] >= 0


def test_main_model_that_cannot_be_loaded_reports_the_kind_of_error(
    start: Start,
) -> None:
    child, first = start(replace(NOISY, backend="seinfer.backends.noisy:nothing"))
    assert (first["event"], first["kind"]) == ("error", "RegistryError")
    assert "nothing" in first["message"]
    assert child.receive(60) is None


def test_main_parent_that_closes_the_channel_ends_the_worker(start: Start, tmp_path: Path) -> None:
    child, _ = start(NOISY)
    child.send({"jobs": [to_json(job(tmp_path, "x"))]})
    child.stop(grace_s=30)
    assert child.describe_exit() == "exit code 0"
    assert (tmp_path / "out" / "x.wav").is_file()  # work that was accepted is finished


def test_serve_batch_writes_each_clip_and_reports_its_digest(start: Start, tmp_path: Path) -> None:
    child, _ = start(NOISY)
    jobs = [job(tmp_path, name) for name in ("a", "b é")]
    child.send({"jobs": [to_json(one) for one in jobs]})
    for one, enhancement in zip(jobs, results(child, 2).values(), strict=True):
        assert (enhancement.status, enhancement.n_samples, enhancement.channels) == ("ok", N_SAMPLES, 1)
        assert enhancement.estimate_sha256 == sha256_of(Path(one.target))
        assert soundfile.info(one.target).subtype == "PCM_16"


def test_serve_bad_file_in_a_batch_is_a_failed_row_and_the_others_are_enhanced(start: Start, tmp_path: Path) -> None:
    child, _ = start(NOISY)
    good, bad = job(tmp_path, "good"), job(tmp_path, "bad")
    Path(bad.source).write_text("not audio")
    child.send({"jobs": [to_json(good), to_json(bad)]})
    found = results(child, 2)
    assert found["good"].status == "ok"
    assert found["bad"].error.startswith("unreadable: ")
    assert not Path(bad.target).exists()


def test_serve_subtype_and_mono_of_the_job_are_used(start: Start, tmp_path: Path) -> None:
    child, _ = start(NOISY)
    stereo = np.stack([speech_like(N_SAMPLES / RATE, RATE, seed=seed) for seed in (0, 1)])
    child.send({"jobs": [to_json(job(tmp_path, "x", stereo, subtype="FLOAT", mono=True))]})
    assert results(child, 1)["x"].channels == 1
    info = soundfile.info(tmp_path / "out" / "x.wav")
    assert (info.channels, info.subtype) == (1, "FLOAT")


def test_serve_long_clip_is_enhanced_block_by_block_and_equals_the_input(start: Start, tmp_path: Path) -> None:
    child, _ = start(NOISY)
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 61 * RATE).astype(np.float32)
    child.send({"jobs": [to_json(job(tmp_path, "long", samples, duration_s=61.0))]})
    blocks = [child.receive(60) for _ in range(7)]
    assert blocks == [{"event": "block"}] * 7, "one for each 10 s, before it is enhanced"
    assert results(child, 1)["long"].n_samples == 61 * RATE
    # noisy is the identity: reading and writing 16 bits must not change a sample.
    source, target = (soundfile.read(tmp_path / name, dtype="int16")[0] for name in ("long.wav", "out/long.wav"))
    np.testing.assert_array_equal(source, target)


@pytest.mark.parametrize(("sample_rate", "expected"), [(48_000, False), (96_000, True)])
def test_is_long_counts_samples_of_high_rates(tmp_path: Path, sample_rate: int, expected: bool) -> None:
    soundfile.write(tmp_path / "x.flac", np.zeros(40 * sample_rate, np.int16), sample_rate, "PCM_16")
    long = Job("x", str(tmp_path / "x.flac"), "", 40.0)
    assert worker._is_long(long) is expected
    assert not worker._is_long(replace(long, source=str(tmp_path / "missing.wav")))
    assert worker._is_long(replace(long, duration_s=61.0))
