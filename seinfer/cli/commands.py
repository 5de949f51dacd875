"""What the commands do, free of any option parser: one request, one call, one rendering, one exit code."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..analysis.ordering import check_sort
from ..analysis.results import Results
from ..audio.reading import SUBTYPES, read
from ..clips.discovery import DEMO_CLIPS, resolved
from ..clips.external import open_folder, parse_added
from ..clips.pairing import Overrides, collect
from ..clips.pairing.categories import overridden
from ..clips.pairing.trees import tree_role
from ..core.devices import available_mib, checked_device, cores, find_gpu
from ..core.errors import SeinferError, UsageError
from ..core.logs import open_log
from ..core.records import to_json
from ..enhancement.check import check
from ..enhancement.engines.local import LocalEngine
from ..enhancement.loading import load_on
from ..metrics.choice import MetricSelection, choose
from ..metrics.table import load_table
from ..models import weights
from ..models.extras import missing_packages
from ..models.options import with_options
from ..models.selection import Selection, open_registry, runnable, select
from ..pipeline.journal import read_journal
from ..pipeline.pipeline import execute
from ..pipeline.request import Request
from ..pipeline.score_folders import FolderRequest, score_folders
from ..reports.files import write_reports
from ..reports.options import TableOptions
from ..reports.progress import ProgressBars
from ..reports.rendering import render
from .models_commands import pull_one

log = logging.getLogger(__name__)

ALL_DONE, PARTLY_FAILED, INTERRUPTED = 0, 5, 130
# What a worker with a framework takes at most, by benchmarks/models.py.
_MODEL_MIB = 2560


@dataclass(frozen=True)
class Options:
    """What `run` and `compare` share."""

    inputs: Sequence[Path]
    out: Path
    device: str = "auto"
    threads: int | None = None
    resume: bool = True
    models_files: tuple[Path, ...] = ()
    mono: bool = False
    subtype: str = ""
    timeout_s: float = 300.0
    jobs: int = 1
    log_file: Path | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scoring:
    """What is scored, and against what."""

    clean: Path | None = None
    manifest: Path | None = None
    metrics: str = "auto"
    rate: str = "16000"
    categories: Overrides = field(default_factory=Overrides)
    added: Mapping[str, Path] = field(default_factory=dict)
    use_cache: bool = True


def enhance_command(options: Options, model: str, tables: TableOptions) -> int:
    """Enhance clips with one model."""
    spec = runnable(open_registry(options.models_files).find(model))
    return _run(options, Selection((spec,), {}, is_named=True), None, tables)


def compare_command(
    options: Options, models: str, scoring: Scoring, tables: TableOptions, add: Sequence[str] = ()
) -> int:
    """Enhance clips with several models, score them and compare them, with `add`ed folders "name=DIR" beside them."""
    registry = open_registry(options.models_files)
    scoring = replace(scoring, added=parse_added(add, registry.names()))
    return _run(options, select(registry, models), scoring, tables)


def _run(options: Options, selection: Selection, scoring: Scoring | None, tables: TableOptions) -> int:
    display = tables.display()
    if options.log_file:
        open_log(options.log_file)
    log.info("started", extra={"argv": sys.argv})
    selection = replace(selection, specs=with_options(selection.specs, options.settings))
    request = _request(options, selection, scoring, tables)
    engine = LocalEngine(request.device, max(1, request.threads // request.jobs), options.timeout_s)
    try:
        with ProgressBars() as progress:
            results = execute(request, engine, progress)
    except KeyboardInterrupt:
        again = shlex.join(["seinfer", *sys.argv[1:]])
        print(f"stopped; what is done is kept, go on with: {again}", file=sys.stderr)
        return INTERRUPTED
    render(results, display)
    print(closing_line(results, request.out), file=sys.stderr)
    log.info("ended", extra={"exit_code": exit_code(results)})
    return exit_code(results)


def closing_line(results: Results, out: Path) -> str:
    """Return how many estimates there are, how many failed, and where to look."""
    n_ok = sum(row.is_ok for row in results.by_clip)
    n_failed = len(results.by_clip) - n_ok + len(results.header["lost_models"])
    n_kept = results.header.get("n_kept", 0)
    kept = f" ({n_kept} of them from before)" if n_kept else ""
    where = f", see {out / 'failures.csv'}" if n_failed else ""
    return f"{n_ok} ok{kept}, {n_failed} failed{where}; written to {out}"


def _request(options: Options, selection: Selection, scoring: Scoring | None, tables: TableOptions) -> Request:
    if options.subtype and options.subtype not in SUBTYPES:
        raise UsageError(f"--subtype is {options.subtype!r}; expected one of {', '.join(SUBTYPES)}")
    resolved(options.out)  # a circle of links is refused before anything is looked for
    added = scoring.added if scoring else {}
    clips = collect(
        options.inputs,
        clean=scoring.clean if scoring else None,
        manifest=scoring.manifest if scoring else None,
        out=options.out,
        exclude=not_inputs(added.values(), options.inputs),
        categories=scoring.categories if scoring else None,
    )
    names = {clip.clip_id for clip in clips.clips}
    n_with = sum(bool(clip.clean_path) for clip in clips.clips)
    metrics = chosen_metrics(scoring.metrics, n_with, len(clips.clips) - n_with) if scoring else MetricSelection()
    check_sort(tables.sort, metrics.names)
    return Request(
        out=options.out,
        clips=clips,
        specs=selection.specs,
        not_run=selection.not_run,
        metrics=metrics,
        score_rate=chosen_rate(scoring.rate) if scoring else 0,
        mono=options.mono,
        subtype=options.subtype,
        device=chosen_device(options.device),
        threads=options.threads or cores(),
        jobs=side_by_side(options.jobs, len(selection.specs), options.threads or cores()),
        resume=options.resume,
        is_strict=selection.is_named,
        score_cache=scoring is not None and scoring.use_cache,
        added=tuple(open_folder(name, path, names, [options.out]) for name, path in added.items()),
        report=tables.settings(clips.clips, [*(spec.name for spec in selection.specs), *added]),
    )


def not_inputs(added: Iterable[Path], inputs: Iterable[Path]) -> list[Path]:
    """Return the added folders that lie within the inputs and are no clips themselves.

    The noisy or the clean side of the inputs may be added, too, and stays what it is.
    """
    roots = {path.resolve() for path in inputs}
    return [path for path in added if path.resolve() not in roots and not tree_role(f"{path.resolve().name}/x")[0]]


def side_by_side(wanted: int, n_models: int, threads: int) -> int:
    """Return how many models run at once: as many as were asked for, within the cores and the memory."""
    free_mib = available_mib()
    fitting = threads if free_mib is None else min(threads, free_mib // _MODEL_MIB)
    jobs = max(1, min(wanted, n_models, fitting))
    if jobs < min(wanted, n_models):
        print(f"jobs: {jobs} instead of {wanted} ({threads} cores, {free_mib} MiB of memory free)", file=sys.stderr)
    return jobs


def chosen_device(text: str) -> str:
    """Read the value of --device; without a GPU "auto" is the CPU, and that is said in one line."""
    if checked_device(text) == "auto" and not find_gpu():
        print("device: cpu (no NVIDIA GPU found)", file=sys.stderr)
        return "cpu"
    return text


def chosen_metrics(text: str, n_with: int, n_without: int) -> MetricSelection:
    """Read the value of --metrics, see `choose`; what is wrong with a plug-in is said on stderr."""
    for problem in load_table().problems:
        print(f"warning: {problem}", file=sys.stderr)
    return choose(text, n_with=n_with, n_without=n_without)


def chosen_rate(text: str) -> int:
    """Read the value of --score-rate; 0 stands for the clips' own rate.

    Raises:
        UsageError: it is neither "native" nor a sensible number of Hz.
    """
    if text == "native":
        return 0
    if not text.isdigit() or not 8000 <= int(text) <= 192_000:
        raise UsageError(f"--score-rate is {text!r}; expected native, or Hz from 8000 to 192000")
    return int(text)


def check_command(name: str, clip: Path | None, options: Options, *, as_json: bool) -> int:
    """Measure whether a model is wired right, on a clip of the user's or a bundled one."""
    [spec] = with_options([runnable(open_registry(options.models_files).find(name))], options.settings)
    if spec.python:
        raise UsageError(
            f"{name} runs in an interpreter of its own; check it there: {spec.python} -m seinfer check {name}"
        )
    path = clip or DEMO_CLIPS / "noisy" / "fan_16k.flac"
    decoded = read(path)
    loaded = load_on(spec, device=chosen_device(options.device), threads=options.threads)
    verdicts = list(check(loaded.enhancer, decoded.samples, decoded.sample_rate))
    if as_json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    else:
        print(f"{spec.name} on {path.name}, {loaded.device}")
        for verdict in verdicts:
            word = {True: "ok", False: "WRONG", None: "look"}[verdict.is_good]
            print(f"  {word:6}{verdict.question}: {verdict.measured} (expected {verdict.expected})")
    return PARTLY_FAILED if any(verdict.is_good is False for verdict in verdicts) else ALL_DONE


