"""What every model that can run here costs: time by batch size, memory, loading, size, and against its original.

    python -m benchmarks.models [--threads 2] [--models-file FILE] [--checkpoint DIR] [NAME ...]

Each model has a process of its own. Times are wall seconds for a second of audio, medians over the rounds; within a
round the batch sizes and the original project's own inference take turns, so that the ratios stand on a busy machine
too. Models whose weights are not at hand but whose packages are run with random weights, which cost the same. What is
printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import load_enhancer
from seinfer.models import weights
from seinfer.models.registry import load_registry
from seinfer.models.selection import why_not

from .originals import original_of
from .randomweights import BACKENDS, with_random_weights

CLIP_S = 5.0


@dataclass(frozen=True)
class Options:
    """What was typed."""

    names: Sequence[str]
    models_file: Sequence[Path]
    checkpoint: Path | None
    threads: int
    rounds: int
    batches: Sequence[int]
    measure: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--models-file", type=Path, action="append", default=[])
    parser.add_argument("--checkpoint", type=Path, help="folder of DeepFilterNet 3's checkpoint, for its package")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=sizes, default=sizes("1,4,8"), help="fewer where a model is slow")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = Options(**vars(parser.parse_args()))
    if options.measure:
        print(json.dumps(measured(options)))
        return
    print_head(options.batches)
    specs = load_registry(options.models_file).specs
    for name in options.names or [name for name in specs if name != "noisy"]:
        if needs_random_weights(specs[name]) or not why_not(specs[name]):
            print_row(specs[name], in_a_process_of_its_own(name, options))


def sizes(text: str) -> tuple[int, ...]:
    """Read batch sizes separated by commas."""
    return tuple(sorted(int(word) for word in text.split(",")))


def needs_random_weights(spec: ModelSpec) -> bool:
    return spec.backend in BACKENDS and why_not(spec).startswith("weights missing")


def in_a_process_of_its_own(name: str, options: Options) -> dict[str, Any]:
    """Return what `measured` finds."""
    command = [sys.executable, "-m", "benchmarks.models", "--measure", name]
    command += ["--threads", str(options.threads), "--rounds", str(options.rounds)]
    command += ["--batches", ",".join(map(str, options.batches))]
    command += [f"--models-file={path}" for path in options.models_file]
    command += [f"--checkpoint={options.checkpoint}"] if options.checkpoint else []
    environment = {**os.environ, **thread_variables(options.threads)}
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def measured(options: Options) -> dict[str, Any]:
    """Load one model and time it."""
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
        for size in options.batches:  # growing, because a process only knows the peak of its whole life
            enhancer.enhance(pad(clips[:size]))
            peaks_mib[size] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        original = original_of(spec, files, options.threads, options.checkpoint)
        ways: dict[str, tuple[Callable[[], object], int]] = {
            str(size): (lambda size=size: enhancer.enhance(pad(clips[:size])), size) for size in options.batches
        }
        if original:
            ways["original"] = (lambda: original(clips[0]), 1)
        return {
            "load_s": load_s,
            "peaks_mib": peaks_mib,
            "bytes": sum(path.stat().st_size for path in files.values()),
            "is_random": is_random,
            "seconds": in_turn(ways, options.rounds),
        }


def clips_at(sample_rate: int, n_clips: int) -> list[Waveform]:
    """Return noisy speech, each clip begun elsewhere in one of the bundled ones."""
    source = sorted((DEMO_CLIPS / "noisy").iterdir())[0]
    decoded = reading.read(source, mono=True)
    samples = resampling.resample(decoded.samples, decoded.sample_rate, sample_rate)[0]
    return [np.resize(np.roll(samples, -997 * k), round(CLIP_S * sample_rate)) for k in range(n_clips)]


def in_turn(ways: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, float]:
    """Return the median of wall seconds for a second of audio; a first round is not counted."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for counted in [False] + [True] * rounds:
        for name, (work, n_clips) in ways.items():
            started = time.perf_counter()
            work()
            if counted:
                found[name].append((time.perf_counter() - started) / (n_clips * CLIP_S))
    return {name: statistics.median(times) for name, times in found.items()}


def print_head(batches: Sequence[int]) -> None:
    names = [
        "model",
        "parameters",
        "weights MB",
        "load s",
        *(f"s for a second of audio, batch {size}" if size == batches[0] else f"batch {size}" for size in batches),
        f"peak MiB, batch {batches[0]} / {batches[-1]}",
        "times as fast as its original",
    ]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}", flush=True)


def print_row(spec: ModelSpec, found: dict[str, Any]) -> None:
    seconds, peaks = found["seconds"], found["peaks_mib"]
    cells = [
        f"`{spec.name}`" + (" (random weights)" if found["is_random"] else ""),
        f"{spec.n_parameters / 1e6:.1f} M",
        f"{found['bytes'] / 1e6:.1f}",
        f"{found['load_s']:.1f}",
        *(f"{seconds[size]:.3f}" for size in peaks),
        " / ".join(f"{mib:.0f}" for mib in (min(peaks.values()), max(peaks.values()))),
        f"{seconds['original'] / seconds['1']:.1f}" if seconds.keys() >= {"original", "1"} else "–",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
