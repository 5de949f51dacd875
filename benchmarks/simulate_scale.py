"""Simulation of `seinfer compare` on 1 to 1,000 workers: elapsed time, efficiency, and the cause of the loss.

    python -m benchmarks.simulate_scale [--clips 10000 50000] [--figure docs/images/scale.svg]

The costs are those that `benchmarks.scaling` measured (scale_costs.json), the lengths those of real speech
(lengths.py), and the rule of scheduling that of seinfer (scale_model.py). Nothing is random: the same files give the
same output. First the simulated elapsed time on one core and on two is compared with the measured one.

Efficiency is the elapsed time on one worker over n times that on n workers. A worker is a core; the parent process has
a core of its own besides them. With `--shards`, each shard is a run with its own parent, its share of the workers, and
its share of the clips; the run ends with its last shard.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .lengths import lengths_s
from .scale_model import Cluster, Costs, ModelCost, Outcome, simulate
from .scaling import MANY_S

MEASURED = Path(__file__).with_name("scale_costs.json")
WORKERS = (1, 2, 10, 20, 50, 100, 200, 500, 1000)
SHARDS = (1, 10)
HEADINGS = ("workers", "minutes", "efficiency", "parent busy", "starts", "idle", "parent alone")
LIMITS = {"noisy": (8, 60.0), "rnnoise": (4, 120.0), "dpcrn-quant": (4, 60.0), "deepfilternet3": (4, 60.0)}
"""Largest batch of each model on one thread: clips, seconds of audio."""


def main() -> None:
    """Print the check against the measurement, and a table for each size; draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[10_000, 50_000], help="numbers of clips")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="numbers of workers")
    parser.add_argument("--shards", type=int, nargs="+", default=SHARDS, help="numbers of shards")
    parser.add_argument("--result-ms", type=float, help="parent, for a result and its score; default: as measured")
    parser.add_argument("--figure", type=Path, help="write the figure to this file")
    options = parser.parse_args()
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    print_check(measured)
    costs = costs_of(measured)
    if options.result_ms:
        costs = replace(costs, result_s=options.result_ms / 1000)
    lines: dict[tuple[int, int], dict[int, float]] = {}
    for n_clips in options.clips:
        one = simulate(costs, lengths_s(n_clips), Cluster(1))
        for n_shards in options.shards:
            lines[n_clips, n_shards] = print_table(costs, n_clips, n_shards, options.workers, one)
    if options.figure:
        draw(lines, options.figure)


def costs_of(measured: Mapping[str, Any]) -> Costs:
    """Return the costs that the four measured runs show.

    The start of each process is that of the run with one clip of half a second; the rest is for the audio. The start,
    the tables and the results of the parent are told apart by the run with many clips.
    """
    runs, audio_s = measured["runs"], measured["audio_s"]
    start, one, many = runs["start"], runs["1"], runs["many"]
    n_models, n_many, n_rows = len(measured["models"]), measured["n_many"], 2 * measured["n_many"]
    models = tuple(
        ModelCost(name, max(0.0, whole_s - start_s) / audio_s, start_s, *LIMITS[name])
        for name, whole_s, start_s in zip(measured["models"], one["models_s"], start["models_s"], strict=True)
    )
    scorer_start_s = start["processor_s"]["scorer"]
    long_s = (one["processor_s"]["scorer"] - scorer_start_s) / (measured["n_clips"] * n_models)
    short_s = (many["processor_s"]["scorer"] - scorer_start_s) / n_rows
    scoring_s_per_s = (long_s - short_s) / (audio_s / measured["n_clips"] - MANY_S)
    return Costs(
        models,
        scoring_s_per_s=scoring_s_per_s,
        scoring_start_s=scorer_start_s,
        scoring_clip_s=short_s - MANY_S * scoring_s_per_s,
        before_s=start["before_s"],
        before_clip_s=max(0.0, many["before_s"] - start["before_s"]) / n_many,
        result_s=(_loop_s(many) - _loop_s(start)) / n_rows,
        after_s=start["after_s"],
        after_row_s=max(0.0, many["after_s"] - start["after_s"]) / n_rows,
    )


def _loop_s(run: Mapping[str, Any]) -> float:
    """Return processor seconds of the parent while it had children."""
    seconds: float = run["processor_s"]["parent"] - run["before_s"] - run["after_s"]
    return seconds


def print_check(measured: Mapping[str, Any]) -> None:
    """Compare simulated and measured elapsed time on one core and on two."""
    for n_cores, (simulated_s, measured_s) in check(measured).items():
        print(f"{n_cores} cores: {simulated_s:.1f} s simulated, {measured_s:.1f} s measured, "
              f"{simulated_s / measured_s - 1:+.1%}")  # fmt: skip


def check(measured: Mapping[str, Any]) -> dict[int, tuple[float, float]]:
    """Return number of cores -> simulated and measured elapsed seconds of the measured runs."""
    costs, lengths = costs_of(measured), lengths_s(measured["n_clips"])
    return {
        n_cores: (
            simulate(costs, lengths, Cluster(n_cores, jobs=n_cores, parent_has_core=False)).elapsed_s,
            measured["runs"][str(n_cores)]["elapsed_s"],
        )
        for n_cores in (1, 2)
    }


def print_table(costs: Costs, n_clips: int, n_shards: int, workers: Sequence[int], one: Outcome) -> dict[int, float]:
    """Print a line for each number of workers; return workers -> efficiency.

    "parent busy" and "parent alone" are shares of the elapsed time, "starts" and "idle" of the time of all workers.
    """
    hours = one.elapsed_s / 3600
    print(f"\n{n_clips:,} clips, {len(costs.models)} models, {n_shards} shards; one worker: {hours:.2f} h\n")
    print("| " + " | ".join(HEADINGS) + " |\n" + "|---:" * len(HEADINGS) + "|")
    found = {}
    for n_workers in workers:
        if n_workers % n_shards:
            continue
        run = slowest_shard(costs, n_clips, n_shards, n_workers)
        found[n_workers] = one.elapsed_s / n_workers / run.elapsed_s
        core_s = run.elapsed_s * n_workers / n_shards
        shares = (
            run.parent_s / run.elapsed_s,
            run.start_s / core_s,
            1 - (run.work_s + run.start_s) / core_s,
            run.serial_s / run.elapsed_s,
        )
        cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
        print(f"| {n_workers:,} | {run.elapsed_s / 60:.1f} | {found[n_workers]:.3f} | {cells} |", flush=True)
    return found


def slowest_shard(costs: Costs, n_clips: int, n_shards: int, n_workers: int) -> Outcome:
    """Return the outcome of the shard that ends last; the clips are dealt out in turn, as with --shard."""
    lengths = lengths_s(n_clips)
    runs = [simulate(costs, lengths[index::n_shards], Cluster(n_workers // n_shards)) for index in range(n_shards)]
    return max(runs, key=lambda run: run.elapsed_s)


def draw(lines: Mapping[tuple[int, int], Mapping[int, float]], path: Path) -> None:
    """Draw efficiency against workers, a line for each number of clips and shards, as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "seinfer", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(6.4, 3.8), layout="constrained")
        axes = figure.add_subplot()
        for index, ((n_clips, n_shards), points) in enumerate(lines.items()):
            label = f"{n_clips:,} clips, " + ("one run" if n_shards == 1 else f"{n_shards} shards")
            axes.plot(list(points), list(points.values()), marker="os^D"[index % 4], label=label)
        axes.set(xscale="log", xlabel="workers (cores)", ylabel="efficiency", ylim=(0, 1.05))
        axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="lower left")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
