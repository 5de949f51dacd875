"""Reading a models.toml: every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import RegistryError
from seinfer.core.records import ModelSpec, from_json, to_json
from seinfer.models.table import read_models
from tests.helpers import table

DIGEST = "ab" * 32


def read(tmp_path: Path, text: str) -> dict[str, ModelSpec]:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return read_models(path)


def file_table(**keys: str) -> str:
    return "[[m.files]]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items())


def test_read_models_a_full_table_keeps_every_fact(tmp_path: Path) -> None:
    text = table("m", aliases='["n"]', training_data='["VCTK"]', paper='"doi:1"', notes='"x"')
    text += "[m.options]\nhidden = 64\n"
    text += file_table(name='"w.h5"', url='"https://h/w.h5"', sha256=f'"{DIGEST}"', bytes="12")
    spec = read(tmp_path, text)["m"]
    assert (spec.aliases, spec.training_data, spec.options["hidden"]) == (("n",), ("VCTK",), 64)
    assert (spec.files[0].name, spec.files[0].sha256, spec.files[0].bytes) == ("w.h5", DIGEST, 12)


def test_read_models_a_spec_survives_the_process_border(tmp_path: Path) -> None:
    text = table("m", aliases='["n"]') + file_table(name='"w"', url='"https://h/w"', sha256=f'"{DIGEST}"')
    spec = read(tmp_path, text)["m"]
    assert from_json(ModelSpec, to_json(spec)) == spec


def test_read_models_a_relative_path_is_relative_to_the_file(tmp_path: Path) -> None:
    spec = read(tmp_path, table("m") + file_table(name='"w"', path='"sub/w.h5"'))["m"]
    assert spec.files[0].path == str(tmp_path / "sub" / "w.h5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table("m", published='["9.07"]'), "published 1: is '9.07', expected a table with test_set"),
        (table("m", colour='"red"'), "unknown key 'colour'"),
        (table("m", summary=""), "the key 'summary' is missing"),
        (table("m", sample_rate='"16k"'), "sample_rate is '16k', expected int"),
        (table("m", sample_rate="true"), "sample_rate is True, expected int"),
        (table("m", sample_rate="-1"), "sample_rate is -1, expected Hz"),
        (table("m", causal="1"), "causal is 1, expected bool"),
        (table("a b"), "the name 'a b' may contain only"),
        (table("../m"), "the name '../m' may contain only"),
        (table("m", aliases='["x,y"]'), "the name 'x,y' may contain only"),
        (table("all"), "the name 'all' is reserved"),
        (table("m", python='"a\\u0000"'), "python is .*, expected a path without null"),
        (table("m") + file_table(name='"w\\u0000"', url='"u"'), "name is .*, expected a path without null"),
        (
            table("m") + file_table(name='"w"', path='"a\\u0000"'),
            "path is .*, expected a path without null",
        ),
        ("a = " + "[" * 100_000, "is not valid TOML"),
        ("m = 3\n", "is 3, expected a table"),
        ("[m\n", "is not valid TOML"),
        (table("m") + file_table(name='"w"'), "expected either url or path, got neither"),
        (table("m") + file_table(name='"w"', url='"https://h"', path='"p"'), "expected either url or path, got both"),
        (table("m") + file_table(name='"a/w"', url='"https://h"'), "must be a plain file name"),
        (table("m") + file_table(name='".."', url='"https://h"'), "must be a plain file name"),
        (table("m") + file_table(name='"w"', url='"https://h"', sha256='"xyz"'), "sha256 is 'xyz', expected 8 to 64"),
        (table("m") + file_table(name='"w"', url='"https://h"', md5='"x"'), "unknown key 'md5'"),
        (
            table("m") + file_table(name='"w"', url='"https://h"', git_sha1='"6b8e"', bytes="1"),
            "expected 40 hex digits",
        ),
        (
            table("m") + file_table(name='"w"', url='"https://h"', git_sha1=f'"{DIGEST[:40]}"'),
            "needs its size in bytes",
        ),
        (table("m") + file_table(name='"w"', url='"https://h"', member='"a/b"'), "needs its own sha256"),
        (table("m") + 2 * (file_table(name='"w"', url='"https://h"') + "\n"), "two files have the same name"),
    ],
)
def test_read_models_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message) as caught:
        read(tmp_path, text)
    assert "models.toml" in str(caught.value)


def test_read_models_all_mistakes_of_a_file_are_in_one_error(tmp_path: Path) -> None:
    text = table("m", sumary='"x"', summary="", sample_rate='"16k"')
    text += file_table(name='"w"', url='"https://h"', sha256='"xyz"', licence='"x"')
    text += "\n" + table("second", backend="", causal="1")
    with pytest.raises(RegistryError) as caught:
        read(tmp_path, text)
    first, *mistakes = str(caught.value).splitlines()
    assert first == f"{tmp_path / 'models.toml'}: 7 mistakes:"
    expected = (
        "[m]: unknown key 'sumary'; did you mean summary",
        "[m]: the key 'summary' is missing",
        "[m]: sample_rate is '16k', expected int",
        "[m] file 1: unknown key 'licence'",
        "[m] file 1: sha256 is 'xyz', expected 8 to 64",
        "[second]: the key 'backend' is missing",
        "[second]: causal is 1, expected bool",
    )
    assert [line.strip()[: len(start)] for line, start in zip(mistakes, expected, strict=True)] == list(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table("m", path='"w.th"'), r"\[m\]: unknown key 'path'; path belongs in \[\[m\.files\]\]"),
        (table("m+", path='"w.th"'), r"path belongs in \[\[\"m\+\"\.files\]\]"),
        (table("m", hidden="64"), r"unknown key 'hidden'; .*settings of the backend belong in \[m\.options\]"),
        (table("m") + file_table(name='"w"', path='"w"', causal="true"), "causal belongs in the table of the model"),
        (table("m") + '[[files]]\npath = "w"\n', r"\[files\]: is .*; files belong in \[\[NAME\.files\]\]"),
    ],
)
def test_read_models_a_key_in_the_wrong_place_is_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        read(tmp_path, text)


def test_read_models_facts_that_nobody_has_can_be_left_out(tmp_path: Path) -> None:
    facts = ("causal", "latency_ms", "n_parameters", "license_code", "license_weights", "source", "verified")
    spec = read(tmp_path, table("m", **dict.fromkeys(facts, "")))["m"]
    assert [getattr(spec, fact) for fact in facts] == [
        *(None, None, None),
        *("none stated", "none stated"),
        *("unknown", "unknown"),
    ]
    assert from_json(ModelSpec, to_json(spec)) == spec


def test_read_models_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"gone\.toml: cannot be read"):
        read_models(tmp_path / "gone.toml")


def test_read_models_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RegistryError, match="is not valid TOML"):
        read_models(tmp_path / "x.toml")
