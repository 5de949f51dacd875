"""Quality of a scored run against the costs that `seinfer bench` measured: one row per model.

The Pareto line is that of pareto.py, with rtf of one clip at a time from the benchmark in place of the run's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..core.records import BASELINE, Cost
from ..enhancement.bench import BenchCost
from .leaderboard import leaderboard
from .pareto import pareto_line
from .results import Results


@dataclass(frozen=True)
class QualityCost:
    """Quality and cost of one model. The field names are keys of `bench --run --json`.

    Attributes:
        model: name.
        means: metric -> mean over the clips that all models have; None without a score.
        cost: the measurement with the most threads; None if the model was not measured.
        on_line: metrics in which no cheaper or equally cheap model is better.
    """

    model: str
    means: Mapping[str, float | None]
    cost: BenchCost | None
    on_line: tuple[str, ...]


def quality_against_cost(results: Results, costs: Iterable[BenchCost]) -> list[QualityCost]:
    """Return a row for each model of the run that was measured, and one for noisy if the run has it.

    Args:
        results: the run.
        costs: measurements; of several with different threads the one with the most counts.
    """
    widest: dict[str, BenchCost] = {}
    for cost in costs:
        if cost.measured and (cost.model not in widest or cost.threads > widest[cost.model].threads):
            widest[cost.model] = cost
    own = replace(results, costs={model: as_cost(cost) for model, cost in widest.items()})
    rows = [row for row in leaderboard(own) if row.model in widest or row.model == BASELINE]
    lines = {metric: pareto_line(own, rows, metric).on_line for metric in own.metrics}
    return [
        QualityCost(
            row.model,
            {
                metric: figure.summary.interval.mean if figure.summary else None
                for metric, figure in row.figures.items()
            },
            widest.get(row.model),
            tuple(metric for metric, on_line in lines.items() if row.model in on_line),
        )
        for row in rows
    ]


def as_cost(cost: BenchCost) -> Cost:
    """Return the figures of one clip at a time in the form that the tables of a run use."""
    alone = cost.measured[0]
    return Cost(
        cost.model,
        device=cost.device,
        threads=cost.threads,
        processor=cost.processor,
        clip_s=cost.clip_s,
        rtf=alone.rtf,
        rtf_low=alone.rtf_low,
        rtf_high=alone.rtf_high,
        n_repeats=alone.n_repeats,
        is_busy=alone.is_busy,
        peak_rss_mib=alone.peak_rss_mib,
        cpu_share=(alone.cpu_s_per_s or 0.0) / alone.rtf,
    )
