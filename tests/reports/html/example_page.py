"""A run folder with real audio files and fixed scores, for the tests of the report page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.analysis.results import Results, results_of
from seinfer.clips.discovery import estimate_path
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip, Cost, Enhancement, Score
from tests.helpers import RATE, speech_like, write_audio

GAINS = {"noisy": 1.0, "good": 0.5, "small": 0.25}
"""Model -> factor of its estimates: their levels differ."""
SCORES = {"noisy": 1.5, "good": 2.5, "small": 2.0}
SLOPES = {"noisy": 0.0, "good": 0.0625, "small": 0.03125}
"""Model -> by how much its PESQ grows from clip to clip."""
DURATION_S = 1.5


def write_run(
    folder: Path,
    *,
    n_clips: int = 3,
    models: Mapping[str, float] = GAINS,
    metrics: Sequence[str] = ("pesq_wb", "stoi"),
    has_clean: bool = True,
    report: Mapping[str, Any] | None = None,
    clip_name: str = "set/p287_{:03}",
    facts: Mapping[str, Any] | None = None,
) -> Results:
    """Write the audio files of a run and return its results.

    Args:
        folder: the run folder; the noisy and clean files are in `in/` beside its `audio/`.
        n_clips: number of clips.
        models: model -> factor of its estimates.
        metrics: the metrics; PESQ improves by more from clip to clip.
        has_clean: whether there are clean files.
        report: settings of the tables.
        clip_name: pattern of the clip_ids.
        facts: further facts of the header.
    """
    clips = [_clip(folder, clip_name.format(i), i, has_clean=has_clean) for i in range(n_clips)]
    enhancements, scores = {}, {}
    for i, clip in enumerate(clips):
        for model, gain in models.items():
            path = estimate_path(folder, model, clip.clip_id)
            write_audio(path, gain * speech_like(DURATION_S, RATE, seed=i), RATE)
            slot = clip.clip_id, model
            enhancements[slot] = _enhancement(clip, model, sha256_of(path))
            value = SCORES.get(model, 1.75) + SLOPES.get(model, 0.125) * i
            scores[slot] = Score(*slot, RATE, {"pesq_wb": value, "stoi": value / 5} if metrics else {})
    return results_of(_header(models, metrics, report, facts), clips, enhancements, scores, _costs(models))


def _clip(folder: Path, clip_id: str, i: int, *, has_clean: bool) -> Clip:
    noisy, clean = (folder / "in" / kind / f"{i}.wav" for kind in ("noisy", "clean"))
    speech = speech_like(DURATION_S, RATE, seed=i)
    write_audio(noisy, speech + 0.01 * np.random.default_rng(i).standard_normal(len(speech)), RATE)
    if has_clean:
        write_audio(clean, speech, RATE)
    return Clip(
        clip_id,
        str(noisy),
        str(clean) if has_clean else "",
        RATE,
        1,
        len(speech),
        sha256_of(noisy),
        sha256_of(clean) if has_clean else "",
        category={"noise": ("fan", "street")[i % 2]},
    )


def _enhancement(clip: Clip, model: str, digest: str) -> Enhancement:
    return Enhancement(
        clip.clip_id,
        model,
        "ok",
        sample_rate_in=RATE,
        model_sample_rate=RATE,
        sample_rate_out=RATE,
        channels=1,
        n_samples=clip.n_samples,
        wall_s=0.1,
        peak_rss_mib=100.0,
        estimate_sha256=digest,
    )


def _costs(models: Mapping[str, float]) -> dict[str, Cost]:
    return {
        model: Cost(model, rtf=0.1 * i, rtf_low=0.09 * i, rtf_high=0.11 * i, n_repeats=5, device="cpu", threads=2)
        for i, model in enumerate(models)
        if i
    }


def _header(
    models: Mapping[str, float],
    metrics: Sequence[str],
    report: Mapping[str, Any] | None,
    facts: Mapping[str, Any] | None,
) -> dict[str, Any]:
    own = {"license_code": "MIT", "license_weights": "MIT", "causal": True, "latency_ms": 20, "summary": "a model"}
    return {
        "run_id": "0123456789ab",
        "argv": ["seinfer", "compare"],
        "settings": {"score_sample_rate": RATE},
        "models": {model: {**own, "n_parameters": 1000 * (i + 1)} for i, model in enumerate(models)},
        "lost_models": {},
        "metrics": {metric: f"implementation of {metric}" for metric in metrics},
        "metrics_for": {"with_reference": list(metrics), "without_reference": list(metrics)},
        "report": {"html": True, **(report or {})},
        "notes": ["made by hand"],
        **(facts or {}),
    }
