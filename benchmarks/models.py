"""Cost of each model that can run here: time by batch size, memory, loading time, size; compared with its original.

    python -m benchmarks.models [--threads 2] [--models-file FILE] [--checkpoint DIR] [NAME ...]

Each model runs in a process of its own. Times are wall seconds per second of audio, medians over the rounds. In each
round the batch sizes and the original project's own inference run in turn, so that their ratios also hold on a busy
machine. A model whose packages are installed but whose weights are missing runs with random weights, which cost the
same. The output is a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.audio import reading, resampling
from seinfer.backends.base import Waveform, pad
from seinfer.clips.discovery import DEMO_CLIPS
from seinfer.core.process import thread_variables
from seinfer.core.processor_time import peak_rss_mib
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import load_enhancer
from seinfer.models import weights
from seinfer.models.registry import load_registry
from seinfer.models.selection import why_not

from .originals import original_of
from .random_weights import BACKENDS, with_random_weights
from .timing import time_calls

CLIP_S = 5.0


@dataclass(frozen=True)
class Options:
    """Values of the command line."""

    names: Sequence[str]
    models_file: Sequence[Path]
    checkpoint: Path | None
    threads: int
    rounds: int
    batches: Sequence[int]
    measure: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models; by default all that can run here")
    parser.add_argument("--models-file", type=Path, action="append", default=[], help="file with further models")
    parser.add_argument("--checkpoint", type=Path, help="folder of DeepFilterNet 3's checkpoint, for its package")
    parser.add_argument("--threads", type=int, default=2, help="threads of each model")
    parser.add_argument("--rounds", type=int, default=3, help="how often each batch size is timed")
    parser.add_argument("--batches", type=sizes, default=sizes("1,4,8"), help="batch sizes, separated by commas")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = Options(**vars(parser.parse_args()))
    if options.measure:
        print(json.dumps(measure(options)))
        return
    print_head(options.batches)
    specs = load_registry(options.models_file).specs
    for name in options.names or [name for name in specs if name != "noisy"]:
        if needs_random_weights(specs[name]) or not why_not(specs[name]):
            print_row(specs[name], measure_in_own_process(name, options))


def sizes(text: str) -> tuple[int, ...]:
    """Read batch sizes separated by commas."""
    return tuple(sorted(int(word) for word in text.split(",")))


def needs_random_weights(spec: ModelSpec) -> bool:
    return spec.backend in BACKENDS and why_not(spec).startswith("weights missing")


def measure_in_own_process(name: str, options: Options) -> dict[str, Any]:
    """Return the result of `measure` in a new process, whose peak memory is that of this model alone."""
    command = [sys.executable, "-m", "benchmarks.models", "--measure", name]
    command += ["--threads", str(options.threads), "--rounds", str(options.rounds)]
    command += ["--batches", ",".join(map(str, options.batches))]
    command += [f"--models-file={path}" for path in options.models_file]
    command += [f"--checkpoint={options.checkpoint}"] if options.checkpoint else []
    environment = {**os.environ, **thread_variables(options.threads)}
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def measure(options: Options) -> dict[str, Any]:
    """Load one model, time it, and return the values of its row."""
    spec = load_registry(options.models_file).find(options.names[0])
    with tempfile.TemporaryDirectory() as folder:
        is_random = needs_random_weights(spec)
        if is_random:
            spec = with_random_weights(spec, Path(folder))
        started = time.perf_counter()
        enhancer = load_enhancer(spec, threads=options.threads)
        load_s = time.perf_counter() - started
        files = weights.locate(spec)
        clips = clips_at(enhancer.sample_rate, max(options.batches))
        peaks_mib = {}
        for size in options.batches:  # in growing order: the system only reports the peak of the whole process
            enhancer.enhance(pad(clips[:size]))
            peaks_mib[size] = peak_rss_mib()
        original = original_of(spec, files, options.threads, options.checkpoint)
        calls: dict[str, Callable[[], object]] = {
            str(size): lambda size=size: enhancer.enhance(pad(clips[:size])) for size in options.batches
        }
        if original:
            calls["original"] = lambda: original(clips[0])
        return {
            "load_s": load_s,
            "peaks_mib": peaks_mib,
            "bytes": sum(path.stat().st_size for path in files.values()),
            "is_random": is_random,
            "seconds": median_seconds(calls, options.rounds),
        }


def clips_at(sample_rate: int, n_clips: int) -> list[Waveform]:
    """Return clips of noisy speech: one of the bundled clips, each time starting at another sample."""
    source = sorted((DEMO_CLIPS / "noisy").iterdir())[0]
    decoded = reading.read(source, mono=True)
    samples = resampling.resample(decoded.samples, decoded.sample_rate, sample_rate)[0]
    return [np.resize(np.roll(samples, -997 * k), round(CLIP_S * sample_rate)) for k in range(n_clips)]


def median_seconds(calls: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, float]:
    """Return name -> wall seconds per second of audio, median of the rounds; names of batches are their sizes."""
    times = time_calls(calls, n_rounds)
    n_clips = {name: int(name) if name.isdecimal() else 1 for name in calls}
    return {
        name: statistics.median(one.wall_s for one in own) / (n_clips[name] * CLIP_S) for name, own in times.items()
    }


def print_head(batches: Sequence[int]) -> None:
    names = [
        "model",
        "parameters",
        "weights MB",
        "load s",
        *(f"s per second of audio, batch {size}" if size == batches[0] else f"batch {size}" for size in batches),
        f"peak MiB, batch {batches[0]} / {batches[-1]}",
        "times as fast as its original",
    ]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}", flush=True)


def print_row(spec: ModelSpec, found: dict[str, Any]) -> None:
    seconds, peaks = found["seconds"], found["peaks_mib"]
    cells = [
        f"`{spec.name}`" + (" (random weights)" if found["is_random"] else ""),
        f"{(spec.n_parameters or 0) / 1e6:.1f} M",
        f"{found['bytes'] / 1e6:.1f}",
        f"{found['load_s']:.1f}",
        *(f"{seconds[size]:.3f}" for size in peaks),
        " / ".join(f"{mib:.0f}" for mib in (min(peaks.values()), max(peaks.values()))),
        f"{seconds['original'] / seconds['1']:.1f}" if seconds.keys() >= {"original", "1"} else "–",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
