"""How long DeepFilterNet 3 takes: the authors' package against seinfer's two engines, side by side in one run.

    python -m benchmarks.deepfilternet_engines WEIGHTS CLIP.wav [--threads 1] [--rounds 5]

WEIGHTS holds config.ini, enc.onnx, erb_dec.onnx, df_dec.onnx and a checkpoint, `*.ckpt.best`. The ways take turns
within a round, so that a busy machine is unfair to none of them. The figures are medians over the rounds of seconds
for a second of audio, and the ratio to the package at batch 1. Processor time counts what all cores did; it is the
steadier one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from seinfer.backends.base import Waveform, pad
from seinfer.backends.deepfilternet import onnx as deepfilternet
from seinfer.backends.deepfilternet import torch as deepfilternet_torch
from seinfer.models.registry import load_registry

from . import originals

SAMPLE_RATE = 48_000
CLIP_S = 10.0
N_CLIPS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    clips = cut(options.clip)
    ways = dict(all_ways(options.weights, options.threads, clips))
    report(measure(ways, options.rounds), options.threads)


def cut(path: Path) -> list[Waveform]:
    """Return N_CLIPS clips of CLIP_S seconds, each begun elsewhere in the recording."""
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        sys.exit(f"{path}: {rate} Hz, {samples.ndim} axes; expected {SAMPLE_RATE} Hz, mono")
    n_samples = round(CLIP_S * SAMPLE_RATE)
    return [np.resize(np.roll(samples, -5_000 * k), n_samples) for k in range(N_CLIPS)]


def all_ways(folder: Path, threads: int, clips: list[Waveform]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield (name, work), each of which enhances all the clips."""
    specs = load_registry().specs
    [checkpoint] = folder.glob("*.ckpt.best")
    graphs = {name: folder / name for name in deepfilternet.FILES}
    onnx = deepfilternet.load(specs["deepfilternet3"], graphs, device="cpu", threads=threads)
    tensors = {"config.ini": folder / "config.ini", checkpoint.name: checkpoint}
    torch = deepfilternet_torch.load(specs["deepfilternet3-torch"], tensors, device="cpu", threads=threads)
    yield "package, batch 1", package(folder, clips, threads)
    for name, enhancer in (("seinfer onnx", onnx), ("seinfer torch", torch)):
        yield f"{name}, batch 1", lambda enhancer=enhancer: [enhancer.enhance(pad([clip])) for clip in clips]
        yield f"{name}, batch {N_CLIPS}", lambda enhancer=enhancer: enhancer.enhance(pad(clips))


def package(folder: Path, clips: list[Waveform], threads: int) -> Callable[[], object]:
    """Return work that the authors' own `enhance` does, each layer over the threads."""
    enhance = originals.deepfilternet(folder, threads)
    return lambda: [enhance(clip) for clip in clips]


def measure(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return name -> (wall seconds, processor seconds) of each round; an extra first one is not counted."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for counted in [False] + [True] * rounds:
        for name, work in ways.items():
            wall_s, processor_s = time.perf_counter(), time.process_time()
            work()
            if counted:
                found[name].append((time.perf_counter() - wall_s, time.process_time() - processor_s))
    return found


def report(found: dict[str, list[tuple[float, float]]], threads: int) -> None:
    audio_s = N_CLIPS * CLIP_S
    medians = {
        name: [statistics.median(column) / audio_s for column in zip(*times, strict=True)]
        for name, times in found.items()
    }
    base = medians["package, batch 1"]
    print(f"{N_CLIPS} clips of {CLIP_S:g} s, {threads} thread(s), medians of {len(next(iter(found.values())))} rounds")
    print(f"{'':26}{'rtf':>8}{'times faster':>14}{'processor':>12}{'times less':>12}")
    for name, (wall_s, processor_s) in medians.items():
        print(f"{name:26}{wall_s:8.4f}{base[0] / wall_s:14.2f}{processor_s:12.4f}{base[1] / processor_s:12.2f}")


if __name__ == "__main__":
    main()
