"""Scoring in processes: every figure or its reason comes back, whatever the metrics do to their process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.records import Score, ScoringTask
from seinfer.scoring.pool import ScoringPool
from tests.helpers import speech_like

RATE = 16_000
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")

BOOM = """
import os, signal
from seinfer.metrics import Metric

def boom(*, reference, estimate, sample_rate):
    if abs(estimate[0] - 0.5) < 1e-3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 1.0

METRIC = Metric(name="boom", unit="", function="boom_metric:boom", method="of a test", source="none")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a metric that ends its process when an estimate begins with 0.5."""
    site = tmp_path / "site"
    info = site / "boom_metric-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "boom_metric.py").write_text(BOOM)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boom-metric\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seinfer.metrics]\nboom = boom_metric:METRIC\n")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    return site


@pytest.fixture
def pool() -> Iterator[ScoringPool]:
    running = ScoringPool(2)
    yield running
    running.close()


def write(path: Path, samples: np.ndarray, sample_rate: int = RATE) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples.T if samples.ndim > 1 else samples, sample_rate, "FLOAT")
    return str(path)


def noisy(clean: np.ndarray, snr_db: float = 10.0, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(clean.shape)
    return clean + noise * np.linalg.norm(clean) / np.linalg.norm(noise) * 10 ** (-snr_db / 20)


def clip(folder: Path, name: str = "x", **estimates: np.ndarray) -> ScoringTask:
    clean = speech_like(2.0, RATE)
    reference = write(folder / "clean" / f"{name}.wav", clean)
    files = {model: write(folder / model / f"{name}.wav", samples) for model, samples in estimates.items()}
    return ScoringTask(name, reference, "", files, METRICS, RATE)


def scores(pool: ScoringPool, *tasks: ScoringTask) -> dict[tuple[str, str], Score]:
    for task in tasks:
        pool.submit(task)
    found = list(pool.finish())
    assert len(found) == sum(len(task.estimates) for task in tasks), "one score an estimate"
    return {(score.clip_id, score.model): score for score in found}


def test_submit_several_clips_and_models_scores_each(tmp_path: Path, pool: ScoringPool) -> None:
    clean = speech_like(2.0, RATE)
    tasks = [clip(tmp_path, name, good=noisy(clean, 20), bad=noisy(clean, 0)) for name in ("a", "b", "c")]
    found = scores(pool, *tasks)
    for name in ("a", "b", "c"):
        good, bad = found[name, "good"], found[name, "bad"]
        assert set(good.values) == set(METRICS)
        assert all(good.values[metric] > bad.values[metric] for metric in METRICS)
        assert (good.lag_samples, good.len_diff_samples, good.sample_rate) == (0, 0, RATE)
        assert good.gain_db == pytest.approx(0.0, abs=0.1)


def test_submit_the_same_clip_twice_scores_both_estimates(tmp_path: Path, pool: ScoringPool) -> None:
    clean = speech_like(2.0, RATE)
    first, second = clip(tmp_path, a=noisy(clean)), clip(tmp_path, b=noisy(clean))
    assert set(scores(pool, first, second)) == {("x", "a"), ("x", "b")}


def test_submit_a_metric_that_kills_its_process_costs_that_figure_alone(
    tmp_path: Path, plugin: Path, request: pytest.FixtureRequest
) -> None:
    pool: ScoringPool = request.getfixturevalue("pool")  # only now, so that its processes see the plug-in
    clean = speech_like(2.0, RATE)
    deadly = noisy(clean)
    deadly[0] = 0.5
    tasks = [clip(tmp_path, name, good=noisy(clean), deadly=deadly) for name in ("a", "b")]
    found = scores(pool, *(ScoringTask(**{**vars(task), "metrics": ("boom", "si_sdr", "stoi")}) for task in tasks))
    for name in ("a", "b"):
        assert found[name, "good"].values["boom"] == 1.0
        assert found[name, "deadly"].reasons == {"boom": "metric_crash"}
        assert set(found[name, "deadly"].values) == {"si_sdr", "stoi"}


def test_submit_pesq_that_kills_its_process_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "pesq.py").write_text(
        "import os, signal\nclass PesqError(Exception): pass\nBufferTooShortError = NoUtterancesError = PesqError\n"
        "def pesq(*args, **kwargs): os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    found = scores(request.getfixturevalue("pool"), clip(tmp_path, m=noisy(speech_like(2.0, RATE))))
    assert found["x", "m"].reasons == {"pesq_wb": "pesq_crash"}
    assert set(found["x", "m"].values) == {"sdr", "si_sdr", "stoi", "estoi"}


def test_submit_a_silent_estimate_says_so(tmp_path: Path, pool: ScoringPool) -> None:
    score = scores(pool, clip(tmp_path, m=np.zeros(2 * RATE)))["x", "m"]
    assert score.values == {}
    assert score.reasons == dict.fromkeys(METRICS, "silent_est")
    assert (score.lag_samples, score.gain_db) == (None, None)


def test_submit_an_estimate_that_is_no_audio_says_so(tmp_path: Path, pool: ScoringPool) -> None:
    task = clip(tmp_path, m=np.zeros(10))
    Path(task.estimates["m"]).write_text("text")
    reasons = scores(pool, task)["x", "m"].reasons
    assert all(reasons[metric].startswith("unreadable: ") for metric in METRICS)


def test_submit_a_reference_that_is_no_audio_says_so_for_every_estimate(tmp_path: Path, pool: ScoringPool) -> None:
    task = clip(tmp_path, a=np.zeros(10), b=np.zeros(10))
    Path(task.reference).write_text("text")
    for score in scores(pool, task).values():
        assert score.reasons["sdr"].startswith("unreadable: ")


def test_submit_a_late_estimate_tells_the_lag_and_shifts_nothing(tmp_path: Path, pool: ScoringPool) -> None:
    clean = speech_like(2.0, RATE)
    late = np.concatenate([np.zeros(160, np.float32), clean[:-160]])
    score = scores(pool, clip(tmp_path, m=late))["x", "m"]
    assert score.lag_samples == 160
    assert score.values["si_sdr"] < 0  # dB


def test_submit_another_rate_scores_at_the_rate_that_was_asked_for(tmp_path: Path, pool: ScoringPool) -> None:
    clean = speech_like(2.0, 48_000)
    reference = write(tmp_path / "clean.wav", clean, 48_000)
    estimate = write(tmp_path / "m.wav", noisy(clean), 48_000)
    score = scores(pool, ScoringTask("x", reference, "", {"m": estimate}, METRICS, RATE))["x", "m"]
    assert score.sample_rate == RATE
    assert set(score.values) == set(METRICS)


def test_submit_native_rate_scores_at_the_files_own(tmp_path: Path, pool: ScoringPool) -> None:
    clean = speech_like(2.0, 48_000)
    reference = write(tmp_path / "clean.wav", clean, 48_000)
    estimate = write(tmp_path / "m.wav", noisy(clean), 48_000)
    score = scores(pool, ScoringTask("x", reference, "", {"m": estimate}, METRICS, 0))["x", "m"]
    assert score.sample_rate == 48_000
    assert set(score.values) == set(METRICS)


def test_submit_stereo_averages_the_channels(tmp_path: Path, pool: ScoringPool) -> None:
    left, right = speech_like(2.0, RATE, seed=1), speech_like(2.0, RATE, seed=2)
    reference = write(tmp_path / "clean.wav", np.stack([left, right]))
    both = write(tmp_path / "m.wav", np.stack([noisy(left, 20), noisy(right, 0)]))
    alone = [
        ScoringTask(
            name,
            write(tmp_path / f"c{name}.wav", clean),
            "",
            {"m": write(tmp_path / f"e{name}.wav", bad)},
            METRICS,
            RATE,
        )
        for name, clean, bad in (("l", left, noisy(left, 20)), ("r", right, noisy(right, 0)))
    ]
    found = scores(pool, ScoringTask("both", reference, "", {"m": both}, METRICS, RATE), *alone)
    for metric in METRICS:
        mean = (found["l", "m"].values[metric] + found["r", "m"].values[metric]) / 2
        assert found["both", "m"].values[metric] == pytest.approx(mean, abs=1e-6)


def test_submit_stereo_with_a_silent_channel_says_which_part_counts(tmp_path: Path, pool: ScoringPool) -> None:
    left = speech_like(2.0, RATE)
    reference = write(tmp_path / "clean.wav", np.stack([left, np.zeros_like(left)]))
    estimate = write(tmp_path / "m.wav", np.stack([noisy(left), np.zeros_like(left)]))
    score = scores(pool, ScoringTask("x", reference, "", {"m": estimate}, ("sdr",), RATE))["x", "m"]
    assert score.reasons == {"sdr": "silent_ref in 1 of 2 channels"}
    assert score.values["sdr"] == pytest.approx(10.0, abs=1.0)  # dB


@pytest.mark.parametrize(("n_reference", "n_estimate", "reason"), [(1, 2, ""), (2, 1, ""), (2, 3, "channels")])
def test_submit_other_numbers_of_channels_are_settled_or_refused(
    tmp_path: Path, pool: ScoringPool, n_reference: int, n_estimate: int, reason: str
) -> None:
    clean = speech_like(2.0, RATE)
    reference = write(tmp_path / "clean.wav", np.stack([clean] * n_reference))
    estimate = write(tmp_path / "m.wav", np.stack([noisy(clean)] * n_estimate))
    score = scores(pool, ScoringTask("x", reference, "", {"m": estimate}, ("sdr",), RATE))["x", "m"]
    assert score.reasons.get("sdr", "") == reason
    assert ("sdr" in score.values) is not bool(reason)


@pytest.mark.parametrize("rate", [0, RATE])
def test_submit_without_reference_is_judged_at_the_rate_of_the_metric(
    tmp_path: Path, pool: ScoringPool, rate: int
) -> None:
    samples = np.stack([speech_like(1.0, 48_000, seed=seed) for seed in (1, 2)])
    both = write(tmp_path / "both.wav", samples, 48_000)
    alone = [write(tmp_path / f"{name}.wav", samples[name], 48_000) for name in (0, 1)]
    names = ("si_sdr", "dnsmos_p808", "dnsmos_n_used")
    tasks = [ScoringTask(str(i), "", path, {"m": path}, names, rate) for i, path in enumerate((both, *alone))]
    found = scores(pool, *tasks)
    stereo, left, right = (found[str(i), "m"] for i in range(3))
    assert {score.sample_rate for score in (stereo, left, right)} == {rate or 48_000}
    assert stereo.reasons == {"si_sdr": "no_reference"}
    assert stereo.values["dnsmos_n_used"] == 7
    mean = (left.values["dnsmos_p808"] + right.values["dnsmos_p808"]) / 2
    assert stereo.values["dnsmos_p808"] == pytest.approx(mean, abs=1e-6)  # MOS


def test_submit_without_reference_measures_lag_and_gain_against_the_noisy_clip(
    tmp_path: Path, pool: ScoringPool
) -> None:
    clip_samples = speech_like(2.0, RATE)
    noisy_path = write(tmp_path / "noisy.wav", clip_samples)
    estimate = write(tmp_path / "m.wav", 0.5 * clip_samples)
    score = scores(pool, ScoringTask("x", "", noisy_path, {"m": estimate}, (), RATE))["x", "m"]
    assert score.values == {}
    assert score.lag_samples == 0
    assert score.gain_db == pytest.approx(-6.02, abs=0.01)
