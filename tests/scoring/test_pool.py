"""The pool: every score or its reason comes back, even if a metric crashes the scoring process."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seinfer.core.errors import BackendError
from seinfer.core.process import Child, Message
from seinfer.core.records import ScoringTask
from seinfer.scoring.pool import ScoringPool

from .tasks import METRICS, RATE, noisy, run_tasks, scores, speech_like, task_of, write

CRASHING_METRIC = """
import os, signal
from seinfer.metrics import Metric

def boom(*, reference, estimate, sample_rate):
    if abs(estimate[0] - 0.5) < 1e-3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 1.0

METRIC = Metric(name="boom", unit="", function="boom_metric:boom", method="of a test", source="none")
"""
Messages = queue.SimpleQueue[tuple[Child, Message | None]]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that scoring processes import from first."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    return folder


@pytest.fixture
def crashing_metric(site: Path) -> None:
    """Install a metric that crashes its process when an estimate begins with 0.5."""
    info = site / "boom_metric-1.0.dist-info"
    info.mkdir()
    (site / "boom_metric.py").write_text(CRASHING_METRIC)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boom-metric\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seinfer.metrics]\nboom = boom_metric:METRIC\n")


@pytest.fixture
def messages() -> Messages:
    return queue.SimpleQueue()


@pytest.fixture
def pool(messages: Messages) -> Iterator[ScoringPool]:
    opened = ScoringPool(1, lambda child, message: messages.put((child, message)))
    yield opened
    opened.close()


def test_submit_several_clips_and_models_scores_each(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    tasks = [task_of(tmp_path, name, good=noisy(clean, 20), bad=noisy(clean, 0)) for name in ("a", "b", "c")]
    found = scores(*tasks)
    for name in ("a", "b", "c"):
        good, bad = found[name, "good"], found[name, "bad"]
        assert set(good.values) == set(METRICS)
        assert all(good.values[metric] > bad.values[metric] for metric in METRICS)
        assert (good.lag_samples, good.len_diff_samples, good.sample_rate) == (0, 0, RATE)
        assert good.gain_db == pytest.approx(0.0, abs=0.1)


def test_submit_same_clip_twice_scores_both_estimates(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    first, second = task_of(tmp_path, a=noisy(clean)), task_of(tmp_path, b=noisy(clean))
    assert set(scores(first, second)) == {("x", "a"), ("x", "b")}


def test_submit_unreadable_reference_gives_every_estimate_the_reason(tmp_path: Path) -> None:
    task = task_of(tmp_path, a=np.zeros(10), b=np.zeros(10))
    Path(task.reference).write_text("text")
    found = scores(task)
    assert set(found) == {("x", "a"), ("x", "b")}
    assert all(score.reasons["sdr"].startswith("unreadable: ") for score in found.values())


@pytest.mark.usefixtures("crashing_metric")
def test_submit_metric_that_crashes_its_process_costs_that_value_alone(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    deadly = noisy(clean)
    deadly[0] = 0.5
    tasks = [task_of(tmp_path, name, good=noisy(clean), deadly=deadly) for name in ("a", "b")]
    found = scores(*(replace(task, metrics=("boom", "si_sdr", "stoi")) for task in tasks))
    for name in ("a", "b"):
        assert found[name, "good"].values["boom"] == 1.0
        assert found[name, "deadly"].reasons == {"boom": "metric_crash"}
        assert set(found[name, "deadly"].values) == {"si_sdr", "stoi"}


def test_submit_pesq_that_crashes_its_process_gives_pesq_crash(tmp_path: Path, site: Path) -> None:
    (site / "pesq.py").write_text(
        "import os, signal\nclass PesqError(Exception): pass\nBufferTooShortError = NoUtterancesError = PesqError\n"
        "def pesq(*args, **kwargs): os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    found = scores(task_of(tmp_path, m=noisy(speech_like(2.0, RATE))))
    assert found["x", "m"].reasons == {"pesq_wb": "pesq_crash"}
    assert set(found["x", "m"].values) == {"sdr", "si_sdr", "stoi", "estoi"}


def test_submit_pesq_that_crashes_on_the_whole_clip_is_computed_in_pieces(tmp_path: Path, site: Path) -> None:
    (site / "pesq.py").write_text(
        "import os, signal\nclass PesqError(Exception): pass\nBufferTooShortError = NoUtterancesError = PesqError\n"
        "def pesq(rate, reference, estimate, mode):\n"
        "    if len(reference) > 19 * rate and abs(estimate[0] - 0.5) < 1e-3: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return 2.0\n"
    )
    (site / "sitecustomize.py").write_text(
        "from seinfer.metrics import pesq\npesq.count_utterances = lambda reference, mode: 3\n"
    )
    clean = speech_like(20.0, RATE)
    deadly = noisy(clean)
    deadly[0] = 0.5
    estimates = {"a": noisy(clean), "b": deadly, "c": noisy(clean)}
    files = {name: write(tmp_path / f"{name}.wav", samples) for name, samples in estimates.items()}
    reference = write(tmp_path / "clean.wav", clean)
    found = scores(ScoringTask("x", reference, "", files, ("si_sdr", "pesq_wb", "pesq_nb_raw"), RATE))
    assert all(score.values["pesq_wb"] == 2.0 and "pesq_nb_raw" in score.values for score in found.values())
    in_pieces = {
        "pesq_wb": "mean of 2 pieces after a crash",
        "pesq_nb_raw": "mean of 2 pieces after a crash in pesq_nb",
    }
    assert [found["x", name].reasons for name in ("a", "b", "c")] == [{}, in_pieces, in_pieces]


def test_submit_metric_computed_from_pesq_that_crashes_costs_that_value_alone(tmp_path: Path, site: Path) -> None:
    (site / "pesq.py").write_text(
        "import os, signal\nclass PesqError(Exception): pass\nBufferTooShortError = NoUtterancesError = PesqError\n"
        "def pesq(*args, **kwargs): os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    task = replace(task_of(tmp_path, m=noisy(speech_like(2.0, RATE))), metrics=("si_sdr", "csig"))
    score = scores(task)["x", "m"]
    assert score.reasons == {"csig": "not_computed: pesq_wb pesq_crash"}
    assert set(score.values) == {"si_sdr"}


def test_submit_file_that_crashes_the_reader_costs_that_estimate_alone(tmp_path: Path, site: Path) -> None:
    (site / "sitecustomize.py").write_text(
        "import os, signal\nfrom pathlib import Path\n"
        "from seinfer.audio import reading\nread = reading.read\n"
        "def crash(path, **limits):\n"
        "    return os.kill(os.getpid(), signal.SIGSEGV) if path.parent.name == 'bad' else read(path, **limits)\n"
        "reading.read = crash\n"
    )
    clean = speech_like(2.0, RATE)
    found = scores(task_of(tmp_path, bad=noisy(clean), good=noisy(clean)))
    assert found["x", "bad"].reasons == dict.fromkeys(METRICS, "metric_crash: killed by SIGSEGV")
    assert set(found["x", "good"].values) == set(METRICS)


def test_handle_process_that_ends_while_starting_raises(tmp_path: Path, site: Path) -> None:
    (site / "soundfile.py").write_text("raise SystemExit('no sound')\n")
    task = task_of(tmp_path, m=speech_like(2.0, RATE))
    with pytest.raises(BackendError, match=r"ended while starting \(exit code 1; no sound\); see `seinfer doctor`"):
        list(run_tasks([task]))


def test_is_idle_is_false_from_submit_to_the_last_score(tmp_path: Path, pool: ScoringPool, messages: Messages) -> None:
    assert pool.is_idle
    clean = speech_like(2.0, RATE)
    pool.submit(replace(task_of(tmp_path, a=noisy(clean), b=noisy(clean)), metrics=("si_sdr",)))
    found = []
    while len(found) < 2:
        assert not pool.is_idle
        found += [score.model for score in pool.handle(*messages.get())]
    while not pool.is_idle:
        assert list(pool.handle(*messages.get())) == []
    assert found == ["a", "b"]
    assert messages.empty()


def test_handle_after_close_ignores_late_messages(tmp_path: Path, pool: ScoringPool, messages: Messages) -> None:
    pool.submit(task_of(tmp_path, m=speech_like(2.0, RATE)))
    pool.close()
    assert pool.is_idle
    late = [messages.get()]
    while late[-1][1] is not None:
        late.append(messages.get())
    assert [list(pool.handle(*message)) for message in late] == [[]] * len(late)
    assert pool.is_idle


def test_submit_stereo_at_native_rate_reaches_the_process(tmp_path: Path) -> None:
    clean = np.stack([speech_like(2.0, 48_000, seed=1), speech_like(2.0, 48_000, seed=2)])
    task = task_of(tmp_path)
    files = {"m": write(tmp_path / "m.wav", noisy(clean), 48_000)}
    reference = write(tmp_path / "stereo.wav", clean, 48_000)
    score = scores(replace(task, reference=reference, estimates=files, metrics=("si_sdr",), sample_rate=0))["x", "m"]
    assert score.sample_rate == 48_000
    assert score.values["si_sdr"] == pytest.approx(10.0, abs=0.2)  # dB
