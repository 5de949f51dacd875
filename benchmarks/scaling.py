"""`seinfer compare` on one core and on two: processor time of each part, and the efficiency of the second core.

    python -m benchmarks.scaling [--clips 10] [--models rnnoise,dpcrn-quant,deepfilternet3] [--save FILE.json]

The command runs four times: with one clip of half a second, to see the time that it takes to start; with `--clips`
clips of real lengths on one core (`--threads 1`); with the same clips on two (`--threads 2 --jobs 2`); and with many
clips of half a second and one model, for the processor time of the parent process per result. The processes may use
these cores only. Efficiency is the elapsed time on one core over twice that on two.

Elapsed times are corrected for other work on the machine: the states of all threads are sampled, and the processor time
that the command used between two samples is divided by the number of cores that its runnable threads could have used.
A sample without a runnable thread counts in full. `simulate_scale` takes its costs from FILE.json. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seinfer.audio import reading
from seinfer.core.process import thread_variables

from .clips import SAMPLE_RATE, make_pairs_of
from .lengths import lengths_s
from .processes import role_of, with_descendants
from .timing import SEINFER

MODELS = "rnnoise,dpcrn-quant,deepfilternet3"
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
DNSMOS = "dnsmos_p808"
MANY_S = 0.5
"""Length of the clips of the first and the fourth run, in seconds."""
_POLL_S = 0.02
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Sampled:
    """One run of the command.

    Attributes:
        elapsed_s: seconds on the clock, corrected for other work on the machine.
        processor_s: role -> processor seconds of its processes, the start of each included.
        models_s: processor seconds of each model's process, in the order in which they started.
        before_s, after_s: processor seconds of the parent before the first child and after the last.
    """

    elapsed_s: float = 0.0
    processor_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    models_s: list[float] = field(default_factory=list)
    before_s: float = 0.0
    after_s: float = 0.0

    @property
    def total_s(self) -> float:
        """Processor seconds of all processes."""
        return sum(self.processor_s.values())


def main() -> None:
    """Measure, print the costs and the efficiency, and save them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10, help="number of clips")
    parser.add_argument("--models", default=MODELS, help="models, separated by commas; noisy is always added")
    parser.add_argument("--many", type=int, default=400, help="number of clips of the fourth run")
    parser.add_argument("--save", type=Path, help="write the measured values to this file")
    parser.add_argument("--metric-costs", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.metric_costs:
        print(json.dumps(metric_costs(options.metric_costs)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        measured = measure(Path(scratch), options.models.split(","), lengths_s(options.clips), options.many)
    print(json.dumps(measured, indent=1))
    if options.save:
        options.save.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def measure(folder: Path, models: list[str], durations_s: Sequence[float], n_many: int) -> dict[str, object]:
    """Run the command four times; return the values of the file."""
    make_pairs_of(folder / "one", [MANY_S])
    make_pairs_of(folder / "all", durations_s)
    make_pairs_of(folder / "many", [MANY_S] * n_many)
    runs = {}
    for name, clips, n_cores in (("start", "one", 1), ("1", "all", 1), ("2", "all", 2), ("many", "many", 1)):
        compare = [*SEINFER, "compare", "--no-cost", "--no-score-cache", "--metrics", ",".join(METRICS)]
        sizes = [
            "--threads",
            str(n_cores),
            "--jobs",
            str(n_cores),
            "--models",
            ",".join(models if name != "many" else models[:1]),
        ]
        runs[name] = sample([*compare, *sizes, "--out", str(folder / f"out-{name}"), str(folder / clips)], n_cores)
        found = runs[name]
        print(f"{name:6}{found.total_s:7.1f} s of processor, {found.elapsed_s:6.1f} s elapsed", dict(found.processor_s))
    return {
        "models": ["noisy", *models],
        "efficiency_2": runs["1"].elapsed_s / (2 * runs["2"].elapsed_s),
        "n_clips": len(durations_s),
        "n_many": n_many,
        "audio_s": sum(durations_s),
        "runs": {name: {**vars(found), "total_s": found.total_s} for name, found in runs.items()},
        "metrics": metric_costs_on_one_thread(folder),
        "bytes": sizes_of(folder / "out-1"),
        "bytes_many": sizes_of(folder / "out-many"),
    }


def sample(command: list[str], n_cores: int) -> Sampled:
    """Run a command on the first `n_cores` cores and sample its processes."""
    found, used_s, roles = Sampled(), dict[int, float](), dict[int, str]()
    cores = sorted(os.sched_getaffinity(0))[:n_cores]
    environment = {**os.environ, **thread_variables(1)}
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
    process = subprocess.Popen(pinned, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    last, last_used_s = time.perf_counter(), 0.0
    until_last_child_s = 0.0
    while process.poll() is None:
        n_runnable = 0
        for process_id in with_descendants(process.pid):
            now_s, runnable = threads_of(process_id)
            used_s[process_id] = max(now_s, used_s.get(process_id, 0.0))
            n_runnable += runnable
            if process_id not in roles or roles[process_id] == "other":  # its command line is known after exec
                roles[process_id] = "parent" if process_id == process.pid else role_of(process_id)
        children = {one for one, role in roles.items() if role in ("model", "scorer")}
        if not children:
            found.before_s = used_s.get(process.pid, 0.0)
        if any(Path(f"/proc/{child}/stat").exists() for child in children):
            until_last_child_s = used_s[process.pid]
        now, total_s = time.perf_counter(), sum(used_s.values())
        d_used_s, d_s = total_s - last_used_s, now - last
        found.elapsed_s += d_used_s / min(n_runnable, n_cores) if n_runnable else max(d_s, d_used_s / n_cores)
        last, last_used_s = now, total_s
        time.sleep(_POLL_S)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}")
    for process_id, seconds in used_s.items():
        found.processor_s[roles[process_id]] += seconds
    found.models_s = [used_s[one] for one, role in roles.items() if role == "model"]
    found.after_s = used_s[process.pid] - until_last_child_s
    return found


def threads_of(process_id: int) -> tuple[float, int]:
    """Return the processor seconds of a process and the number of its runnable threads; see proc_pid_stat(5)."""
    seconds, runnable = 0.0, 0
    with suppress(OSError):  # it has ended
        fields = Path(f"/proc/{process_id}/stat").read_text(errors="replace").rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) * _TICK_S
        for thread in Path(f"/proc/{process_id}/task").iterdir():
            state = (thread / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            runnable += state == "R"
    return seconds, runnable


def metric_costs_on_one_thread(folder: Path) -> dict[str, float]:
    """Call `metric_costs` in a process whose libraries use one thread, as scoring processes do."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--metric-costs", str(folder)]
    environment = {**os.environ, **thread_variables(1)}
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def metric_costs(folder: Path) -> dict[str, float]:
    """Return processor seconds for a second of audio of each metric, on clips of 5 and 10 s, in this process."""
    from seinfer.metrics.evaluate import evaluate
    from seinfer.metrics.pair import Reference
    from seinfer.metrics.table import load_table

    table = load_table().metrics
    make_pairs_of(folder / "metrics", [5.0, 10.0])
    paths = sorted((folder / "metrics" / "noisy").iterdir())
    found = {}
    for name in (*METRICS, DNSMOS):
        taken_s = []
        for _ in range(3):  # the first round loads
            taken_s.append(0.0)
            for path in paths:
                clean, noisy = (
                    reading.read(folder / "metrics" / side / path.name).samples[0] for side in ("clean", "noisy")
                )
                reference = None if name == DNSMOS else Reference(clean, SAMPLE_RATE)
                started = time.process_time()
                evaluate(reference=reference, estimate=noisy, sample_rate=SAMPLE_RATE, metrics=[table[name]])
                taken_s[-1] += time.process_time() - started
        found[name] = float(np.min(taken_s)) / 15.0
    return found


def sizes_of(out: Path) -> dict[str, int]:
    """Return the bytes of the files of a run folder: name -> bytes, all enhanced files together as "audio"."""
    files = [path for path in out.rglob("*") if path.is_file()]
    audio = sum(path.stat().st_size for path in files if "audio" in path.parts)
    return {"audio": audio, **{path.name: path.stat().st_size for path in files if path.parent == out}}


if __name__ == "__main__":
    main()
