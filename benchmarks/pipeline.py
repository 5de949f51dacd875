"""A whole `seinfer compare` compared with bare inference and bare scoring: the cost of processes, files and tables.

    python -m benchmarks.pipeline [--clips 100] [--duration-s 5] [--models rnnoise,dpcrn-quant,dpcrn-tf,deepfilternet3]

Bare inference: each model in a process of its own, all clips in memory and at the model's rate, one call of `enhance`
per batch. Bare scoring: one process, the default metrics, all files that the run wrote. Both include imports and
loading, which every run needs. Two ratios are printed: the processor seconds of all processes of `seinfer compare` over
the bare processor seconds, and its wall time over the bare processor seconds divided by the number of cores, which is
the best that these cores could do. The weights of the models must be here.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seinfer.audio import reading, resampling
from seinfer.backends.base import batch_limits, pad
from seinfer.core.devices import cores
from seinfer.core.process import thread_variables
from seinfer.enhancement.engines.batches import group_by_length

from .clips import SAMPLE_RATE, make_pairs
from .timing import SEINFER

MODELS = "rnnoise,dpcrn-quant,dpcrn-tf,deepfilternet3"
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100, help="number of clips")
    parser.add_argument("--duration-s", type=float, default=5.0, help="length of each clip in seconds")
    parser.add_argument("--models", default=MODELS, help="models, separated by commas")
    parser.add_argument("--bare", nargs=2, metavar=("MODEL|scoring", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        part, folder = options.bare
        bare_scoring(Path(folder)) if part == "scoring" else bare_inference(part, Path(folder))
        return
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), options.models.split(","), options.clips, options.duration_s)


def measure(folder: Path, models: list[str], n_clips: int, duration_s: float) -> None:
    """Run `seinfer compare` and each bare part once, and print the ratios."""
    make_pairs(folder / "set", n_clips, duration_s)
    compare = [*SEINFER, "compare", "--no-cost", "--no-score-cache", "--models", ",".join(models)]
    whole_s, whole_processor_s = timed([*compare, "--out", str(folder / "out"), str(folder / "set")])
    print(f"seinfer compare, {len(models)} models, {n_clips} clips of {duration_s:g} s, {cores()} cores", flush=True)
    bare_s = 0.0
    for part, part_folder in [*((model, folder / "set" / "noisy") for model in models), ("scoring", folder)]:
        _, processor_s = timed([sys.executable, "-m", "benchmarks.pipeline", "--bare", part, str(part_folder)])
        print(f"  bare {part:24}{processor_s:8.1f} s of processor", flush=True)
        bare_s += processor_s
    best_s = bare_s / cores()
    print(f"  bare, sum                {bare_s:12.1f} s of processor")
    print(
        f"  seinfer compare          {whole_processor_s:12.1f} s of processor: {whole_processor_s / bare_s:.2f} of the "
        f"bare sum\n"
        f"                           {whole_s:12.1f} s of wall time: {whole_s / best_s:.2f} of the {best_s:.1f} s that "
        f"{cores()} cores need for the bare sum"
    )


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command; return its wall seconds, and the processor seconds of it and all its children."""
    environment = {**os.environ, **thread_variables(cores())}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {run.returncode}: {run.stderr}")
    wall_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_inference(model: str, folder: Path) -> None:
    """Enhance all clips of a folder and write nothing."""
    from seinfer.enhancement.loading import load_enhancer
    from seinfer.models.registry import load_registry

    enhancer = load_enhancer(load_registry().find(model))
    clips = []
    for path in sorted(folder.iterdir()):
        decoded = reading.read(path)
        clips.append(resampling.resample(decoded.samples, decoded.sample_rate, enhancer.sample_rate)[0])
    limits = batch_limits(enhancer)
    lengths_s = [len(clip) / enhancer.sample_rate for clip in clips]
    for group in group_by_length(lengths_s, max_clips=limits.max_clips, max_batch_s=limits.max_batch_s):
        enhancer.enhance(pad([clips[index] for index in group]))


def bare_scoring(folder: Path) -> None:
    """Score all files that the run wrote; the files of one clip share one reference."""
    from seinfer.metrics.evaluate import evaluate
    from seinfer.metrics.pair import Reference
    from seinfer.metrics.table import load_table

    metrics = [load_table().metrics[name] for name in METRICS]
    outputs = sorted((folder / "out" / "audio").iterdir())  # noisy is one of them
    for path in sorted((folder / "set" / "clean").iterdir()):
        reference = Reference(reading.read(path).samples[0], SAMPLE_RATE)
        for output in outputs:
            estimate = reading.read(output / path.name).samples[0]
            evaluate(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=metrics)


if __name__ == "__main__":
    main()
