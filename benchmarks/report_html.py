"""Size of report.html and the time to write it: 20 clips x 10 models, with clean files, the audio inside the page.

    python -m benchmarks.report_html [--clips 20] [--models 10] [--duration 10]

The estimates are made-up mixtures of noisy and clean, and the scores are made up: only the page is measured. It also
checks that writing the page twice gives the same bytes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.analysis.results import Results, results_of
from seinfer.audio import reading, writing
from seinfer.clips.discovery import estimate_path
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.reports.run_files import write_reports

from .clips import SAMPLE_RATE, make_pairs

METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")


def make_run(folder: Path, n_clips: int, n_models: int, duration_s: float) -> Results:
    """Write the audio files of a run, and return its results."""
    make_pairs(folder / "in", n_clips, duration_s)
    models = ["noisy", *(f"model-{i}" for i in range(1, n_models))]
    clips, enhancements, scores = [], {}, {}
    random = np.random.default_rng(0)
    for noisy_path in sorted((folder / "in" / "noisy").iterdir()):
        clean_path = folder / "in" / "clean" / noisy_path.name
        noisy, clean = (reading.read(path).samples for path in (noisy_path, clean_path))
        digests = sha256_of(noisy_path), sha256_of(clean_path)
        clip = Clip(noisy_path.stem, str(noisy_path), str(clean_path), SAMPLE_RATE, 1, noisy.shape[1], *digests)
        clips.append(clip)
        for i, model in enumerate(models):
            share = i / n_models
            path = estimate_path(folder, model, clip.clip_id)
            writing.write(path, share * clean + (1 - share) * noisy, SAMPLE_RATE, "PCM_16")
            slot = clip.clip_id, model
            enhancements[slot] = Enhancement(*slot, "ok", wall_s=1.0, estimate_sha256=sha256_of(path))
            values = {metric: float(share + random.normal(0, 0.05)) for metric in METRICS}
            scores[slot] = Score(*slot, SAMPLE_RATE, values)
    return results_of(_header(models), clips, enhancements, scores)


def _header(models: list[str]) -> dict[str, Any]:
    facts = {"license_code": "MIT", "license_weights": "MIT"}
    return {
        "models": dict.fromkeys(models, facts),
        "lost_models": {},
        "metrics": dict.fromkeys(METRICS, "made up"),
        "report": {"html": True},
    }


def main() -> None:
    """Write the page twice, and print its size and the time of the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=20, help="number of clips")
    parser.add_argument("--models", type=int, default=10, help="number of models, noisy included")
    parser.add_argument("--duration", type=float, default=10.0, help="duration of a clip in seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = make_run(folder, options.clips, options.models, options.duration)
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        write_reports(folder, results)
        taken_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        page = (folder / "report.html").read_bytes()
        write_reports(folder, results)
        is_same = (folder / "report.html").read_bytes() == page
        is_embedded = b"data:audio" in page
    place = "inside" if is_embedded else "linked"
    print(
        f"{options.clips} clips x {options.models} models of {options.duration:g} s: {len(page) / 1e6:.1f} MB, "
        f"{taken_s:.1f} s ({cpu_s:.1f} s of processor), audio {place}, {'same' if is_same else 'other'} bytes again"
    )


if __name__ == "__main__":
    main()
