"""Results of made-up models with given gains and costs, for the tests of the recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seinfer.analysis.results import Results, results_of
from seinfer.core.records import Clip, Cost, Enhancement, Score

RATE = 16000
Model = tuple[float, float, float, int]
"""Gain in SDR in dB, rtf, memory in MiB, size in bytes."""


def compared(models: Mapping[str, Model], n_clips: int = 60, noise_db: float = 0.2, **facts: Any) -> Results:
    """Return results in which each model has the given gain in SDR (plus noise) and the given costs."""
    random = np.random.default_rng(0)
    level = random.normal(5, 3, n_clips)
    own = {"license_code": "MIT", "license_weights": "MIT", "causal": True, "latency_ms": 20.0, "training_data": []}
    header: dict[str, Any] = {"lost_models": {}, "metrics": {"sdr": "x"}, "notes": [], "models": {}}
    header["models"] = {
        name: {**own, "weights_bytes": model[3], **facts.get(name, {})} for name, model in models.items()
    }
    clips = [Clip(f"{i:03}", f"/n/{i}.wav", f"/c/{i}.wav", RATE, 1, RATE) for i in range(n_clips)]
    enhancements: dict[tuple[str, str], Enhancement] = {}
    scores: dict[tuple[str, str], Score] = {}
    for name, (gain, rtf, mib, _) in models.items():
        for clip, start, jitter in zip(clips, level, random.normal(0, noise_db, n_clips), strict=True):
            slot = clip.clip_id, name
            enhancements[slot] = Enhancement(*slot, "ok", wall_s=rtf, peak_rss_mib=mib)
            scores[slot] = Score(*slot, RATE, {"sdr": float(start + gain + (jitter if gain else 0))})
    costs = {
        name: Cost(name, rtf=rtf, rtf_low=0.99 * rtf, rtf_high=1.01 * rtf, n_repeats=5, device="cpu", threads=2)
        for name, (_, rtf, _, _) in models.items()
        if rtf
    }
    return results_of(header, clips, enhancements, scores, costs)


NOISY = (0.0, 0.001, 50.0, 0)
MODELS: Mapping[str, Model] = {
    "noisy": NOISY,
    "best": (6.0, 1.0, 800.0, 100_000_000),
    "balanced": (5.7, 0.1, 100.0, 3_000_000),
    "cheap": (1.0, 0.05, 80.0, 1_000_000),
    "pointless": (0.9, 0.2, 200.0, 9_000_000),
}
