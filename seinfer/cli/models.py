"""`seinfer models`: list, show, add, fetch and verify models. Reads tables and files, loads no model and no numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import DownloadError, IntegrityError, MissingWeightsError, SeinferError, UsageError
from ..core.escape import visible
from ..core.records import UNKNOWN
from ..core.streams import print_json, print_line, print_message
from . import completion
from .config import Command
from .options import Json, ModelsFile, Offline, WeightsFrom

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..core.records import ModelSpec
    from ..models.registry import Registry

app = typer.Typer(help="List, show, add, fetch and verify models.", rich_markup_mode=None, invoke_without_command=True)

# Columns of a terminal from which the list shows latency, aliases and how each model was verified.
_WIDE = 120
# Columns of a terminal below which the list folds the names.
_NARROW = 80


@app.callback()
def _default(context: typer.Context, json: Json = False, models_file: ModelsFile = None) -> None:
    if context.invoked_subcommand is None:
        list_models(json=json, models_file=models_file)


@app.command("list", cls=Command)
def list_models(json: Json = False, models_file: ModelsFile = None) -> None:
    """List all models, with what is missing to run them."""
    from ..models.selection import open_registry
    from ..reports.terminal import console

    registry = open_registry(models_file or ())
    rows = [facts(spec) for spec in registry.specs.values()]
    if json:
        print_json(rows)
        return
    out = console()
    out.print(_table(registry, out.width))
    out.print()
    for line in _not_run({row["name"]: row["not_run"] for row in rows if row["not_run"]}):
        out.print(line, markup=False, soft_wrap=True)


def _not_run(reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for all models that a command installs, and one line for each other model."""
    from ..models.not_run import installable

    found = installable(reasons)
    if found.models:
        yield f"not installed ({len(found.models)}): {found}"
    for model, reason in reasons.items():
        if model not in found.models:
            yield f"{model}: {reason}"


@app.command(cls=Command)
def show(
    name: Annotated[str, typer.Argument(autocompletion=completion.model, help="A model or an alias.")],
    json: Json = False,
    models_file: ModelsFile = None,
) -> None:
    """Print every fact about a model."""
    from ..models.selection import open_registry
    from ..reports.terminal import console

    spec = open_registry(models_file or ()).find(name)
    if json:
        print_json(facts(spec))
        return
    out = console()
    for key, value in facts(spec).items():
        if key == "files":
            _print_files(out, spec)
        elif key == "published":
            _print_published(out, spec)
        elif value not in ("", [], (), {}):
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else _or_unknown(value)
            out.print(f"{key:16}{text}", markup=False, soft_wrap=True)


@app.command(cls=Command)
def new(
    name: Annotated[str, typer.Argument(help="Name of the new model.")],
    like: Annotated[str, typer.Option("--like", metavar="MODEL", help="Model whose network the weights belong to.")],
    weights: Annotated[
        list[Path], typer.Option("--weights", metavar="FILE", help="Checkpoint; once for each file of the model.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Models file to add the table to.")] = Path("my_models.toml"),
    models_file: ModelsFile = None,
) -> None:
    """Write the table of your own checkpoint of a known network into a file for --models-file."""
    import shlex

    from ..models.new_table import add_table

    spec = add_table(name, like, weights, out, models_file or ())
    file = shlex.quote(str(out))
    print_line(f"{spec.name}: written to {out}")
    print_message(f"next: seinfer check --models-file {file} {spec.name}")
    print_message(f"then: seinfer compare --models-file {file} --models {like},{spec.name} DIR")


@app.command(cls=Command)
def pull(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", autocompletion=completion.models_to_list, help="Models, or all."),
    ],
    source: WeightsFrom = None,
    offline: Offline = False,
    models_file: ModelsFile = None,
) -> None:
    """Fetch weights and verify them; if one model fails, the error is printed and the others are fetched."""
    from ..models.selection import open_registry

    raise typer.Exit(pull_each(chosen(open_registry(models_file or ()), names), source or [], offline=offline))


def pull_each(specs: Sequence[ModelSpec], sources: Sequence[Path], *, offline: bool) -> int:
    """Fetch weights; if one model fails, print the error and fetch the others. Return the exit code.

    Raises:
        UsageError: one file is given for several models.
    """
    if len(specs) > 1 and any(path.is_file() for path in sources):
        raise UsageError(
            "--from FILE with several models: a single file serves a single model; name that model, or give a folder"
        )
    errors: list[SeinferError] = []
    for spec in specs:
        try:
            pull_one(spec, sources, offline=offline)
        except (DownloadError, IntegrityError, MissingWeightsError) as error:
            errors.append(error)
            print_message(error if str(error).startswith(f"{spec.name}:") else f"{spec.name}: {error}")
    return max((error.exit_code for error in errors), default=0)


