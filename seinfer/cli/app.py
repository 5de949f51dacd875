"""The command `seinfer`: registers every command, and turns expected errors into a message and an exit code.

Each command is a module of its name in this folder. It turns its options into one frozen request, makes one call,
prints the result, and ends with an exit code of `core/exit_codes.py`. stdout carries data; stderr carries progress and
errors. Nothing heavy is imported until a command runs: `seinfer --help` must feel instant.
"""

from __future__ import annotations

import sys
from typing import Annotated, cast

import typer

from ..core import streams
from ..core.errors import SeinferError
from ..core.exit_codes import ERROR, USAGE
from ..core.streams import print_line, print_message
from . import blind, metrics, models
from .check import check
from .clean import clean
from .compare import compare
from .config import Command
from .demo import demo
from .doctor import doctor
from .interrupts import Interrupts
from .mix import mix
from .pair import pair
from .plot import plot
from .recommend import recommend
from .report import report
from .run import run
from .score import score

app = typer.Typer(
    name="seinfer",
    help="Compare pretrained speech denoisers on your own recordings, with numbers you can trust.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _command in (run, compare, pair, score, report, plot, clean, mix, recommend, demo, check, doctor):
    app.command(cls=Command)(_command)
app.add_typer(models.app, name="models")
app.add_typer(metrics.app, name="metrics")
app.add_typer(blind.app, name="blind")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        print_line(version_of("seinfer"))
        raise typer.Exit


_TyperUsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer does not export it


def main() -> None:
    """Run the command line and turn an expected error into a message and its exit code."""
    streams.prepare()
    interrupts = Interrupts()
    try:
        _run_app()
    except SeinferError as error:
        first, *others = error.args
        for line in (f"seinfer: {first}", *others):
            print_message(line)
        sys.exit(error.exit_code)
    except OSError as error:
        streams.discard_output()
        print_message(f"seinfer: {_system_error(error)}; finished work is kept: fix this and run the command again")
        sys.exit(ERROR)
    except MemoryError:
        print_message("seinfer: out of memory; finished work is kept: free memory and run the command again")
        sys.exit(ERROR)
    finally:
        interrupts.close()


def _run_app() -> None:
    try:
        sys.exit(app(standalone_mode=False))
    except _TyperUsageError as error:
        _print_usage_error(cast(typer.BadParameter, error))
        sys.exit(USAGE)
    finally:
        sys.stdout.flush()  # a full disk must be reported here, not while the interpreter exits


def _print_usage_error(error: typer.BadParameter) -> None:
    """Print an error of the command line as typer does, but its message, which contains what was typed, as one line."""
    context, message = error.ctx, error.format_message()
    lines = [f"Error: {message}"]
    if context:
        is_help = message == context.get_help()  # no argument was given
        hint = f"Try '{context.command_path} {context.help_option_names[0]}' for help."
        lines = message.splitlines() if is_help else [*context.get_usage().splitlines(), hint, "", *lines]
    for line in lines:
        print_message(line)


def _system_error(error: OSError) -> str:
    """Return the message for an error of the system that no other part of the program explains."""
    subject = f"{error.filename}: " if error.filename else "writing to standard output or starting a process: "
    return f"the system refused: {subject}{error.strerror or error}"
