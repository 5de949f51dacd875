"""`seinfer bench`: cost of each model on this machine, and with --streaming the time of each hop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import UsageError
from ..core.exit_codes import ALL_DONE, PARTLY_FAILED
from ..core.files import write_csv
from ..core.records import BASELINE
from ..core.streams import print_json, print_message
from . import completion, resolve
from .options import Config, Device, Json, ModelsFile, Option

if TYPE_CHECKING:
    from ..analysis.results import Results
    from ..core.records import ModelSpec


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", autocompletion=completion.models_to_list, help="Models to measure."),
    ] = None,
    models: Annotated[
        str,
        typer.Option(
            "--models", autocompletion=completion.models, help="all, or names separated by commas; by default all."
        ),
    ] = "",
    streaming: Annotated[
        bool,
        typer.Option("--streaming", help="Measure the time of each hop, and whether it is real time."),
    ] = False,
    clip: Annotated[
        Path | None, typer.Option("--clip", metavar="FILE", help="A recording of yours; by default a bundled one.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="RUN_DIR", help="Also compare the costs with the quality in this scored run."),
    ] = None,
    estimate: Annotated[
        str,
        typer.Option(
            "--estimate", metavar="CLIPSxSECONDSs", help="Hours, memory and disk for so many clips: 1000000x5s."
        ),
    ] = "",
    machines: Annotated[int, typer.Option("--machines", min=1, help="With --estimate: number of machines.")] = 1,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Also write a CSV file.")] = None,
    device: Device = "auto",
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Measure with so many cores; by default with 1 and with all.")
    ] = None,
    models_file: ModelsFile = None,
    option: Option = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Measure what each model costs on this machine: time, memory, size; or whether it runs in real time."""
    from ..analysis.estimate import parse_job
    from ..core.devices import cores
    from ..models.options import with_options
    from ..pipeline.bench import BenchRequest, measure_streams, run_bench
    from ..pipeline.journal import read_journal
    from ..reports import bench as tables
    from ..reports.progress import ProgressBars

    _check(streaming=streaming, others=bool(run or estimate or threads), machines=machines, estimate=estimate)
    job = parse_job(estimate) if estimate else None
    results = read_journal(run).results() if run else None
    chosen = ",".join([*(names or ()), *filter(None, [models])]) or (",".join(_measurable(results)) if results else "")
    request = BenchRequest(
        specs=tuple(with_options(_specs(chosen or "all", models_file), resolve.model_settings(option))),
        threads=(threads,) if threads else tuple(dict.fromkeys((1, cores()))),
        device=resolve.device(device),
        clip=clip,
        results=results,
        job=job,
        machines=machines,
    )
    with ProgressBars() as progress:
        report = None if streaming else run_bench(request, progress)
        streams = list(measure_streams(request, progress)) if streaming else []
    if csv:
        columns = tables.BENCH if report else tables.STREAMING
        write_csv(csv, list(columns), tables.bench_rows(report.costs) if report else tables.stream_rows(streams))
    if json:
        print_json(tables.bench_document(report) if report else tables.stream_document(streams))
    elif report:
        tables.print_bench(report)
    else:
        tables.print_streams(streams)
    failed = [cost for cost in (report.costs if report else streams) if cost.error]
    raise typer.Exit(PARTLY_FAILED if failed else ALL_DONE)


def _check(*, streaming: bool, others: bool, machines: int, estimate: str) -> None:
    """Refuse options that have no effect together.

    Raises:
        UsageError: there are such.
    """
    if streaming and others:
        raise UsageError(
            "--streaming measures on one thread and has no --run, --estimate or --threads; leave these out"
        )
    if machines != 1 and not estimate:
        raise UsageError(f"--machines is {machines}, but there is no --estimate; expected also --estimate 1000000x5s")


def _measurable(results: Results) -> list[str]:
    """Return the models of a run that were not only read from files of another program."""
    return [name for name in results.models if name != BASELINE and "n_parameters" in results.header["models"][name]]


def _specs(names: str, models_file: list[Path] | None) -> tuple[ModelSpec, ...]:
    """Return the models to measure; a model that cannot run here is left out if it was not named.

    Raises:
        UsageError, MissingExtraError, MissingWeightsError: see `models.selection.select`.
    """
    from ..models.selection import open_registry, select_without_baseline

    chosen = select_without_baseline(open_registry(models_file or ()), names)
    if chosen.not_run:
        print_message(f"not installed here: {', '.join(chosen.not_run)}; `seinfer models` says what they need")
    return chosen.specs
