"""Results of made-up models on clips with the names of VoiceBank+DEMAND, for the tests of published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seinfer.analysis.results import Results, results_of
from seinfer.core.records import Clip, Enhancement, Score

RATE = 16000
N_CLIPS = 824
SET = "voicebank-demand"
SOURCE = "a paper, table 1"


def figure(metric: str, value: float, test_set: str = SET) -> dict[str, Any]:
    """Return a published figure as run.json has it."""
    return {"test_set": test_set, "metric": metric, "value": value, "source": SOURCE}


def measured(published: Mapping[str, Sequence[Mapping[str, Any]]], n_clips: int = N_CLIPS, n_lost: int = 0) -> Results:
    """Return results of the unprocessed clips and of models with published figures.

    Every clip has SI-SDR 8 dB in `noisy` and 12 dB in the others, and PESQ 2.5; the last `n_lost` have no score.
    """
    names = [f"p{232 if i < 400 else 257}_{i:03}" for i in range(n_clips)]
    clips = [Clip(name, f"/n/{name}.wav", f"/c/{name}.wav", RATE, 1, RATE) for name in names]
    facts = {"license_code": "MIT", "license_weights": "MIT", "training_data": [], "sample_rate": 0}
    models = {model: {**facts, "published": list(figures)} for model, figures in published.items()}
    header = {"metrics": {"si_sdr": "x", "pesq_wb": "y"}, "models": models, "lost_models": {}, "notes": []}
    slots = [(clip.clip_id, model) for clip in clips for model in models]
    enhancements = {slot: Enhancement(*slot, "ok") for slot in slots}
    scores = {
        (name, model): Score(name, model, RATE, {"si_sdr": 8.0 if model == "noisy" else 12.0, "pesq_wb": 2.5})
        for name, model in slots
        if name not in names[n_clips - n_lost :]
    }
    return results_of(header, clips, enhancements, scores)
