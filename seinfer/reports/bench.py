"""The tables, the JSON document and the CSV files of `seinfer bench`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..analysis.estimate import Estimate
from ..analysis.quality_cost import QualityCost
from ..core.devices import find_gpu, machine
from ..core.files import Cell
from ..enhancement.bench import BATCH_SIZES, BatchCost, BenchCost
from ..enhancement.stream_cost import StreamCost
from .terminal import console

if TYPE_CHECKING:
    from rich.table import Table

NOT_COUNTED = "not counted"


@dataclass(frozen=True)
class BenchReport:
    """What `seinfer bench` measured.

    Attributes:
        costs: a row per model and number of threads.
        metrics: of the scored run, in column order.
        quality: quality against cost; empty without a scored run.
        estimates: of a large job; empty if none is asked for.
        machines: number of machines of the estimates.
        assumptions: of the estimates, one sentence each.
    """

    costs: tuple[BenchCost, ...]
    metrics: tuple[str, ...] = ()
    quality: tuple[QualityCost, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    machines: int = 1
    assumptions: tuple[str, ...] = ()


BENCH: Mapping[str, Callable[[BenchCost, BatchCost | None], Cell]] = {
    "model": lambda cost, _: cost.model,
    "threads": lambda cost, _: cost.threads,
    "batch_size": lambda _, batch: batch.batch_size if batch else None,
    "status": lambda cost, batch: "failed" if cost.error else "not measured" if batch and batch.reason else "ok",
    "error": lambda cost, batch: cost.error or (batch.reason if batch else ""),
    "rtf": lambda _, batch: _figure(batch, lambda found: found.rtf),
    "rtf_low": lambda _, batch: _figure(batch, lambda found: found.rtf_low),
    "rtf_high": lambda _, batch: _figure(batch, lambda found: found.rtf_high),
    "n_repeats": lambda _, batch: _figure(batch, lambda found: found.n_repeats),
    "clips_per_s": lambda _, batch: _figure(batch, lambda found: found.clips_per_s),
    "cpu_s_per_s": lambda _, batch: _figure(batch, lambda found: found.cpu_s_per_s),
    "peak_rss_mib": lambda _, batch: _figure(batch, lambda found: found.peak_rss_mib),
    "machine": lambda _, batch: _figure(batch, lambda found: "busy" if found.is_busy else "quiet"),
    "load_s": lambda cost, _: cost.load_s if cost.measured else None,
    "n_parameters": lambda cost, _: cost.n_parameters,
    "weights_bytes": lambda cost, _: cost.weights_bytes,
    "macs_per_s": lambda cost, _: NOT_COUNTED if cost.macs_per_s is None else cost.macs_per_s,
    "clip_s": lambda cost, _: cost.clip_s if cost.measured else None,
    "device": lambda cost, _: cost.device,
    "processor": lambda cost, _: cost.processor,
}
"""Column -> cell; a row per model, number of threads and batch size."""


def _timed(cell: Callable[[StreamCost], Cell]) -> Callable[[StreamCost], Cell]:
    """Return a cell that is empty if the stream could not be measured."""
    return lambda cost: None if cost.error else cell(cost)


STREAMING: Mapping[str, Callable[[StreamCost], Cell]] = {
    "model": lambda cost: cost.model,
    "status": lambda cost: "failed" if cost.error else "ok",
    "error": lambda cost: cost.error,
    "real_time": lambda cost: cost.verdict or None,
    "margin": _timed(lambda cost: cost.margin),
    "hop_ms": _timed(lambda cost: cost.hop_ms),
    "p50_ms": _timed(lambda cost: cost.p50_ms),
    "p99_ms": _timed(lambda cost: cost.p99_ms),
    "worst_ms": _timed(lambda cost: cost.worst_ms),
    "cpu_p99_ms": _timed(lambda cost: cost.cpu_p99_ms),
    "n_late": _timed(lambda cost: cost.n_late),
    "n_late_cpu": _timed(lambda cost: cost.n_late_cpu),
    "n_hops": _timed(lambda cost: cost.n_hops),
    "rtf": _timed(lambda cost: cost.rtf),
    "latency_ms": lambda cost: cost.latency_ms,
    "stream_latency_ms": _timed(lambda cost: cost.stream_latency_ms),
    "peak_rss_mib": _timed(lambda cost: cost.peak_rss_mib),
    "hop_samples": _timed(lambda cost: cost.hop_samples),
    "sample_rate": _timed(lambda cost: cost.sample_rate),
    "machine": _timed(lambda cost: "busy" if cost.is_busy else "quiet"),
    "slowdown": _timed(lambda cost: cost.slowdown),
    "cpu_share": _timed(lambda cost: cost.cpu_share),
    "device": lambda cost: cost.device,
    "threads": lambda cost: cost.threads,
    "processor": lambda cost: cost.processor,
    "clip_s": _timed(lambda cost: cost.clip_s),
}
"""Column -> cell; a row per model. The fields of `StreamCost` say what they mean; `real_time` is its verdict."""


def _figure(batch: BatchCost | None, cell: Callable[[BatchCost], Cell]) -> Cell:
    return cell(batch) if batch and not batch.reason else None


def bench_rows(costs: Iterable[BenchCost]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the CSV, one for each batch size; a model that failed has one row."""
    for cost in costs:
        for batch in cost.batches or (None,):
            yield {name: cell(cost, batch) for name, cell in BENCH.items()}


