"""Options of commands from a file: `seinfer.toml` in the current folder, or the file that --config names.

A key is the name of an option without the dashes; a value means the same as on the command line. A key at the top of
the file applies to every command that has the option, a key in a table such as [compare] to that command only. The
table wins over the top of the file, and the command line wins over both. An unknown key is an error.

A file that is found and not named may have come with downloaded clips. It cannot set the options of `_ONLY_IF_NAMED`: a
table of models can name programs to run, a log can be appended to any file, and force writes among other files.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from ..core.errors import UsageError
from ..core.streams import print_message
from ..core.suggestions import suggest

FILE_NAME = "seinfer.toml"
_ONLY_IF_NAMED = ("models-file", "log-file", "force")
_META = "seinfer.config"
_WITHOUT_LIMIT = 10_000


class Command(TyperCommand):
    """A command whose options may come from a file; its line in the list of commands is never shortened."""

    def get_short_help_str(self, limit: int = _WITHOUT_LIMIT) -> str:
        """Return the first sentence of the help text."""
        return super().get_short_help_str(_WITHOUT_LIMIT)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; print and keep the options that come from the file.

        Raises:
            UsageError: the file sets an option to a value that the option does not accept.
        """
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter as error:
            name = getattr(error.param, "name", None)
            if name is None or not _is_from_file(ctx, name):
                raise
            raise UsageError(
                f"{ctx.meta[_META]['file']}: {_key(error.param)} is {ctx.default_map[name]!r}: {error.message}"
            ) from error
        if _META in ctx.meta and not ctx.resilient_parsing:
            words = [word for option in self.get_params(ctx) for word in _words(ctx, option)]
            ctx.meta[_META]["options"] = words
            if words:
                print_message(f"options from {ctx.meta[_META]['file']}: {shlex.join(words)}")
        return rest


def read_config(context: typer.Context, value: Path | None) -> None:
    """Read the file of --config, or the one in the current folder, before the other options are parsed.

    Raises:
        UsageError: it cannot be read, or it contains an unknown key or a value of a wrong kind.
    """
    path = value or Path(FILE_NAME)
    if context.resilient_parsing or (value is None and not path.is_file()):
        return
    commands = getattr(context.parent.command, "commands", {}) if context.parent else {}
    known = {name: _options(command) for name, command in commands.items() if _takes_config(command)}
    values = _values_for(context.command.name or "", _read(path), known, path)
    if value is None and (refused := [key for key in _ONLY_IF_NAMED if key in values]):
        raise UsageError(
            f"{path}: {refused[0]} is not accepted from a file that was only found in the current folder, because "
            f"it may have come with the clips; give --{refused[0]} on the command line, or name the file with --config"
        )
    own = known.get(context.command.name or "", {})
    context.default_map = {own[key].name: _converted(path, key, own[key], value) for key, value in values.items()}
    context.meta[_META] = {"file": str(path), "options": []}


def file_options(context: typer.Context) -> Mapping[str, Any]:
    """Return what run.json keeps: the file, and the options that came from it; empty if there is no file."""
    found: Mapping[str, Any] = context.meta.get(_META, {})
    return found


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); expected a file of options in TOML") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not valid TOML ({error})") from error


def _takes_config(command: Any) -> bool:
    return any("--config" in param.opts for param in command.params)


def _options(command: Any) -> dict[str, Any]:
    """Return key -> option of a command. An option that has two names has two keys."""
    options = (param for param in command.params if param.param_type_name == "option" and param.expose_value)
    return {name[2:]: option for option in options for name in option.opts if name.startswith("--")}


def _values_for(
    command: str, document: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], path: Path
) -> dict[str, Any]:
    """Check all keys of a file, and return key -> value for one command.

    Raises:
        UsageError: a table is not a command, or a key is not an option.
    """
    top: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    everywhere = {key for options in known.values() for key in options}
    for name, value in document.items():
        if not isinstance(value, dict):
            top[_checked(f"{path}", name, everywhere)] = value
        elif name not in known:
            raise UsageError(f"{path}: there is no table [{name}]: {suggest(name, known)}")
        else:
            tables[name] = {_checked(f"{path}: [{name}]", key, known[name]): inner for key, inner in value.items()}
    own = known.get(command, {})
    # Not a plain update: --model and --models are two names of one option.
    inner = tables.get(command, {})
    replaced = {own[key].name for key in inner}
    return {key: value for key, value in top.items() if key in own and own[key].name not in replaced} | inner


def _checked(where: str, name: str, known: Mapping[str, Any] | set[str]) -> str:
    key = name.replace("_", "-")
    if key not in known:
        raise UsageError(f"{where}: there is no option {name!r}: {suggest(key, sorted(known))}")
    return key


def _converted(path: Path, key: str, option: Any, value: Any) -> Any:
    """Return a value in the form in which the command line gives it: text, a list of texts, or true and false."""
    if option.is_flag or isinstance(value, bool):
        if not (option.is_flag and isinstance(value, bool)):
            expected = "true or false" if option.is_flag else "text or a number"
            raise UsageError(f"{path}: {key} is {value!r}, expected {expected}")
        return value
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, (str, int, float)) and not isinstance(one, bool) for one in values):
        raise UsageError(f"{path}: {key} is {value!r}, expected text, a number, or a list of these")
    texts = [str(one) for one in values]
    return texts if option.multiple else ",".join(texts)


def _is_from_file(context: Any, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "DEFAULT_MAP"


def _key(option: Any) -> str:
    return str(max(option.opts, key=len)).lstrip("-")


def _words(context: Any, option: Any) -> Iterator[str]:
    """Yield an option from the file as it would be typed; nothing if it is from the command line or has its default."""
    if not _is_from_file(context, option.name):
        return
    value = context.default_map[option.name]
    name = f"--{_key(option)}"
    if isinstance(value, bool):
        yield from [name] if value else option.secondary_opts[:1]
    else:
        for text in value if isinstance(value, list) else [value]:
            yield from (name, text)
