"""`seinfer models`: what there is, where it comes from, what is here, and fetching the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="List, show, fetch and verify models.", rich_markup_mode=None, invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelsFile = Annotated[
    list[Path] | None, typer.Option("--models-file", help="Further models, in the form of models.toml.")
]


@app.callback()
def _default(context: typer.Context, json: Json = False, models_file: ModelsFile = None) -> None:
    if context.invoked_subcommand is None:
        list_models(json=json, models_file=models_file)


@app.command("list")
def list_models(json: Json = False, models_file: ModelsFile = None) -> None:
    """List all models, with what is missing to run them."""
    from .models_commands import list_command

    raise typer.Exit(list_command(models_file or (), as_json=json))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A model or an alias.")],
    json: Json = False,
    models_file: ModelsFile = None,
) -> None:
    """Print every fact about a model."""
    from .models_commands import show_command

    raise typer.Exit(show_command(name, models_file or (), as_json=json))


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models, or all.")],
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Folder or file to take the weights from, instead of the network."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="SEINFER_OFFLINE", help="Never touch the network.")
    ] = False,
    models_file: ModelsFile = None,
) -> None:
    """Fetch weights and verify them."""
    from .models_commands import pull_command

    raise typer.Exit(pull_command(names, source or (), models_file or (), offline=offline))


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Models; all by default.")] = None,
    json: Json = False,
    models_file: ModelsFile = None,
) -> None:
    """Compute the digest of every weight file that is here and compare it."""
    from .models_commands import verify_command

    raise typer.Exit(verify_command(names or (), models_file or (), as_json=json))