@app.command(cls=Command)
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME...]", autocompletion=completion.models_to_list, help="Models; by default all."),
    ] = None,
    json: Json = False,
    models_file: ModelsFile = None,
) -> None:
    """Compute the digest of every weight file that is here and compare it with the expected one."""
    from ..models import weights
    from ..models.selection import open_registry

    specs = chosen(open_registry(models_file or ()), names or [])
    rows = [
        {"model": spec.name, **asdict(check), "path": str(check.path)}
        for spec in specs
        for check in weights.verify(spec)
    ]
    if json:
        print_json(rows)
    else:
        for row in rows:
            problem = f" ({row['problem']})" if row["problem"] else ""
            print_line(f"{row['model']}: {row['name']}: {row['status']}{problem}")
    raise typer.Exit(_verify_exit_code({row["status"] for row in rows}, is_named=bool(names)))


def _verify_exit_code(statuses: set[str], *, is_named: bool) -> int:
    """Return the exit code of verify: a missing file is a failure only if its model was named."""
    if statuses - {"ok", "missing", "unreadable"}:
        return IntegrityError.exit_code
    return MissingWeightsError.exit_code if is_named and statuses & {"missing", "unreadable"} else 0


def facts(spec: ModelSpec) -> dict[str, Any]:
    """Return every fact about a model, with the state of its weights and why it does not run here (or "")."""
    from ..core.records import to_json
    from ..models import weights
    from ..models.selection import why_not

    return {**to_json(spec), "weights": weights.state(spec), "not_run": why_not(spec)}


def chosen(registry: Registry, names: Sequence[str]) -> list[ModelSpec]:
    """Return the models that names stand for; "all", or no name, stands for every model with weights."""
    if not names or list(names) == ["all"]:
        return [spec for spec in registry.specs.values() if spec.files]
    return list({(spec := registry.find(name)).name: spec for name in names}.values())


def pull_one(spec: ModelSpec, sources: Sequence[Path] = (), *, offline: bool = False) -> None:
    """Fetch one model's weights with a progress bar; its licence is printed first."""
    from ..models import weights
    from ..reports.progress import DownloadBars

    if not spec.files:
        print_line(f"{spec.name}: needs no download")
        return
    if weights.state(spec) != "present":
        print_message(f"{spec.name}: weights licence: {spec.license_weights}; code: {spec.license_code}")
    with DownloadBars() as bars:
        found = weights.pull(spec, sources=sources, offline=offline, progress=bars)
    for path in found.values():
        print_line(f"{spec.name}: {path} verified")


def _table(registry: Registry, width: int) -> Table:
    """Return one row per model; on a narrow terminal without what `models show` also prints."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ..analysis.licences import in_short
    from ..models.selection import why_not

    is_wide = width >= _WIDE
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("model", overflow="fold", no_wrap=width >= _NARROW)
    for heading in ("rate Hz", "parameters", *(["latency ms"] if is_wide else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("weights licence", *(["verified by"] if is_wide else []), "runs here"):
        table.add_column(heading, overflow="fold")
    for spec in registry.specs.values():
        names = [spec.name, *(f"({alias})" for alias in spec.aliases if is_wide)]
        numbers = [str(spec.sample_rate or "any"), _or_unknown(spec.n_parameters, ",")]
        licence, verified = in_short(spec.license_weights), [spec.verified] if is_wide else []
        words = [licence, *verified, "no" if why_not(spec) else "yes"]
        cells = (" ".join(names), *numbers, *([_or_unknown(spec.latency_ms, "g")] if is_wide else []), *words)
        table.add_row(*map(visible, cells))
    return table


def _or_unknown(value: object, form: str = "") -> str:
    """Return a fact as text, "unknown" if the table leaves it out."""
    return UNKNOWN if value is None else format(value, form)


def _print_files(out: Console, spec: ModelSpec) -> None:
    from ..models import weights

    for file in spec.files:
        size = f"{file.bytes:,} bytes" if file.bytes else "size not published"
        digest = f"sha256 {file.sha256 or 'not published'}"
        git_id = f", git blob id {file.git_sha1}" if file.git_sha1 else ""
        out.print(f"{'file':16}{file.name}, {size}, {digest}{git_id}", markup=False, soft_wrap=True)
        out.print(f"{'':16}from {file.url or file.path}", markup=False, soft_wrap=True)
        out.print(f"{'':16}at {weights.path_of(spec, file)}", markup=False, soft_wrap=True)


def _print_published(out: Console, spec: ModelSpec) -> None:
    for figure in spec.published:
        line = f"{figure.test_set}: {figure.metric} {figure.value:g} ({figure.source})"
        out.print(f"{'published':16}{line}", markup=False, soft_wrap=True)