def report_command(
    run_folder: Path, tables: TableOptions, metrics: str = "", categories: Overrides | None = None
) -> int:
    """Rebuild the tables of a run folder from its journal; what is not given stays as the run had it."""
    display, journal = tables.display(metrics), read_journal(run_folder)
    if categories:
        clips = [to_json(clip) for clip in overridden(journal.clips, categories)]
        journal.plan = {**journal.plan, "clips": clips}
    results = journal.results()
    settings = tables.settings(results.clips, results.models, results.settings)
    results = replace(results, header={**results.header, "report": settings.as_header()})
    write_reports(run_folder, results)
    render(results, display)
    return exit_code(results)


def exit_code(results: Results) -> int:
    """Return 5 where a clip failed or a model that should run could not."""
    return PARTLY_FAILED if any(not row.is_ok for row in results.by_clip) or results.header["lost_models"] else ALL_DONE


def score_command(
    folders: Sequence[Path],
    clean: Path,
    metrics: str,
    rate: str,
    out: Path | None,
    threads: int | None,
    tables: TableOptions,
    noisy: Path | None = None,
    *,
    use_cache: bool = True,
) -> int:
    """Score folders of files that any program made."""
    display, chosen = tables.display(), chosen_metrics(metrics, n_with=1, n_without=0)
    check_sort(tables.sort, chosen.names)
    with TemporaryDirectory(prefix="seinfer-score-") as scratch, ProgressBars() as progress:
        target = out or Path(scratch)
        request = FolderRequest(
            folders, clean, chosen, chosen_rate(rate), target, threads or cores(), noisy, use_cache, tables
        )
        results = score_folders(request, progress)
    render(results, display)
    if out:
        print(f"written to {out}", file=sys.stderr)
    return exit_code(results)


def demo_command(out: Path, *, pull: bool, threads: int | None, tables: TableOptions) -> int:
    """Compare what is installed on the bundled clips."""
    if pull:
        pull_for_demo()
    print("demo clips: synthetic speech and noise, for a first look only; do not quote the figures", file=sys.stderr)
    options = Options([DEMO_CLIPS], out, threads=threads)
    return compare_command(options, "all", Scoring(), tables)


def pull_for_demo() -> None:
    """Try to fetch the weights of every model whose packages are here; what fails shows in the table as not run."""
    for spec in open_registry().specs.values():
        if spec.files and not missing_packages(spec) and weights.state(spec) != "present":
            try:
                pull_one(spec)
            except SeinferError as error:
                print(f"{spec.name}: {error}", file=sys.stderr)
