"""Each model on a GPU: its agreement with the CPU, and its speed against the batch size. Writes benchmarks/gpu.md.

    python -m benchmarks.gpu [--batches 1,4,16,64] [--precision float32,bf16,fp16] [--models-file FILE] [NAME ...]

A model is right on the GPU if, in float32, the difference from its output on the CPU is at least 60 dB below the
signal. If one is not, the command ends with exit code 1, after it has measured all. Other precisions are compared with
float32 on the CPU too, without a limit.

Each model runs in a process of its own. Clips have 5 s. Times are medians over the rounds, which last at least a second
together, and include the transfers, but no decoding and no writing. The utilisation is the mean of what nvidia-smi
reports while the batches run; with it is the largest memory in use on the GPU, by all processes. Batches may be larger
than the backend's own limits; sizes above one that does not fit into memory are left out. A model whose weights are
missing runs with random weights if that is possible.

`--device cpu` tries the command on a machine without a GPU: it prints the table and writes no file.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seinfer.backends.base import Enhancer, Waveform, pad
from seinfer.core.devices import checked_precision
from seinfer.core.errors import SeinferError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.batch_size import is_out_of_memory
from seinfer.enhancement.loading import Loaded, load_on
from seinfer.enhancement.precision import snr_db
from seinfer.models.registry import load_registry
from seinfer.models.selection import why_not

from .models import CLIP_S, clips_at, needs_random_weights, sizes
from .random_weights import with_random_weights
from .timing import time_calls

MIN_SNR_DB = 60.0
PATH = Path(__file__).parent / "gpu.md"
_SAMPLE_S = 0.1
_WATCHED_S, _MAX_ROUNDS = 1.0, 200
_QUERY = ("utilization.gpu", "memory.used")
_LIMITS = (
    "name",
    "memory.total",
    "driver_version",
    "power.limit",
    "clocks.max.sm",
    "clocks.max.mem",
    "pcie.link.gen.max",
)


@dataclass
class Usage:
    """Samples of nvidia-smi: utilisation in percent, memory in MiB."""

    utilisation: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models; by default all that can run here")
    parser.add_argument("--batches", type=sizes, default=sizes("1,4,16,64"), help="batch sizes, separated by commas")
    parser.add_argument("--precision", default="float32,bf16,fp16", help="precisions, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="how often each batch size is timed")
    parser.add_argument("--models-file", type=Path, action="append", default=[], help="file with further models")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: a trial, without a file")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    registry = load_registry(options.models_file)
    if options.measure:
        print(json.dumps(measured(registry.find(options.names[0]), options.precision, options)))
        return
    if options.device == "cuda" and not query(_LIMITS):
        sys.exit("no NVIDIA GPU found: nvidia-smi is missing or fails; nothing was measured")
    precisions = [checked_precision(word) for word in options.precision.split(",")]
    specs = [registry.find(name) for name in options.names or registry.specs if name != "noisy"]
    lines, n_wrong = [*head(options.device)], 0
    print("\n".join(lines), flush=True)
    for spec in specs:
        for precision in precisions:
            row, is_right = measured_in_own_process(spec, precision, options)
            n_wrong += not is_right
            if row:
                lines.append(row)
                print(row, flush=True)
    if options.device == "cuda":
        PATH.write_text("\n".join([*lines, ""]), encoding="utf-8")
    if n_wrong:
        sys.exit(f"{n_wrong} rows: the model failed, or differs from the CPU by more than -{MIN_SNR_DB:g} dB")


def head(device: str) -> Iterator[str]:
    """Yield the lines before the rows."""
    limits = query(_LIMITS) if device == "cuda" else ["no GPU: a trial on the CPU"]
    yield "# Models on a GPU"
    yield ""
    yield f"Written by `python -m benchmarks.gpu`: clips of {CLIP_S:g} s, Python {platform.python_version()}."
    yield f"Limits of the device: {', '.join(f'{n} {v}' for n, v in zip(_LIMITS, limits, strict=False))}."
    yield ""
    names = ["model", "precision", "device", "dB to the CPU", "batch: clips/s, rtf, utilisation, memory MiB", "note"]
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"


def measured_in_own_process(spec: ModelSpec, precision: str, options: argparse.Namespace) -> tuple[str, bool]:
    """Return the result of `measured` in a new process, which leaves no memory of the GPU in use."""
    command = [sys.executable, "-m", "benchmarks.gpu", "--measure", spec.name]
    command += ["--precision", precision, "--device", options.device, "--rounds", str(options.rounds)]
    command += ["--batches", ",".join(map(str, options.batches))]
    command += [f"--models-file={path}" for path in options.models_file]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        return row_of(spec, precision, note=f"failed with exit code {run.returncode}"), False
    row, is_right = json.loads(run.stdout.splitlines()[-1])
    return row, is_right


def measured(spec: ModelSpec, precision: str, options: argparse.Namespace) -> tuple[str, bool]:
    """Return the row of a model in one precision, and whether its output is right; no row if there is nothing to say.

    Only torch models have several precisions: the others have one row.
    """
    with tempfile.TemporaryDirectory() as folder:
        is_random = needs_random_weights(spec)
        if not is_random and (reason := why_not(spec)):
            return (row_of(spec, precision, note=f"not run: {reason}") if precision == "float32" else ""), True
        used = with_random_weights(spec, Path(folder)) if is_random else spec
        try:
            loaded = load_on(used, device=options.device, precision=precision)
            reference = load_on(used, device="cpu").enhancer
        except SeinferError as error:
            return row_of(spec, precision, note=f"not run: {error}"), True
        if loaded.precision.name != precision:
            return "", True
        if loaded.device != options.device:
            return row_of(spec, precision, loaded.device, note=loaded.note), True
        return measured_row(spec, loaded, reference, options, "random weights" if is_random else "")


def measured_row(
    spec: ModelSpec, loaded: Loaded, reference: Enhancer, options: argparse.Namespace, note: str
) -> tuple[str, bool]:
    """Return the row of a loaded model, and whether its output is right."""
    clips = clips_at(reference.sample_rate or 16_000, max(options.batches))
    agreement_db = agreement(loaded.enhancer, reference, clips[:4])
    cells = []
    for size in options.batches:
        try:
            cells.append(speed(loaded, clips[:size], options.rounds))
        except Exception as error:
            # The frameworks' errors have no common base class.
            if not is_out_of_memory(error):
                raise
            cells.append(f"{size}: out of memory")
            break
    notes = "; ".join(filter(None, (note, loaded.note)))
    name = loaded.precision.name
    row = row_of(spec, name, loaded.device, f"{agreement_db:.1f}", "; ".join(cells), notes)
    return row, name != "float32" or agreement_db >= MIN_SNR_DB


def agreement(enhancer: Enhancer, reference: Enhancer, clips: Sequence[Waveform]) -> float:
    """Return the lowest signal-to-noise ratio of clips in one batch against the same clips on the CPU, in dB."""
    batch = pad(clips)
    pairs = zip(reference.enhance(batch), enhancer.enhance(batch), strict=True)
    return min(snr_db(np.asarray(exact)[None], np.asarray(found)[None]) for exact, found in pairs)


def speed(loaded: Loaded, clips: Sequence[Waveform], rounds: int) -> str:
    """Return the speed of one batch size, as a cell."""
    batch = pad(clips)
    loaded.enhancer.enhance(batch)
    started = time.perf_counter()
    loaded.enhancer.enhance(batch)
    rounds = max(rounds, min(_MAX_ROUNDS, math.ceil(_WATCHED_S / (time.perf_counter() - started))))
    with watched(loaded.device) as usage:
        times = time_calls({"batch": lambda: loaded.enhancer.enhance(batch)}, rounds)["batch"]
    wall_s = statistics.median(one.wall_s for one in times)
    share = f"{statistics.fmean(usage.utilisation):.0f} %" if usage.utilisation else "–"
    memory = f"{max(usage.memory_mib):.0f}" if usage.memory_mib else "–"
    return f"{len(clips)}: {len(clips) / wall_s:.1f}, {wall_s / (len(clips) * CLIP_S):.4f}, {share}, {memory}"


@contextmanager
def watched(device: str) -> Iterator[Usage]:
    """Sample the GPU in a thread while the work is done; no samples on the CPU."""
    usage, is_done = Usage(), threading.Event()

    def sample() -> None:
        while not is_done.wait(_SAMPLE_S):
            if len(values := query(_QUERY)) == len(_QUERY):
                usage.utilisation.append(float(values[0]))
                usage.memory_mib.append(float(values[1]))

    thread = threading.Thread(target=sample, daemon=True)
    if device == "cuda":
        thread.start()
    try:
        yield usage
    finally:
        is_done.set()
        if thread.is_alive():
            thread.join()


def query(names: Sequence[str]) -> list[str]:
    """Return values of the first GPU from nvidia-smi; empty if there is none."""
    command = ["nvidia-smi", f"--query-gpu={','.join(names)}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [value.strip() for value in answer.stdout.splitlines()[0].split(",")] if answer.stdout.strip() else []


def row_of(
    spec: ModelSpec, precision: str, device: str = "–", agreement_db: str = "–", cells: str = "–", note: str = ""
) -> str:
    return f"| `{spec.name}` | {precision} | {device} | {agreement_db} | {cells} | {note} |"


if __name__ == "__main__":
    main()