def stream_rows(costs: Iterable[StreamCost]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the CSV of `bench --streaming`."""
    for cost in costs:
        yield {name: cell(cost) for name, cell in STREAMING.items()}


def bench_document(report: BenchReport) -> dict[str, Any]:
    """Return the JSON document; "quality" and "estimate" are absent if they were not asked for."""
    document: dict[str, Any] = {"machine": _machine(), "models": [_cost_document(cost) for cost in report.costs]}
    if report.quality:
        document["quality"] = [
            {"model": row.model, "means": dict(row.means), "on_line": row.on_line} for row in report.quality
        ]
    if report.estimates:
        estimates = [_known(asdict(one), one.error, "model", "error") for one in report.estimates]
        document["estimate"] = {"machines": report.machines, "models": estimates, "assumptions": report.assumptions}
    return document


def stream_document(costs: Sequence[StreamCost]) -> dict[str, Any]:
    """Return the JSON document of `bench --streaming`."""
    verdicts = [
        _known({**asdict(cost), "margin": cost.margin, "real_time": cost.verdict}, cost.error, "model", "error")
        for cost in costs
    ]
    return {"machine": _machine(), "models": verdicts}


def _cost_document(cost: BenchCost) -> dict[str, Any]:
    batches = [_known(asdict(batch), batch.reason, "batch_size", "reason") for batch in cost.batches]
    return {**_known(asdict(cost), cost.error, "model", "threads", "error"), "batches": batches}


def _known(document: Mapping[str, Any], reason: str, *kept: str) -> dict[str, Any]:
    """Return a document in which all but the keys `kept` are null if there is a reason why nothing was measured."""
    return {key: value if not reason or key in kept else None for key, value in document.items()}


def _machine() -> dict[str, Any]:
    return {**machine(), "gpu": find_gpu()}


def print_bench(report: BenchReport) -> None:
    """Print the tables of a benchmark, each with the lines that explain it."""
    _print(bench_table(report.costs), bench_notes(report.costs))
    if report.quality:
        line = "Pareto line: the metrics in which no model that is as cheap is better; means over the clips of the run."
        _print(quality_table(report.quality, report.metrics), [line])
    if report.estimates:
        failed = [f"{one.model}: no estimate: {one.error}" for one in report.estimates if one.error]
        busy = ["* measured on a busy machine: the hours are too high, the core hours hardly."]
        is_busy = any(one.is_busy for one in report.estimates)
        notes = [*report.assumptions, *failed, *(busy if is_busy else [])]
        _print(estimate_table(report.estimates, report.machines), notes)


def print_streams(costs: Sequence[StreamCost]) -> None:
    """Print the table of `bench --streaming`."""
    _print(stream_table(costs), stream_notes(costs))


def _print(table: Table, notes: Iterable[str]) -> None:
    out = console()
    if table.row_count:
        out.print(table)
        out.print()
    for note in notes:
        out.print(note, soft_wrap=True)
    out.print()


def bench_table(costs: Sequence[BenchCost]) -> Table:
    """Return the table of the terminal: a row per model and number of threads."""
    headings = ["model", "threads", "rtf", "spread", "CPU s/s", *(f"clips/s, batch {size}" for size in BATCH_SIZES)]
    headings += ["load s", "peak MiB", "parameters", "files MB", "GMAC/s"]
    return _table(headings, [_bench_cells(cost) for cost in costs if cost.measured])


def _bench_cells(cost: BenchCost) -> list[str]:
    alone = cost.measured[0]
    spread = max(alone.rtf_high - alone.rtf, alone.rtf - alone.rtf_low) / alone.rtf
    by_size = {batch.batch_size: batch for batch in cost.measured}
    return [
        cost.model,
        str(cost.threads),
        f"{alone.rtf:.3f}{'*' if alone.is_busy else ''}",
        f"±{100 * spread:.0f} %",
        "–" if alone.cpu_s_per_s is None else f"{alone.cpu_s_per_s:.3f}",
        *(_rate(by_size.get(size)) for size in BATCH_SIZES),
        f"{cost.load_s:.1f}",
        f"{max(batch.peak_rss_mib for batch in cost.measured):.0f}",
        f"{cost.n_parameters:,}" if cost.n_parameters else "–",
        f"{cost.weights_bytes / 1e6:.1f}",
        NOT_COUNTED if cost.macs_per_s is None else f"{cost.macs_per_s / 1e9:.3f}",
    ]


def _rate(batch: BatchCost | None) -> str:
    return f"{batch.clips_per_s:.3g}{'*' if batch.is_busy else ''}" if batch else "–"


def bench_notes(costs: Sequence[BenchCost]) -> Iterator[str]:
    """Yield the lines below the table."""
    done = [cost for cost in costs if cost.measured]
    if done:
        devices = ", ".join(dict.fromkeys(cost.device for cost in done))
        yield (
            f"One clip of {done[0].clip_s:.1f} s on {done[0].processor or 'this machine'} ({devices}). rtf: processing "
            "time / audio duration, one clip at a time. CPU s/s: processor seconds for a second of audio. GMAC/s: "
            "10^9 multiply-accumulates for a second of audio."
        )
    if any(batch.is_busy for cost in done for batch in cost.measured):
        yield "* the machine was busy with other work: these times are too high, CPU s/s hardly."
    absent: dict[tuple[str, str], list[str]] = {}
    for cost in costs:
        threads = "1 thread" if cost.threads == 1 else f"{cost.threads} threads"
        if cost.error:
            yield f"{cost.model}, {threads}: not measured: {cost.error}"
        for batch in cost.batches:
            if batch.reason:
                absent.setdefault((f"batch {batch.batch_size}, {threads}", batch.reason), []).append(cost.model)
    for (what, reason), models in absent.items():
        yield f"{what}: not measured: {reason}: {', '.join(models)}"


def stream_table(costs: Sequence[StreamCost]) -> Table:
    """Return the table of `bench --streaming`."""
    headings = ["model", "real time", "margin", "hop ms", "p50 ms", "p99 ms", "worst ms", "late hops", "CPU p99 ms"]
    return _table([*headings, "latency ms", "peak MiB"], [_stream_cells(cost) for cost in costs if not cost.error])


def _stream_cells(cost: StreamCost) -> list[str]:
    mark = "*" if cost.is_busy else ""
    return [
        cost.model,
        cost.verdict,
        f"{cost.margin:.1f}{mark}",
        f"{cost.hop_ms:.4g}",
        f"{cost.p50_ms:.2f}{mark}",
        f"{cost.p99_ms:.2f}{mark}",
        f"{cost.worst_ms:.2f}{mark}",
        f"{cost.n_late} of {cost.n_hops}",
        f"{cost.cpu_p99_ms:.2f}",
        f"{cost.stream_latency_ms:.4g}",
        f"{cost.peak_rss_mib:.0f}",
    ]


def stream_notes(costs: Sequence[StreamCost]) -> Iterator[str]:
    """Yield the lines below the table."""
    done = [cost for cost in costs if not cost.error]
    if done:
        devices = ", ".join(dict.fromkeys(cost.device for cost in done))
        yield (
            f"Time of each hop on one thread of {done[0].processor or 'this machine'} ({devices}). Real time: yes if "
            "no block took longer than the hop. Margin: hop / p99. Latency: algorithmic, with the hop itself."
        )
    if any(cost.is_busy for cost in done):
        yield (
            "* the machine was busy with other work: these times are too high. CPU p99: processor time, which "
            "other work hardly changes. Unclear: hops were late only because of that work."
        )
    for cost in costs:
        if cost.error:
            yield f"{cost.model}: not measured: {cost.error}"


def estimate_table(estimates: Sequence[Estimate], machines: int) -> Table:
    """Return the table of `bench --estimate`."""
    headings = ["model", "batch", "threads", "inference h", "scoring h", "total h"]
    headings += [*([f"h on {machines} machines"] if machines > 1 else []), "core h", "memory MiB", "disk GiB"]
    cells = [
        [
            f"{one.model}{'*' if one.is_busy else ''}",
            str(one.batch_size),
            str(one.threads),
            *(_hours(hours) for hours in (one.inference_h, one.scoring_h, one.total_h)),
            *([_hours(one.machines_h)] if machines > 1 else []),
            "–" if one.core_h is None else _hours(one.core_h),
            f"{one.memory_mib:,.0f}",
            f"{one.disk_gib:,.1f}",
        ]
        for one in estimates
        if not one.error
    ]
    return _table(headings, cells)


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"


def quality_table(rows: Sequence[QualityCost], metrics: Sequence[str]) -> Table:
    """Return the table of `bench --run`: quality of the run beside the costs measured now."""
    headings = ["model", *metrics, "rtf", "CPU s/s", "clips/s", "peak MiB", "Pareto line"]
    return _table(headings, [_quality_cells(row, metrics) for row in rows])


def _quality_cells(row: QualityCost, metrics: Sequence[str]) -> list[str]:
    cells = [row.model, *("–" if (mean := row.means[metric]) is None else f"{mean:.3f}" for metric in metrics)]
    fastest = row.cost.fastest if row.cost else None
    if row.cost is None or fastest is None:
        return [*cells, *["–"] * 4, ", ".join(row.on_line)]
    alone = row.cost.measured[0]
    return [
        *cells,
        f"{alone.rtf:.3f}{'*' if alone.is_busy else ''}",
        "–" if alone.cpu_s_per_s is None else f"{alone.cpu_s_per_s:.3f}",
        _rate(fastest),
        f"{fastest.peak_rss_mib:.0f}",
        ", ".join(row.on_line) or "–",
    ]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=not number)
    for row in rows:
        table.add_row(*row)
    return table
