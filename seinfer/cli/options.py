"""Every option that more than one command has, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import completion
from .config import read_config

DEFAULT_OUT = Path("seinfer-out")

# Not passed on to the command: it only gives other options their values, before they are parsed.
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=read_config,
        help="File with values for the options, in TOML; by default seinfer.toml, if it is in the current folder.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Processor cores to use; by default all.")]
Device = Annotated[
    str,
    typer.Option("--device", autocompletion=completion.one_of("auto", "cpu", "cuda"), help="auto, cpu or cuda."),
]
Precision = Annotated[
    str,
    typer.Option(
        "--precision",
        autocompletion=completion.one_of("float32", "bf16", "fp16"),
        help="float32, bf16 or fp16. In 16 bits, the error of each model is printed; some models stay in float32.",
    ),
]
ModelsFile = Annotated[
    list[Path] | None, typer.Option("--models-file", help="File with further models, in the form of models.toml.")
]
Option = Annotated[
    list[str] | None,
    typer.Option(
        "--option", metavar="KEY=VALUE", help="Option for all models that have it; MODEL.KEY=VALUE for one model."
    ),
]
LogFile = Annotated[Path | None, typer.Option("--log-file", help="Append a detailed log to this file, as JSON lines.")]

# Which clips: run, compare, score.
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="Only the first clips, in the order of clip_id, for example for a trial."),
]

Shard = Annotated[
    str,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Only part I of N of the clips, for a job array; `seinfer merge` joins the run folders of all parts. "
        "Costs are measured in part 1 only.",
    ),
]

# Where to write: run, compare, score, demo. What is enhanced, and how: run, compare.
Out = Annotated[
    Path, typer.Option("--out", help="Run folder. A later command with the same folder continues from there.")
]
Force = Annotated[bool, typer.Option("--force", help="Use the --out folder even if it contains other files.")]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Keep the finished work of the run folder.")]
Dry = Annotated[
    float | None,
    typer.Option(
        "--dry", min=0.0, max=1.0, help="Share of the input in the output, for models that have the option dry."
    ),
]
Mono = Annotated[bool, typer.Option("--mono", help="Average the channels instead of enhancing each.")]
Subtype = Annotated[
    str,
    typer.Option(
        "--subtype",
        autocompletion=completion.subtype,
        help="PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE; by default as the input.",
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=1.0,
        help="Seconds without progress and without use of the processor after which a model counts as hung; 5 times "
        "as many while it computes. Its clips are then tried again, each alone.",
    ),
]

# Where it runs: run, compare, score; a worker's share: run, compare.
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        autocompletion=completion.one_of("local", "ray"),
        help="local: processes on this machine; ray: on a Ray cluster, which needs the extra ray.",
    ),
]
Address = Annotated[
    str,
    typer.Option(
        "--address",
        help="With --engine ray: auto for the cluster that runs on this machine, ray://HOST:PORT or HOST:PORT.",
    ),
]
WorkerCores = Annotated[
    list[str] | None,
    typer.Option(
        "--worker-cores",
        help="With --engine ray: processor cores of each worker, 1 by default, as N or MODEL=N; may be repeated.",
    ),
]
WorkerGpus = Annotated[
    list[str] | None,
    typer.Option(
        "--worker-gpus",
        help="With --engine ray: GPUs of each worker on a cluster with GPUs, 1 by default, as N or MODEL=N; 0.5 for "
        "two workers on a GPU, 0 for the CPU; may be repeated.",
    ),
]

# What is measured: run, compare.
Cost = Annotated[
    bool,
    typer.Option(
        "--cost/--no-cost",
        help="At the end, time each model alone on one clip, for the rtf of the table; takes seconds per model.",
    ),
]

# What is paired with what: compare, pair, report.
Clean = Annotated[Path | None, typer.Option("--clean", help="Folder or list of the clean files.")]
Manifest = Annotated[
    Path | None, typer.Option("--manifest", help="CSV clip_id,noisy,clean; further columns are categories.")
]
CategoryRegex = Annotated[
    str,
    typer.Option(
        "--category-regex",
        help="Regular expression with groups such as (?P<noise>...), searched in each clip_id to get categories.",
    ),
]
CategoriesCsv = Annotated[
    Path | None,
    typer.Option("--categories", help="CSV clip_id,noise,device,...; overrides all other categories."),
]

# What is scored: compare, score.
Metrics = Annotated[
    str,
    typer.Option(
        "--metrics",
        autocompletion=completion.metrics,
        help="auto, all, or names separated by commas: `seinfer metrics`.",
    ),
]
ScoreRate = Annotated[str, typer.Option("--score-rate", help="Sample rate to score at in Hz, or native.")]
ScoreCache = Annotated[
    bool, typer.Option("--score-cache/--no-score-cache", help="Reuse cached scores, and add new ones to the cache.")
]

# How tables look and what they compare: run, compare, score, report, demo.
TableJson = Annotated[bool, typer.Option("--json", help="Same as --format json.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        autocompletion=completion.one_of("table", "md", "csv", "json", "latex"),
        help="table, md, csv, json or latex.",
    ),
]
Sort = Annotated[
    str,
    typer.Option(
        "--sort",
        autocompletion=completion.sort,
        help="A metric, name, rtf, parameters, size or memory; by default the mean rank.",
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline", metavar="NAME", autocompletion=completion.model, help="Also compare every model with NAME."
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", help="Also print and write means per group, by columns of clips.csv: noise,device,snr,duration,..."
    ),
]
AllRows = Annotated[
    bool, typer.Option("--all-rows", help="Also show a row and the reason for each model that is not installed.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Say below the table how each metric is computed, and list each licence.")
]
Html = Annotated[
    bool | None,
    typer.Option(
        "--html/--no-html",
        help="Also write report.html: one page with tables, plots and players. Needs the extra report.",
    ),
]
EmbedLimit = Annotated[
    float | None,
    typer.Option(
        "--embed-limit",
        metavar="MB",
        min=0.0,
        help="Largest size of the audio inside report.html; if it takes more, the page plays the files of the run "
        "folder. By default 30.",
    ),
]
DnsmosCsv = Annotated[
    bool | None,
    typer.Option("--dnsmos-csv/--no-dnsmos-csv", help="Also write dnsmos.csv, in the form of Microsoft's script."),
]

WeightsFrom = Annotated[
    list[Path] | None,
    typer.Option("--from", help="Folder or file to take the weights from, instead of the network."),
]
Offline = Annotated[bool, typer.Option("--offline", envvar="SEINFER_OFFLINE", help="Never use the network.")]
