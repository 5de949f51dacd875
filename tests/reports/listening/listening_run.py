"""A small run folder with audio, for listening tests: speech-like clips, noisy versions, and two models made by hand.

`good` takes half of the noise away and is 6 dB quieter and 10 samples late; `bad` adds noise and is 4 dB louder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.pipeline.journal import RunFolder
from seinfer.reports.listening.request import MakeRequest
from tests.helpers import speech_like, write_audio

RATE = 16_000
MODELS = ("noisy", "good", "bad")
GOOD_DELAY, GOOD_DB, BAD_DB = 10, -6.0, 4.0
FACTS = {"license_code": "MIT", "license_weights": "MIT", "sample_rate": RATE}


def write_run(
    folder: Path,
    *,
    n_clips: int = 4,
    has_clean: bool = True,
    durations_s: tuple[float, ...] = (1.5, 2.0),
    **failed: str,
) -> Path:
    """Write the files of a run and its journal; `failed` is model -> clip_id that failed. Returns the run folder."""
    run = RunFolder(folder / "run")
    clips = [_clip(folder, i, durations_s[i % len(durations_s)], has_clean) for i in range(n_clips)]
    run.add_plan(header(), clips)
    for clip in clips:
        for model in MODELS:
            run.add_enhancement("", _enhancement(folder / "run", clip, model, failed.get(model) == clip.clip_id))
        run.add_score("", Score(clip.clip_id, "noisy", RATE, {"si_sdr": float(clip.clip_id[-1])}))
    run.close()
    return folder / "run"


def header() -> dict[str, Any]:
    return {
        "run_id": "0123456789ab",
        "models": dict.fromkeys(MODELS, FACTS),
        "lost_models": {},
        "metrics": {"si_sdr": "by hand"},
        "metrics_for": {"with_reference": ["si_sdr"], "without_reference": ["si_sdr"]},
        "report": {"baseline": "", "by": [], "dnsmos_csv": False},
    }


def request(folder: Path, **changes: Any) -> MakeRequest:
    """Return a request for a small test out of the run in `folder`."""
    given = {"design": "p835", "n_raters": 4, "sample_rate": RATE, "salt": "5a" * 32, "seed": 7, **changes}
    return MakeRequest(run_folder=folder / "run", **{"out": folder / "test", "key": folder / "test.key.json", **given})


def _clip(folder: Path, i: int, duration_s: float, has_clean: bool) -> Clip:
    name = f"talk{i}"
    clean = speech_like(duration_s, RATE, seed=i).astype(np.float64)
    noise = np.random.default_rng(i).standard_normal(len(clean)) * np.std(clean) * 10 ** (-(5 + i) / 20)
    sounds = {
        "in/clean": clean,
        "in/noisy": clean + noise,
        "run/audio/noisy": clean + noise,
        "run/audio/good": np.roll((clean + noise / 2) * 10 ** (GOOD_DB / 20), GOOD_DELAY),
        "run/audio/bad": (clean + 1.2 * noise) * 10 ** (BAD_DB / 20),
    }
    for place, sound in sounds.items():
        write_audio(folder / place / f"{name}.wav", sound, RATE, "FLOAT")
    noisy, clean_path = folder / "in/noisy" / f"{name}.wav", folder / "in/clean" / f"{name}.wav"
    return Clip(
        name,
        str(noisy),
        str(clean_path) if has_clean else "",
        RATE,
        1,
        len(clean),
        sha256_of(noisy),
        sha256_of(clean_path) if has_clean else "",
        category={"noise": ("fan", "street")[i % 2]},
    )


def _enhancement(run: Path, clip: Clip, model: str, is_failed: bool) -> Enhancement:
    if is_failed:
        return Enhancement(clip.clip_id, model, "failed", "worker_crash: it ended with signal 11")
    path = run / "audio" / model / f"{clip.clip_id}.wav"
    digest = sha256_of(path)
    return Enhancement(clip.clip_id, model, "ok", "", RATE, RATE, RATE, 1, clip.n_samples, estimate_sha256=digest)
