"""The weights folder, and the path of each file in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import RegistryError, SeinferError
from seinfer.models.download.paths import path_of, weights_dir
from tests.models.toy_models import CONTENT, file_of, run_python, spec_of


def test_weights_dir_environment_variable_wins(weights_folder: Path) -> None:
    assert weights_dir() == weights_folder


def test_weights_dir_environment_variable_home_and_relative_paths_are_made_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", "~/w")
    assert weights_dir() == tmp_path / "w"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", "w")
    assert weights_dir() == tmp_path / "w"


def test_weights_dir_default_is_in_the_users_cache() -> None:
    printed = run_python("from seinfer.models.weights import weights_dir; print(weights_dir())", HOME="/somewhere")
    assert printed.endswith("seinfer/weights") and printed.startswith("/somewhere/")


def test_weights_dir_without_home_names_the_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEINFER_WEIGHTS_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    # A user without an entry in the password file, as in a container that runs under a numeric user id.
    monkeypatch.setattr("posixpath.expanduser", lambda path: path)
    with pytest.raises(SeinferError, match="SEINFER_WEIGHTS_DIR"):
        weights_dir()


def test_weights_dir_tilde_without_home_names_the_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", "~nobody-of-that-name/w")
    with pytest.raises(SeinferError, match="set SEINFER_WEIGHTS_DIR to a folder"):
        weights_dir()


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", "a\\b"])
def test_path_of_name_with_a_folder_is_refused(weights_folder: Path, name: str) -> None:
    with pytest.raises(RegistryError, match="not a plain name"):
        path_of(spec_of(file_of(CONTENT, name=name)), file_of(CONTENT, name=name))
