"""`seinfer blind`: blind listening tests out of a run folder. One module per command, named as the command."""

from __future__ import annotations

import typer

from ..config import Command
from .check import check
from .export import export
from .import_ratings import import_ratings
from .make import make
from .power import power
from .score import score

app = typer.Typer(help="Make, check and score blind listening tests.", rich_markup_mode=None, no_args_is_help=True)
app.command("make", cls=Command)(make)
app.command("check", cls=Command)(check)
app.command("score", cls=Command)(score)
app.command("power", cls=Command)(power)
app.command("export", cls=Command)(export)
app.command("import", cls=Command)(import_ratings)
