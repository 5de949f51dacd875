"""The list of models: names, aliases, files of users and plug-ins."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from seinfer.core.errors import RegistryError, UsageError
from seinfer.models import registry
from seinfer.models.registry import load_registry, resolve, table_of
from tests.helpers import table

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that makes entry points look installed, in addition to seinfer's own."""
    monkeypatch.syspath_prepend(tmp_path)
    own = registry._entry_points()

    def add(**entries: str) -> None:
        extra = tuple(EntryPoint(name, value, registry.GROUP) for name, value in entries.items())
        monkeypatch.setattr(registry, "_entry_points", lambda: own + extra)

    return add


def package(tmp_path: Path, name: str, models: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('listing must not import')\n")
    (tmp_path / name / "models.toml").write_text(models)


def test_find_a_name_and_its_alias_give_the_same_model() -> None:
    known = load_registry()
    assert known.find("dpcrn") is known.find("dpcrn-tf")


def test_find_misspelt_name_suggests_similar_names() -> None:
    with pytest.raises(UsageError, match="'rnoise': did you mean rnnoise"):
        load_registry().find("rnoise")


def test_find_name_similar_to_none_lists_all() -> None:
    with pytest.raises(UsageError, match=r"expected one of .*dpcrn-tf.*rnnoise"):
        load_registry().find("qqqqq")


def test_load_registry_as_installed_has_no_problems() -> None:
    assert load_registry().problems == ()


def test_load_registry_a_users_file_adds_its_models(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(table("mine"))
    assert load_registry([tmp_path / "mine.toml"]).find("mine").summary == "a model"


@pytest.mark.parametrize("text", [table("rnnoise"), table("mine", aliases='["dpcrn"]'), table("dpcrn")])
def test_load_registry_name_used_twice_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(RegistryError, match=r"mine\.toml: the name '(rnnoise|dpcrn)' is already used by"):
        load_registry([tmp_path / "mine.toml"])


def test_load_registry_a_plugin_is_listed_without_being_imported(tmp_path: Path, install: Install) -> None:
    package(tmp_path, "good_plugin", table("from-plugin"))
    install(plugin="good_plugin.backend:load")
    found = load_registry()
    assert found.find("from-plugin").backend == "seinfer.backends.noisy:load"
    assert found.problems == ()


def test_load_registry_broken_plugin_is_a_problem_and_the_rest_is_loaded(tmp_path: Path, install: Install) -> None:
    package(tmp_path, "bad_plugin", "[oops]\nsumary = 'misspelt'\n")
    install(bad="bad_plugin.backend:load", gone="no_such_package.backend:load")
    found = load_registry()
    assert "rnnoise" in found.specs
    assert len(found.problems) == 2
    assert "unknown key 'sumary'" in found.problems[0]
    assert "no_such_package" in found.problems[1]


def test_load_registry_plugin_that_uses_our_name_is_a_problem(tmp_path: Path, install: Install) -> None:
    package(tmp_path, "rude_plugin", table("rnnoise"))
    install(rude="rude_plugin.backend:load")
    found = load_registry()
    assert found.find("rnnoise").summary.startswith("RNNoise")
    assert "already used" in found.problems[0]


def test_table_of_missing_package_raises() -> None:
    with pytest.raises(ImportError):
        table_of("no_such_package")


def test_resolve_an_entry_points_name_gives_its_function(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(table("mine", backend='"rnnoise"'))
    from seinfer.backends.rnnoise import load

    assert resolve(load_registry([tmp_path / "mine.toml"]).find("mine")) is load


@pytest.mark.parametrize("backend", ["no_such_module:load", "seinfer.backends.noisy:nothing", "no-such-entry"])
def test_resolve_missing_module_or_function_names_the_backend(tmp_path: Path, backend: str) -> None:
    (tmp_path / "mine.toml").write_text(table("mine", backend=f'"{backend}"'))
    spec = load_registry([tmp_path / "mine.toml"]).find("mine")
    with pytest.raises(RegistryError, match="backend"):
        resolve(spec)


def test_models_every_one_is_complete() -> None:
    for spec in load_registry().specs.values():
        assert spec.summary and spec.source and spec.verified and spec.license_code and spec.license_weights
        assert "unknown" not in (spec.source, spec.verified)
        assert None not in (spec.causal, spec.latency_ms, spec.n_parameters)
        for file in spec.files:
            if not (file.sha256 or file.git_sha1):  # pinned at the first download, which may use http
                assert "published no hash" in spec.notes
                continue
            assert file.url.startswith("https://")
            assert len(file.sha256) >= 8 or len(file.git_sha1) == 40
            assert file.bytes or "size" in spec.notes
