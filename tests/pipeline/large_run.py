"""A run of many simulated clips: writes its journal, reads it, and writes all tables, in a process of its own.

    python -m tests.pipeline.large_run FOLDER CLIPS [MODELS]

Nothing is enhanced or scored; everything else is the code of a real run. Prints the largest resident memory in MiB.
There are 3 models unless stated otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from seinfer.core.hashing import fingerprint
from seinfer.core.processor_time import peak_rss_mib
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.core.streams import print_message
from seinfer.pipeline.journal import RunFolder, read_journal

N_MODELS = 3
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi")
_FACTS = {"license_code": "MIT", "license_weights": "MIT", "sample_rate": 16_000}
_N_SAMPLES = 80_000


def clips(n_clips: int) -> Iterator[Clip]:
    """Yield clips with paths, digests and categories as long as those of a large set."""
    for i in range(n_clips):
        clip_id = f"speaker{i // 100:05}/book_{i:08}_reader_{i % 997:05}_snr5"
        digest = fingerprint(i) * 2
        paths = (f"/data/set/noisy_fullband/{clip_id}.wav", f"/data/set/clean_fullband/{clip_id}.wav")
        category = {"snr_db": "5", "noise": f"bus {i % 9}"}
        yield Clip(clip_id, *paths, 16_000, 1, _N_SAMPLES + i % 5000, digest, digest[::-1], "", category)


def models(n_models: int) -> list[str]:
    """Return names of models, the first of which is the unprocessed input."""
    return ["noisy", *(f"simulated-{k}" for k in range(1, n_models))]


def header(n_models: int) -> dict[str, Any]:
    """Return the part of the header that the tables need."""
    return {
        "run_id": "large",
        "models": dict.fromkeys(models(n_models), _FACTS),
        "lost_models": {},
        "settings": {"score_sample_rate": 16_000},
        "metrics": dict.fromkeys(METRICS, "simulated"),
        "metrics_for": {"with_reference": list(METRICS), "without_reference": []},
    }


def write_journal(folder: Path, n_clips: int, n_models: int) -> None:
    """Write the journal as a run does, one model after the other."""
    with closing(RunFolder(folder)) as run:
        run.add_plan(header(n_models), list(clips(n_clips)))
        for k, model in enumerate(models(n_models)):
            for i, clip in enumerate(run.journal.clips):
                key = fingerprint(model, i)
                run.add_enhancement(key, _enhancement(clip, model, key * 2, i))
                run.add_score(key, _score(clip, model, i, k))
        run.add_plan(header(n_models), run.journal.clips)


def _enhancement(clip: Clip, model: str, digest: str, i: int) -> Enhancement:
    numbers = (16_000, 16_000, 16_000, 1, clip.n_samples, 0, 0.001 * (i % 97), 200 + i % 3 / 7)
    return Enhancement(clip.clip_id, model, "ok", "", *numbers, digest, 0.002 * (i % 89), 8)


def _score(clip: Clip, model: str, i: int, k: int) -> Score:
    values = dict.fromkeys(METRICS, k + i * (k + 3) % 1009 / 1009)
    return Score(clip.clip_id, model, 16_000, values, {}, 0, (i % 31) / 7, 0)


def write_tables(folder: Path) -> None:
    """Read the journal and write all files that are made of it, as `seinfer report` does."""
    from seinfer.reports.run_files import write_reports

    write_reports(folder, read_journal(folder).results())


def main(folder: Path, n_clips: int, n_models: int = N_MODELS) -> None:
    """Write a run, read it again, write its tables, and print the peak memory."""
    write_journal(folder, n_clips, n_models)
    print_message(f"journal written: {peak_rss_mib():.0f} MiB")
    write_tables(folder)
    print_message(f"tables written: {peak_rss_mib():.0f} MiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
