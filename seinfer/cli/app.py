"""The command line: options -> one request -> one call -> one rendering. Imports nothing heavy until a command runs.

stdout carries data, stderr progress and errors. Exit codes: 0 all done, 1 error, 2 usage, 3 pairing, 4 integrity,
5 finished, but some clips or models failed.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..core import streams
from ..core.errors import SeinferError
from . import mix as cli_mix
from . import models as cli_models
from . import recommend as cli_recommend
from .options import Baseline, By, DnsmosCsv, Format, Sort, tables

app = typer.Typer(
    name="seinfer",
    help="Compare pretrained speech denoisers on your own recordings, with numbers you can trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(cli_models.app, name="models")

PARTLY_FAILED = 5

Clean = Annotated[Path | None, typer.Option("--clean", help="Folder or list of the clean files.")]
Manifest = Annotated[
    Path | None, typer.Option("--manifest", help="CSV clip_id,noisy,clean; further columns are categories.")
]
CategoryRegex = Annotated[
    str, typer.Option(help="Pattern with groups such as (?P<noise>...), searched in each clip_id; gives categories.")
]
Categories = Annotated[
    Path | None, typer.Option("--categories", help="CSV clip_id,noise,device,...; wins over all other categories.")
]
Out = Annotated[Path, typer.Option("--out", help="Run folder; a later command in the same folder goes on from there.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Cores to use; all of them by default.")]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Keep what is already done in the run folder.")]
ModelsFile = Annotated[
    list[Path] | None, typer.Option("--models-file", help="Further models, in the form of models.toml.")
]
Mono = Annotated[bool, typer.Option("--mono", help="Average the channels instead of enhancing each.")]
Subtype = Annotated[str, typer.Option(help="PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE; by default like the input.")]
Timeout = Annotated[
    float, typer.Option("--timeout", min=1.0, help="Seconds of silence after which a model counts as hung.")
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Models to run side by side, within cores and memory.")]
LogFile = Annotated[
    Path | None, typer.Option("--log-file", help="Add everything that happens to this file, as JSON lines.")
]
Option = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="KEY=VALUE", help="Option of the models that have it; MODEL.KEY=VALUE for one."),
]
Dry = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="Share of the input in the output, for the models that have the option dry."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Metrics = Annotated[str, typer.Option(help="auto, all, or names separated by commas, see `seinfer metrics`.")]
ScoreRate = Annotated[str, typer.Option(help="Hz to score at, or native.")]
ScoreCache = Annotated[
    bool, typer.Option("--score-cache/--no-score-cache", help="Take up figures of the same files, and keep new ones.")
]


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(version_of("seinfer"))
        raise typer.Exit


@app.command()
def run(
    inputs: Annotated[list[Path], typer.Argument(metavar="DIR|FILE...", help="Folders of clips, or files.")],
    model: Annotated[str, typer.Option("--model", help="Name of a model, see `seinfer models`.")],
    out: Out = Path("seinfer-out"),
    device: Device = "auto",
    threads: Threads = None,
    resume: Resume = True,
    models_file: ModelsFile = None,
    option: Option = None,
    dry: Dry = None,
    mono: Mono = False,
    subtype: Subtype = "",
    timeout: Timeout = 300.0,
    log_file: LogFile = None,
    json: Json = False,
) -> None:
    """Enhance clips with one model; writes OUT/audio/MODEL/CLIP.wav."""
    from .commands import Options, enhance_command

    options = Options(
        inputs,
        out,
        device=device,
        threads=threads,
        resume=resume,
        models_files=tuple(models_file or ()),
        mono=mono,
        subtype=subtype,
        timeout_s=timeout,
        log_file=log_file,
        settings=_settings(option, dry),
    )
    raise typer.Exit(enhance_command(options, model, tables("table", json)))


@app.command()
def compare(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of clips; noisy/ and clean/ inside are paired.")
    ] = Path(),
    models: Annotated[str, typer.Option("--models", help="all, or names separated by commas.")] = "all",
    clean: Clean = None,
    manifest: Manifest = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add", metavar="NAME=DIR", help="Files that any other program made, as a row beside the models."
        ),
    ] = None,
    category_regex: CategoryRegex = "",
    categories: Categories = None,
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
    out: Out = Path("seinfer-out"),
    device: Device = "auto",
    threads: Threads = None,
    resume: Resume = True,
    models_file: ModelsFile = None,
    option: Option = None,
    dry: Dry = None,
    mono: Mono = False,
    subtype: Subtype = "",
    timeout: Timeout = 300.0,
    jobs: Jobs = 1,
    log_file: LogFile = None,
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    format_: Format = "table",
    json: Json = False,
) -> None:
    """Enhance clips with several models, score them and compare them."""
    from ..clips.pairing import CategoryRules
    from .commands import Options, Scoring, compare_command

    options = Options(
        [folder],
        out,
        device=device,
        threads=threads,
        resume=resume,
        models_files=tuple(models_file or ()),
        mono=mono,
        subtype=subtype,
        timeout_s=timeout,
        jobs=jobs,
        log_file=log_file,
        settings=_settings(option, dry),
    )
    overrides = CategoryRules(category_regex, categories)
    scoring = Scoring(clean, manifest, metrics, score_rate, overrides, use_cache=score_cache)
    table_options = tables(format_, json, sort, baseline, by, dnsmos_csv)
    raise typer.Exit(compare_command(options, models, scoring, table_options, add or ()))


@app.command()
def pair(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of clips, or one list of noisy files (.json, .scp).")
    ] = Path(),
    clean: Clean = None,
    manifest: Manifest = None,
    category_regex: CategoryRegex = "",
    categories: Categories = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is matched, by which rule and why, and what is not.")
    ] = False,
    json: Json = False,
) -> None:
    """Print the pairs of noisy and clean files as a manifest; runs nothing."""
    from ..clips.pairing import CategoryRules
    from .pair import pair_command

    overrides = CategoryRules(category_regex, categories)
    raise typer.Exit(pair_command(folder, clean, manifest, overrides, is_check=check, as_json=json))


@app.command()
def score(
    folders: Annotated[
        list[Path], typer.Argument(metavar="ENHANCED_DIR...", help="Folders of enhanced files, a row each.")
    ],
    clean: Annotated[Path, typer.Option("--clean", help="Folder of the clean files.")],
    noisy: Annotated[
        Path | None,
        typer.Option("--noisy", help="Folder of what was enhanced: the baseline, matched with the clean files."),
    ] = None,
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder for the tables; without it only the table is printed.")
    ] = None,
    threads: Threads = None,
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    format_: Format = "table",
    json: Json = False,
) -> None:
    """Score files that any program made; a folder called noisy is the baseline."""
    from .commands import score_command

    options = tables(format_, json, sort, baseline, by, dnsmos_csv)
    raise typer.Exit(
        score_command(folders, clean, metrics, score_rate, out, threads, options, noisy, use_cache=score_cache)
    )


@app.command()
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that run, compare or score wrote.")],
    category_regex: CategoryRegex = "",
    categories: Categories = None,
    metrics: Annotated[str, typer.Option("--metrics", help="Metrics to print, separated by commas; else all.")] = "",
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    format_: Format = "table",
    json: Json = False,
) -> None:
    """Rebuild the tables of a run folder; needs no model. Options that are not given are as in the run."""
    from ..clips.pairing import CategoryRules
    from .commands import report_command

    options = tables(format_, json, sort, baseline, by, dnsmos_csv)
    raise typer.Exit(report_command(run_folder, options, metrics, CategoryRules(category_regex, categories)))


app.command()(cli_mix.mix)
app.command()(cli_recommend.recommend)


@app.command()
def demo(
    out: Out = Path("seinfer-out/demo"),
    pull: Annotated[bool, typer.Option("--pull", help="First try to download the weights that are missing.")] = False,
    threads: Threads = None,
    sort: Sort = "",
    format_: Format = "table",
    json: Json = False,
) -> None:
    """Compare what is installed on the bundled synthetic clips; no network needed."""
    from .commands import demo_command

    raise typer.Exit(demo_command(out, pull=pull, threads=threads, tables=tables(format_, json, sort)))


@app.command()
def metrics(json: Json = False) -> None:
    """List the metrics: unit, range, rate, what they need and what computes them."""
    from .metrics import metrics_command

    raise typer.Exit(metrics_command(as_json=json))


@app.command()
def check(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model.")],
    clip: Annotated[
        Path | None, typer.Argument(metavar="[CLIP]", help="A recording of yours; else a bundled one.")
    ] = None,
    device: Device = "auto",
    threads: Threads = None,
    models_file: ModelsFile = None,
    option: Option = None,
    json: Json = False,
) -> None:
    """Measure whether a model is wired right here: length, delay, level, batches, pieces."""
    from .commands import Options, check_command

    settings = _settings(option, None)
    options = Options([], Path(), device, threads, models_files=tuple(models_file or ()), settings=settings)
    raise typer.Exit(check_command(model, clip, options, as_json=json))


@app.command()
def doctor(json: Json = False) -> None:
    """Say what works here: versions, extras, weights, devices, and what to install."""
    from .doctor import doctor_command

    raise typer.Exit(doctor_command(as_json=json))


def _settings(options: list[str] | None, dry: float | None) -> tuple[str, ...]:
    return (*(options or ()), *([] if dry is None else [f"dry={dry}"]))


def main() -> None:
    """Run the command line and turn an expected error into a message and its exit code."""
    streams.prepare()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: nothing lost, no worker left
    try:
        _run_app()
    except SeinferError as error:
        print(f"seinfer: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        streams.discard_output()
        print(f"seinfer: {_refusal(error)}; what is done is kept: mend it and give the command again", file=sys.stderr)
        sys.exit(1)
    except MemoryError:
        print("seinfer: out of memory; what is done is kept: free some and give the command again", file=sys.stderr)
        sys.exit(1)


def _run_app() -> None:
    try:
        app()
    finally:
        sys.stdout.flush()  # a full disk shall be met here, and not on the interpreter's way out


def _refusal(error: OSError) -> str:
    """Say what the system refused, for an error that no part of the program has words for."""
    what = f"{error.filename}: " if error.filename else "writing to standard output or starting a process: "
    return f"the system refused: {what}{error.strerror or error}"
