"""A run made by hand: fixed figures, one of everything that can happen to a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seinfer.analysis.results import Results
from seinfer.core.records import Clip, Enhancement, Score, to_json
from seinfer.pipeline.journal import Journal

RATE = 16000
N_PAIRED, N_BLIND = 8, 2
METRICS = ("sdr", "pesq_wb")
MODELS: Mapping[str, Mapping[str, Any]] = {
    "noisy": {"n_parameters": 0, "weights_bytes": None, "training_data": [], "sample_rate": 0},
    "good": {"n_parameters": 1_500_000, "weights_bytes": 6_000_000, "training_data": ["VCTK"], "sample_rate": 16000},
    "small": {"n_parameters": 50_000, "weights_bytes": 200_000, "training_data": ["DNS-4"], "sample_rate": 16000},
}
COSTS = {"noisy": (0.001, 60.0), "good": (0.8, 500.0), "small": (0.1, 90.5)}  # rtf, MiB


def journal(
    *,
    n_paired: int = N_PAIRED,
    n_blind: int = N_BLIND,
    report: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = METRICS,
) -> Journal:
    """Return the journal of a comparison of three models."""
    made = Journal()
    clips = [_paired(i) for i in range(n_paired)] + [_blind(i) for i in range(n_blind)]
    made.add_line({"kind": "plan", "header": header(report or {}, metrics), "clips": [to_json(clip) for clip in clips]})
    for i, clip in enumerate(clips):
        for model in MODELS if not clip.problem else ():
            done = _enhancement(clip, model, i)
            made.add_line({"kind": "enhancement", "key": "", **to_json(done)})
            if done.is_ok:
                made.add_line({"kind": "score", "key": "", **to_json(_score(clip, model, i))})
    return made


def results(**options: Any) -> Results:
    """Return its rows."""
    return journal(**options).results()


def header(report: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """Return what run.json would say."""
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


def _paired(i: int) -> Clip:
    category = {"noise": ("fan", "street", "")[i % 3], "snr_db": str(2.5 * i), "room": "kitchen"}
    good = Clip(f"set/p287_{i:03}", f"/in/noisy/p287_{i:03}.wav", f"/in/clean/p287_{i:03}.wav", RATE, 1, RATE * (2 + i))
    problem = "truncated: the file ends early, in the middle" if i == 7 else ""
    return Clip(
        **{**to_json(good), "noisy_sha256": f"n{i}", "clean_sha256": f"c{i}", "problem": problem, "category": category}
    )


def _blind(i: int) -> Clip:
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
    )


def _score(clip: Clip, model: str, i: int) -> Score:
    lag = 3 if (model, i) == ("small", 2) else 0
    values, reasons = (_figures if clip.clean_path else _blind_figures)(model, i)
    return Score(clip.clip_id, model, RATE, values, reasons, lag, -0.25 * i, 0)


def _figures(model: str, i: int) -> tuple[dict[str, float], dict[str, str]]:
    gain = {"noisy": 0.0, "good": 6.0 + i / 16, "small": 5.0 - i / 32}[model]  # no two differences alike
    values = {"sdr": 2.5 * i + gain, "pesq_wb": 1.25 + 0.125 * i + gain / 16}
    if (model, i) == ("good", 5):
        del values["pesq_wb"]
        return values, {"pesq_wb": "pesq_crash"}
    return values, {"sdr": "identical"} if (model, i) == ("noisy", 0) else {}


def _blind_figures(model: str, i: int) -> tuple[dict[str, float], dict[str, str]]:
    if (model, i) == ("noisy", N_PAIRED):
        return {}, {"dnsmos_ovrl": "too_short"}
    names = ("sig", "bak", "ovrl", "p808", "sig_raw", "bak_raw", "ovrl_raw")
    level = {"noisy": 2.0, "good": 3.0, "small": 2.75}[model]
    values = {f"dnsmos_{name}": level + 0.0625 * j for j, name in enumerate(names)}
    return {**values, "dnsmos_n_hops": 3.0, "dnsmos_n_used": 2.0, "dnsmos_tiled": float(i % 2)}, {}
