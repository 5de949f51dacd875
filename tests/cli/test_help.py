"""The help of every command: each option and argument has a text, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from seinfer.cli.app import app
from tests.helpers import invoke

# Images and old names that readers do not search for, and inverted phrases. Numbers are scores or values, not figures.
UNCLEAR_WORDS = re.compile(
    r"\b(appetite|beside|bury|circumstances?|doors?|epitaph|figures?|foreign|front|homeless|lies|lay|mends?|mended|nobody"
    r"|obituary|ruinous|settles?|silence|stands?|strangers?|surveying|whatever"
    r"|for want of|goes without|in words|is no|is told|let go|of like|says so|speaks for|takes (it )?up|what came"
    r"|where it stays)\b",
    re.IGNORECASE,
)


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (words that call it, command) of a command and all commands below it."""
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


COMMANDS = dict(commands(get_command(app)))


def test_commands_are_those_of_the_readme() -> None:
    assert {words[0] for words in COMMANDS if words} == {
        *(
            "run",
            "compare",
            "pair",
            "score",
            "report",
            "plot",
            "mix",
            "recommend",
            "demo",
            "metrics",
            "check",
            "doctor",
        ),
        "clean",
        "models",
        "blind",
    }
    assert {words[1] for words in COMMANDS if len(words) == 2 and words[0] == "models"} == {
        *("list", "show", "new", "pull", "verify"),
    }
    assert {words[1] for words in COMMANDS if len(words) == 2 and words[0] == "blind"} >= {"make"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_uses_plain_words(words: tuple[str, ...]) -> None:
    result = invoke(*words, "--help")
    assert result.exit_code == 0
    # The option --figure names a picture, not a number.
    assert UNCLEAR_WORDS.findall(result.stdout.replace("--figure", "")) == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_is_the_same_for_the_short_option(words: tuple[str, ...]) -> None:
    assert invoke(*words, "-h").stdout == invoke(*words, "--help").stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_at_80_columns_shortens_no_text(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = " ".join(invoke(*words, "--help").stdout.split())
    command = COMMANDS[words]
    texts = [parameter.help for parameter in command.params]
    texts += [below.help.split("\n\n")[0] for below in getattr(command, "commands", {}).values()]
    assert [text for text in texts if " ".join(text.split()).split(".")[0] not in shown] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_a_text_for_the_command_and_every_parameter(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    assert command.help
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_texts_are_sentences_that_end_with_a_full_stop(words: tuple[str, ...]) -> None:
    texts = [parameter.help for parameter in COMMANDS[words].params]
    assert [text for text in texts if not text.endswith(".")] == []
