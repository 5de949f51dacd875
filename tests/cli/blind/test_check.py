"""`seinfer blind check`: what it prints, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.reports.listening.audit.audit import CHECKS
from tests.cli.conftest import run_main
from tests.reports.listening import small_test
from tests.reports.listening.small_test import make


def test_check_of_a_folder_without_leaks_lists_all_checks_and_exits_with_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    assert run_main(monkeypatch, "blind", "check", test.folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHECKS) + 1
    assert lines[-1] == f"no leak found in {len(CHECKS)} checks, 0 warnings"


def test_check_of_a_leak_prints_it_and_exits_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    (test.folder / "rnnoise.txt").write_text("")
    assert run_main(monkeypatch, "blind", "check", test.folder, "--key", test.key_path) == 4
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("LEAK: file names: rnnoise.txt: its name contains rnnoise; expected no name of a model")
    assert second.startswith("LEAK: foreign files: rnnoise.txt: ")
    assert last == f"2 leaks in {len(CHECKS)} checks, 0 warnings"


def test_check_without_a_key_says_which_checks_are_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    test.key_path.rename(tmp_path / "elsewhere.json")
    assert run_main(monkeypatch, "blind", "check", test.folder) == 0
    out = capsys.readouterr()
    n_not_done = sum(check.needs_key for check in CHECKS)
    assert sum(line.startswith("not done: ") for line in out.out.splitlines()) == n_not_done
    assert f"no key: {n_not_done} checks not done" in out.err


def test_check_with_a_warning_only_exits_with_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    test.key_path.chmod(0o644)
    assert run_main(monkeypatch, "blind", "check", test.folder) == 0
    assert capsys.readouterr().out.startswith("warning: key mode: ")


def test_check_with_json_prints_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = make(tmp_path)
    (test.folder / "stimuli" / "0123456789.wav").write_bytes(small_test.wav(small_test.sound("p232_001", "clean"), 5))
    assert run_main(monkeypatch, "blind", "check", "--json", test.folder) == 4
    document = json.loads(capsys.readouterr().out)
    assert not document["is_clean"]
    assert {"unused stimuli", "file times"} <= {finding["leak"] for finding in document["findings"]}
    assert document["key"] == str(test.key_path.absolute())
    assert document["not_done"] == []


def test_check_with_an_unknown_band_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "blind", "check", "--band", "4k", tmp_path) == 2
    assert "--band is '4k'; expected native or 8k" in capsys.readouterr().err
