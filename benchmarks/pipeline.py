"""A whole `seinfer compare` against its bare parts: what do process borders, files and tables cost, is time wasted?

    python -m benchmarks.pipeline [--clips 100] [--duration-s 5] [--models rnnoise,dpcrn-quant,dpcrn-tf,deepfilternet3]

Bare inference: each model loaded in a process of its own, all clips in memory and at the model's rate already, one call
of `enhance` a batch. Bare scoring: one process, the default metrics, every estimate in memory and at the scoring rate
already. Both with loading and importing, because no run can do without. What is compared is the processor seconds of
all processes together, and the wall time of `seinfer compare` with half of the bare processor seconds, which is what
two cores could do at best.
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

from .clipset import make_pairs

MODELS = "rnnoise,dpcrn-quant,dpcrn-tf,deepfilternet3"
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
RATE = 16_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--duration-s", type=float, default=5.0)
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--bare", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        what, folder = options.bare
        bare_scoring(Path(folder)) if what == "scoring" else bare_inference(what, Path(folder))
        return
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), options.models.split(","), options.clips, options.duration_s)


def measure(folder: Path, models: list[str], n_clips: int, duration_s: float) -> None:
    """Run everything once and print it."""
    make_pairs(folder / "set", n_clips, duration_s)
    compare = [
        "seinfer",
        "compare",
        "--no-score-cache",
        "--models",
        ",".join(models),
        "--out",
        str(folder / "out"),
        str(folder / "set"),
    ]
    whole_s, whole_processor_s = timed(compare)
    print(f"seinfer compare, {len(models)} models, {n_clips} clips of {duration_s:g} s, {cores()} cores", flush=True)
    bare_s = 0.0
    for what, where in [*((model, "set/noisy") for model in models), ("scoring", "")]:
        _, processor_s = timed(["benchmarks.pipeline", "--bare", what, str(folder / where)])
        print(f"  bare {what:24}{processor_s:8.1f} s of processor", flush=True)
        bare_s += processor_s
    print(f"  bare, together           {bare_s:12.1f} s of processor")
    print(
        f"  seinfer compare          {whole_processor_s:12.1f} s of processor, {whole_processor_s / bare_s:.2f} of it"
    )
    ideal_s = bare_s / cores()
    print(f"                           {whole_s:12.1f} s of wall time, {whole_s / ideal_s:.2f} of {ideal_s:.1f} s")


def timed(module: list[str]) -> tuple[float, float]:
    """Run a module in a process; return its wall seconds and the processor seconds of it and all its children."""
    environment = {**os.environ, **thread_variables(cores())}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", *module], env=environment, check=True, capture_output=True)
    wall_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_inference(model: str, folder: Path) -> None:
    """Enhance all clips of a folder and keep nothing."""
    from seinfer.enhancement.loading import load_enhancer
    from seinfer.models.registry import load_registry

    enhancer = load_enhancer(load_registry().find(model))
    clips = []
    for path in sorted(folder.iterdir()):
        decoded = reading.read(path)
        clips.append(resampling.resample(decoded.samples, decoded.sample_rate, enhancer.sample_rate)[0])
    wants = batch_limits(enhancer)
    lengths_s = [len(clip) / enhancer.sample_rate for clip in clips]
    for group in group_by_length(lengths_s, max_clips=wants.max_clips, max_batch_s=wants.max_batch_s):
        enhancer.enhance(pad([clips[index] for index in group]))


def bare_scoring(folder: Path) -> None:
    """Score what the run wrote, every model of a clip against one reference."""
    from seinfer.metrics.evaluate import evaluate
    from seinfer.metrics.pair import Reference
    from seinfer.metrics.table import load_table

    metrics = [load_table().metrics[name] for name in METRICS]
    outputs = [folder / "set" / "noisy", *sorted((folder / "out" / "audio").iterdir())]
    for path in sorted((folder / "set" / "clean").iterdir()):
        reference = Reference(reading.read(path).samples[0], RATE)
        for output in outputs:
            estimate = reading.read(output / path.name).samples[0]
            evaluate(reference=reference, estimate=estimate, sample_rate=RATE, metrics=metrics)


if __name__ == "__main__":
    main()
