"""An example run with fixed scores and every kind of row: failed clips, missing scores, remarks, blind clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seinfer.analysis.results import Results, results_of
from seinfer.core.records import Clip, Cost, Enhancement, Score, to_json

RATE = 16000
N_PAIRED, N_BLIND = 8, 2
METRICS = ("sdr", "pesq_wb")
MODELS: Mapping[str, Mapping[str, Any]] = {
    "noisy": {"n_parameters": 0, "weights_bytes": None, "training_data": [], "sample_rate": 0},
    "good": {"n_parameters": 1_500_000, "weights_bytes": 6_000_000, "training_data": ["VCTK"], "sample_rate": 16000},
    "small": {"n_parameters": 50_000, "weights_bytes": 200_000, "training_data": ["DNS-4"], "sample_rate": 16000},
}
COSTS = {"noisy": (0.001, 60.0), "good": (0.8, 500.0), "small": (0.1, 90.5)}  # rtf, MiB
_MEASURED = Cost(
    "good",
    clip_id="set/p287_003",
    clip_s=5.0,
    device="cpu",
    threads=2,
    processor="Example CPU, 2 GHz",
    rtf=0.5,
    rtf_low=0.48,
    rtf_high=0.51,
    n_repeats=5,
    batch_size=4,
    batch_rtf=0.25,
    batch_rtf_low=0.24,
    batch_rtf_high=0.27,
    peak_rss_mib=300.0,
    batch_peak_rss_mib=480.0,
    slowdown=1.02,
    cpu_share=1.9,
    load_average=0.75,
)
MEASURED: Mapping[str, Cost] = {
    "good": _MEASURED,
    "small": replace(_MEASURED, model="small", rtf=0.05, rtf_low=0.04, rtf_high=0.055, batch_size=1),
}
"""Costs measured alone; the example run has none unless they are given."""


def results(
    *,
    n_paired: int = N_PAIRED,
    n_blind: int = N_BLIND,
    report: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = METRICS,
    costs: Mapping[str, Cost] | None = None,
) -> Results:
    """Return the results of a comparison of three models."""
    clips = [_paired_clip(i) for i in range(n_paired)] + [_blind_clip(i) for i in range(n_blind)]
    enhancements: dict[tuple[str, str], Enhancement] = {}
    scores: dict[tuple[str, str], Score] = {}
    for i, clip in enumerate(clips):
        for model in MODELS if not clip.problem else ():
            done = _enhancement(clip, model, i)
            enhancements[clip.clip_id, model] = done
            if done.is_ok:
                scores[clip.clip_id, model] = _score(clip, model, i)
    return results_of(header(report or {}, metrics), clips, enhancements, scores, costs)


def header(report: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """Return the content of run.json, except for the warnings."""
    facts = {"license_code": "MIT", "license_weights": "MIT", "causal": True, "latency_ms": 20}
    models = {name: {**facts, "sha256": f"{name}-digest", **own} for name, own in MODELS.items()}
    return {
        "run_id": "0123456789ab",
        "argv": ["seinfer", "compare"],
        "settings": {"score_sample_rate": RATE},
        "models": {**models, "absent": {"not_run": "weights missing: seinfer models pull absent"}},
        "lost_models": {},
        "metrics": {metric: f"implementation of {metric}" for metric in metrics},
        "metrics_for": {"with_reference": list(METRICS), "without_reference": [m for m in metrics if "dns" in m]},
        "report": {"baseline": "", "by": [], "dnsmos_csv": False, **report},
        "notes": ["made by hand"],
    }


def _paired_clip(i: int) -> Clip:
    category = {"noise": ("fan", "street", "")[i % 3], "snr_db": str(2.5 * i), "room": "kitchen"}
    good = Clip(f"set/p287_{i:03}", f"/in/noisy/p287_{i:03}.wav", f"/in/clean/p287_{i:03}.wav", RATE, 1, RATE * (2 + i))
    problem = "truncated: the file ends early, in the middle" if i == 7 else ""
    return Clip(
        **{**to_json(good), "noisy_sha256": f"n{i}", "clean_sha256": f"c{i}", "problem": problem, "category": category}
    )


def _blind_clip(i: int) -> Clip:
    category = {"device": "headset", "track": "Track1", "emotion": "calm, then not"}
    return Clip(f"wild/{i}", f"/in/wild/{i}.wav", "", RATE, 1, RATE * 6 * (i + 1), f"w{i}", "", "", category)


def _enhancement(clip: Clip, model: str, i: int) -> Enhancement:
    if model == "small" and i == 6:
        return Enhancement(clip.clip_id, model, "failed", 'worker_crash: it ended with signal 11, "core dumped"')
    rtf, mib = COSTS[model]
    return Enhancement(
        clip.clip_id,
        model,
        "chunked" if clip.duration_s > 8 and model == "good" else "ok",
        sample_rate_in=RATE,
        model_sample_rate=RATE,
        sample_rate_out=RATE,
        channels=1,
        n_samples=clip.n_samples,
        clipped_samples=40 * i if model == "good" else 0,
        wall_s=rtf * clip.duration_s,
        peak_rss_mib=mib,
        estimate_sha256=f"{model}{i}",
        batch_size=4 if model == "good" else 1,
    )


def _score(clip: Clip, model: str, i: int) -> Score:
    lag = 3 if (model, i) == ("small", 2) else 0
    values, reasons = (_reference_scores if clip.clean_path else _blind_scores)(model, i)
    return Score(clip.clip_id, model, RATE, values, reasons, lag, -0.25 * i, 0)


def _reference_scores(model: str, i: int) -> tuple[dict[str, float], dict[str, str]]:
    gain = {"noisy": 0.0, "good": 6.0 + i / 16, "small": 5.0 - i / 32}[model]  # no two differences are equal
    values = {"sdr": 2.5 * i + gain, "pesq_wb": 1.25 + 0.125 * i + gain / 16}
    if (model, i) == ("good", 5):
        del values["pesq_wb"]
        return values, {"pesq_wb": "pesq_crash"}
    return values, {"sdr": "identical"} if (model, i) == ("noisy", 0) else {}


def _blind_scores(model: str, i: int) -> tuple[dict[str, float], dict[str, str]]:
    if (model, i) == ("noisy", N_PAIRED):
        return {}, {"dnsmos_ovrl": "too_short"}
    names = ("sig", "bak", "ovrl", "p808", "sig_raw", "bak_raw", "ovrl_raw")
    level = {"noisy": 2.0, "good": 3.0, "small": 2.75}[model]
    values = {f"dnsmos_{name}": level + 0.0625 * j for j, name in enumerate(names)}
    return {**values, "dnsmos_n_hops": 3.0, "dnsmos_n_used": 2.0, "dnsmos_tiled": float(i % 2)}, {}
