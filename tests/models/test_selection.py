"""The models that --models selects, and why others cannot run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from seinfer.core.errors import MissingExtraError, MissingWeightsError, UsageError
from seinfer.core.records import BASELINE
from seinfer.models import selection
from seinfer.models.registry import Registry, load_registry
from seinfer.models.selection import open_registry, runnable, select, select_without_baseline, why_not

from .toy_models import CONTENT, file_of, spec_of, write

TOY = spec_of(file_of(CONTENT))


def registry() -> Registry:
    return Registry({BASELINE: load_registry().find(BASELINE), "toy": dataclasses.replace(TOY, aliases=("t",))})


def test_why_not_model_without_weights_names_the_command(weights_folder: Path) -> None:
    assert why_not(TOY) == "weights missing: seinfer models pull toy"
    write(weights_folder / "toy" / "net.th", CONTENT[1:])
    assert why_not(TOY) == "weights damaged: seinfer models pull toy"
    write(weights_folder / "toy" / "net.th", CONTENT)
    assert why_not(TOY) == ""


def test_why_not_model_without_published_hash_names_the_source_option(weights_folder: Path) -> None:
    spec = spec_of(file_of(CONTENT, sha256="", bytes=None))
    assert why_not(spec) == "weights missing: seinfer models pull toy, with --from FILE if its link is dead"


def test_why_not_model_with_missing_interpreter_names_it() -> None:
    assert "interpreter /no/python is not there" in why_not(dataclasses.replace(TOY, python="/no/python"))


def test_why_not_model_with_missing_package_gives_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "missing_packages", lambda spec: ["torch"])
    model = load_registry().find("denoiser")
    assert why_not(model).startswith("needs torch: ") and "pip install" in why_not(model)
    with pytest.raises(MissingExtraError, match="denoiser-dns64 cannot run here: needs torch"):
        runnable(model)


def test_select_all_lists_models_that_cannot_run_with_the_reason(weights_folder: Path) -> None:
    chosen = select(registry(), "all")
    assert [spec.name for spec in chosen.specs] == [BASELINE]
    assert chosen.not_run == {"toy": "weights missing: seinfer models pull toy"}
    assert not chosen.is_named


def test_select_names_includes_the_baseline_first_and_each_model_once(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    chosen = select(registry(), f" toy, t ,{BASELINE}")
    assert [spec.name for spec in chosen.specs] == [BASELINE, "toy"]
    assert chosen.is_named and chosen.not_run == {}


def test_select_named_model_that_cannot_run_is_an_error(weights_folder: Path) -> None:
    with pytest.raises(MissingWeightsError, match="toy cannot run here: weights missing"):
        select(registry(), "toy")


@pytest.mark.parametrize(("names", "message"), [(" , ", "names no model"), ("tov", "did you mean toy")])
def test_select_without_a_known_name_is_a_usage_error(names: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select(registry(), names)


def test_open_registry_prints_errors_of_plugins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selection, "load_registry", lambda files: Registry({}, ("plug-in bad: broken",)))
    open_registry()
    assert capsys.readouterr().err == "warning: plug-in bad: broken\n"


def test_select_without_baseline_includes_it_only_if_it_is_named(weights_folder: Path) -> None:
    write(weights_folder / "toy" / "net.th", CONTENT)
    assert [spec.name for spec in select_without_baseline(registry(), "all").specs] == ["toy"]
    assert [spec.name for spec in select_without_baseline(registry(), f"t,{BASELINE}").specs] == ["toy", BASELINE]
    with pytest.raises(UsageError, match="names no model"):
        select_without_baseline(registry(), ",")
