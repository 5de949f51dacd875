"""Which recogniser is chosen, and what identifies it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from seinfer.metrics import METRICS, asr

from .spare import modules_after


def test_chosen_without_a_variable_is_pocketsphinx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(asr.VARIABLE, raising=False)
    assert asr.chosen() == asr.POCKETSPHINX
    assert METRICS["wer"].implementation.startswith("pocketsphinx 5.1.1, substituted, deleted and inserted words / ")
    assert METRICS["wer"].extra == METRICS["wer_deletions"].extra == "asr"


def test_chosen_installed_module_is_identified_by_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(asr.VARIABLE, "soundfile:read")
    assert asr.chosen() == asr.Recogniser("soundfile:read", "soundfile", "soundfile:read")


def test_chosen_loose_module_is_identified_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(asr.VARIABLE, "my_loose_asr:transcribe")
    methods = []
    for text in ("VERSION = 1\n", "VERSION = 2\n"):
        (tmp_path / "my_loose_asr.py").write_text(text)
        assert asr.chosen().extra == ""
        methods.append(asr.chosen().method)
        assert methods[-1] == f"my_loose_asr:transcribe (sha256 {hashlib.sha256(text.encode()).hexdigest()})"
    assert len(set(methods)) == 2


def test_chosen_loose_package_is_identified_by_all_its_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my_loose_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(asr.VARIABLE, "my_loose_package.inner:transcribe")
    (folder / "inner.py").write_text("VERSION = 1\n")
    before = asr.chosen()
    (folder / "inner.py").write_text("VERSION = 2\n")
    assert asr.chosen() != before


def test_chosen_missing_module_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(asr.VARIABLE, "no_such_module:transcribe")
    assert asr.chosen().method == "no_such_module:transcribe (not found)"


def test_chosen_imports_no_recogniser() -> None:
    assert not modules_after("import seinfer.metrics.asr as a; a.chosen()") & {"pocketsphinx", "numpy"}
