"""The scoring process: channels, rates, lag and gain of estimates, and the reasons for files without scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.records import Score, ScoringTask
from seinfer.scoring.worker import score_task

from .tasks import METRICS, RATE, noisy, speech_like, task_of, write


def scores(*tasks: ScoringTask) -> dict[tuple[str, str], Score]:
    """Score tasks in this process."""
    found = [score for task in tasks for score in score_task(task, lambda model, metric: None)]
    assert len(found) == sum(len(task.estimates) for task in tasks), "one score per estimate"
    return {(score.clip_id, score.model): score for score in found}


def test_score_task_announces_each_metric_with_its_model(tmp_path: Path) -> None:
    announced: list[tuple[str, str]] = []
    clean = speech_like(2.0, RATE)
    task = task_of(tmp_path, a=noisy(clean), b=noisy(clean))
    found = [score.model for score in score_task(task, lambda model, metric: announced.append((model, metric)))]
    assert found == ["a", "b"]
    assert sorted(announced) == sorted((model, metric) for model in "ab" for metric in METRICS)


def test_score_task_excluded_metric_is_not_computed(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    task = replace(task_of(tmp_path, a=noisy(clean), b=noisy(clean)), excluded={"a sdr": "metric_crash"})
    found = scores(task)
    assert found["x", "a"].reasons == {"sdr": "metric_crash"}
    assert set(found["x", "a"].values) == set(METRICS) - {"sdr"}
    assert set(found["x", "b"].values) == set(METRICS)


def test_score_task_silent_estimate_gives_the_reason(tmp_path: Path) -> None:
    score = scores(task_of(tmp_path, m=np.zeros(2 * RATE)))["x", "m"]
    assert score.values == {}
    assert score.reasons == dict.fromkeys(METRICS, "silent_est")
    assert (score.lag_samples, score.gain_db) == (None, None)


@pytest.mark.parametrize(
    ("estimate", "error"),
    [
        (np.zeros(2 * RATE), "silent_est: the estimate has a peak of 0.0e+00"),
        (np.full(2 * RATE, np.nan), "nonfinite: "),
        (np.zeros((2, 2 * RATE)), "silent_est: "),
        (noisy(speech_like(1.0, RATE)), "length_mismatch: the reference has 32000 samples, the estimate 16000"),
        (np.stack([np.zeros(2 * RATE), speech_like(2.0, RATE)]), ""),
        (noisy(speech_like(2.0, RATE)), ""),
    ],
    ids=["silent", "NaN", "silent stereo", "half the length", "one silent channel", "good"],
)
def test_score_task_estimate_that_no_metric_can_use_is_an_error(
    tmp_path: Path, estimate: np.ndarray, error: str
) -> None:
    score = scores(task_of(tmp_path, m=estimate))["x", "m"]
    assert score.error.startswith(error)
    assert bool(score.error) == bool(error) == (not score.values)


def test_score_task_reason_of_the_clip_or_of_one_metric_is_no_error(tmp_path: Path) -> None:
    silent, short = np.zeros(2 * RATE, np.float32), noisy(speech_like(0.2, RATE))
    silent_clean = write(tmp_path / "silent.wav", silent)
    estimates = {name: write(tmp_path / f"{name}.wav", samples) for name, samples in {"a": silent, "b": short}.items()}
    tasks = [
        ScoringTask("silent reference", silent_clean, "", {"a": estimates["a"]}, METRICS, RATE),
        ScoringTask("silent noisy clip", estimates["b"], silent_clean, {"a": estimates["a"]}, METRICS, RATE),
        ScoringTask("silent blind clip", "", silent_clean, {"a": estimates["a"]}, METRICS, RATE),
        ScoringTask("short", estimates["b"], "", {"b": estimates["b"]}, ("pesq_wb",), RATE),
    ]
    found = scores(*tasks)
    assert [dict(score.values) for score in found.values()] == [{}, {}, {}, {}]
    assert [score.error for score in found.values()] == ["", "", "", ""]


def test_score_task_silent_estimate_of_a_blind_clip_is_an_error(tmp_path: Path) -> None:
    task = task_of(tmp_path, m=np.zeros(2 * RATE))
    blind = replace(task, reference="", noisy=task.reference, metrics=())
    assert scores(blind)["x", "m"].error.startswith("silent_est: ")


def test_score_task_estimate_that_is_not_audio_is_unreadable(tmp_path: Path) -> None:
    task = task_of(tmp_path, m=np.zeros(10))
    Path(task.estimates["m"]).write_text("text")
    reasons = scores(task)["x", "m"].reasons
    assert all(reasons[metric].startswith("unreadable: ") for metric in METRICS)


def test_score_task_reference_that_is_not_audio_is_unreadable_for_every_estimate(tmp_path: Path) -> None:
    task = task_of(tmp_path, a=np.zeros(10), b=np.zeros(10))
    Path(task.reference).write_text("text")
    for score in scores(task).values():
        assert score.reasons["sdr"].startswith("unreadable: ")
        assert score.error == ""  # the estimates may be good


def test_score_task_late_estimate_reports_the_lag_and_shifts_nothing(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    late = np.concatenate([np.zeros(160, np.float32), clean[:-160]])
    score = scores(task_of(tmp_path, m=late))["x", "m"]
    assert score.lag_samples == 160
    assert score.values["si_sdr"] < 0  # dB


def test_score_task_other_rate_is_scored_at_the_requested_rate(tmp_path: Path) -> None:
    clean = speech_like(2.0, 48_000)
    reference = write(tmp_path / "clean.wav", clean, 48_000)
    estimate = write(tmp_path / "m.wav", noisy(clean), 48_000)
    score = scores(ScoringTask("x", reference, "", {"m": estimate}, METRICS, RATE))["x", "m"]
    assert score.sample_rate == RATE
    assert set(score.values) == set(METRICS)


def test_score_task_native_rate_is_scored_at_the_rate_of_the_files(tmp_path: Path) -> None:
    clean = speech_like(2.0, 48_000)
    reference = write(tmp_path / "clean.wav", clean, 48_000)
    estimate = write(tmp_path / "m.wav", noisy(clean), 48_000)
    score = scores(ScoringTask("x", reference, "", {"m": estimate}, METRICS, 0))["x", "m"]
    assert score.sample_rate == 48_000
    assert set(score.values) == set(METRICS)


def test_score_task_stereo_averages_the_channels(tmp_path: Path) -> None:
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
    found = scores(ScoringTask("both", reference, "", {"m": both}, METRICS, RATE), *alone)
    for metric in METRICS:
        mean = (found["l", "m"].values[metric] + found["r", "m"].values[metric]) / 2
        assert found["both", "m"].values[metric] == pytest.approx(mean, abs=1e-6)


def test_score_task_stereo_with_a_silent_channel_reports_how_many_channels_lack_a_value(tmp_path: Path) -> None:
    left = speech_like(2.0, RATE)
    reference = write(tmp_path / "clean.wav", np.stack([left, np.zeros_like(left)]))
    estimate = write(tmp_path / "m.wav", np.stack([noisy(left), np.zeros_like(left)]))
    score = scores(ScoringTask("x", reference, "", {"m": estimate}, ("sdr",), RATE))["x", "m"]
    assert score.reasons == {"sdr": "silent_ref in 1 of 2 channels"}
    assert score.values["sdr"] == pytest.approx(10.0, abs=1.0)  # dB


@pytest.mark.parametrize(("n_reference", "n_estimate", "reason"), [(1, 2, ""), (2, 1, ""), (2, 3, "channels")])
def test_score_task_other_numbers_of_channels_are_matched_or_refused(
    tmp_path: Path, n_reference: int, n_estimate: int, reason: str
) -> None:
    clean = speech_like(2.0, RATE)
    reference = write(tmp_path / "clean.wav", np.stack([clean] * n_reference))
    estimate = write(tmp_path / "m.wav", np.stack([noisy(clean)] * n_estimate))
    score = scores(ScoringTask("x", reference, "", {"m": estimate}, ("sdr",), RATE))["x", "m"]
    assert score.reasons.get("sdr", "") == reason
    assert ("sdr" in score.values) is not bool(reason)


@pytest.mark.parametrize("rate", [0, RATE])
def test_score_task_without_reference_is_scored_at_the_rate_of_the_metric(tmp_path: Path, rate: int) -> None:
    samples = np.stack([speech_like(1.0, 48_000, seed=seed) for seed in (1, 2)])
    both = write(tmp_path / "both.wav", samples, 48_000)
    alone = [write(tmp_path / f"{name}.wav", samples[name], 48_000) for name in (0, 1)]
    names = ("si_sdr", "dnsmos_p808", "dnsmos_n_used")
    tasks = [ScoringTask(str(i), "", path, {"m": path}, names, rate) for i, path in enumerate((both, *alone))]
    found = scores(*tasks)
    stereo, left, right = (found[str(i), "m"] for i in range(3))
    assert {score.sample_rate for score in (stereo, left, right)} == {rate or 48_000}
    assert stereo.reasons == {"si_sdr": "no_reference"}
    assert stereo.values["dnsmos_n_used"] == 7
    mean = (left.values["dnsmos_p808"] + right.values["dnsmos_p808"]) / 2
    assert stereo.values["dnsmos_p808"] == pytest.approx(mean, abs=1e-6)  # MOS


def test_score_task_without_reference_measures_lag_and_gain_against_the_noisy_clip(tmp_path: Path) -> None:
    clip_samples = speech_like(2.0, RATE)
    noisy_path = write(tmp_path / "noisy.wav", clip_samples)
    estimate = write(tmp_path / "m.wav", 0.5 * clip_samples)
    score = scores(ScoringTask("x", "", noisy_path, {"m": estimate}, (), RATE))["x", "m"]
    assert score.values == {}
    assert score.lag_samples == 0
    assert score.gain_db == pytest.approx(-6.02, abs=0.01)


HOURS_OF_SILENCE_S = 3 * 3600


def test_score_task_hours_in_a_small_flac_are_too_long_and_name_the_limit(tmp_path: Path) -> None:
    task = task_of(tmp_path, short=noisy(speech_like(2.0, RATE)), long=np.zeros(10))
    long = _hours_of_silence(tmp_path)
    found = scores(replace(task, estimates={**task.estimates, "long": str(long)}))
    assert set(found["x", "short"].values) == set(METRICS)
    assert found["x", "long"].reasons == dict.fromkeys(
        METRICS,
        f"too_long: {long} lasts 10800.0 s; expected at most 625.0 s, 10000000 samples in 1 channel at 16000 Hz; "
        "split it",
    )


def test_score_task_hours_without_reference_are_too_long_beyond_a_higher_limit(tmp_path: Path) -> None:
    long = str(_hours_of_silence(tmp_path))
    task = ScoringTask("x", "", long, {"a": long, "b": long}, ("dnsmos_n_hops",), 0)
    for score in scores(task).values():
        assert "expected at most 1875.0 s, 30000000 samples" in score.reasons["dnsmos_n_hops"]


def _hours_of_silence(folder: Path) -> Path:
    """Write a FLAC of 1 kHz: fast to encode, and scored at 16 kHz."""
    path = folder / "hours.flac"
    soundfile.write(path, np.zeros(HOURS_OF_SILENCE_S * 1_000, np.int16), 1_000, "PCM_16")
    assert path.stat().st_size < 1_000_000
    return path
