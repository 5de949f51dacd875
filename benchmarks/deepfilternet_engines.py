"""DeepFilterNet 3: seinfer's two engines (ONNX, torch) compared with the authors' package, on the CPU.

    python -m benchmarks.deepfilternet_engines WEIGHTS CLIP.wav [--threads 1] [--rounds 5]

WEIGHTS is a folder with config.ini, enc.onnx, erb_dec.onnx, df_dec.onnx and a checkpoint `*.ckpt.best`; CLIP.wav is a
mono recording at 48 kHz. All engines run in turn in each round. Printed are medians over the rounds: seconds per second
of audio, and the ratio to the package at batch 1. Processor time is the sum over all cores; it varies less than wall
time on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from seinfer.backends.base import Waveform, pad
from seinfer.backends.deepfilternet import onnx as deepfilternet
from seinfer.backends.deepfilternet import torch as deepfilternet_torch
from seinfer.models.registry import load_registry

from . import originals
from .timing import Times, time_calls

SAMPLE_RATE = 48_000
CLIP_S = 10.0
N_CLIPS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="folder of the weights")
    parser.add_argument("clip", type=Path, help="recording at 48 kHz, mono")
    parser.add_argument("--threads", type=int, default=1, help="threads of each engine")
    parser.add_argument("--rounds", type=int, default=5, help="how often each engine is timed")
    options = parser.parse_args()
    clips = cut(options.clip)
    calls = dict(all_engines(options.weights, options.threads, clips))
    report(time_calls(calls, options.rounds), options.threads)


def cut(path: Path) -> list[Waveform]:
    """Return N_CLIPS clips of CLIP_S seconds, each starting at another sample of the recording."""
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        sys.exit(f"{path}: {rate} Hz, {samples.ndim} dimension(s); expected {SAMPLE_RATE} Hz, mono")
    n_samples = round(CLIP_S * SAMPLE_RATE)
    return [np.resize(np.roll(samples, -5_000 * k), n_samples) for k in range(N_CLIPS)]


def all_engines(folder: Path, threads: int, clips: list[Waveform]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield (name, function) of each engine and batch size; each function enhances all clips."""
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
    """Return a function that enhances all clips with the authors' own `enhance`, one after the other."""
    enhance = originals.deepfilternet(folder, threads)
    return lambda: [enhance(clip) for clip in clips]


def report(times: dict[str, list[Times]], threads: int) -> None:
    """Print the medians of each engine, and their ratios to the package."""
    audio_s = N_CLIPS * CLIP_S
    medians = {
        name: [statistics.median(column) / audio_s for column in zip(*own, strict=True)] for name, own in times.items()
    }
    base = medians["package, batch 1"]
    print(f"{N_CLIPS} clips of {CLIP_S:g} s, {threads} thread(s), medians of {len(next(iter(times.values())))} rounds")
    print(f"{'':26}{'rtf':>8}{'times as fast':>15}{'processor':>12}{'times less':>12}")
    for name, (wall_s, processor_s) in medians.items():
        print(f"{name:26}{wall_s:8.4f}{base[0] / wall_s:15.2f}{processor_s:12.4f}{base[1] / processor_s:12.2f}")


if __name__ == "__main__":
    main()
