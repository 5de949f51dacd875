"""`seinfer blind make`: options, output and exit codes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from seinfer.reports.listening.documents import read_test
from seinfer.reports.listening.key import read_key, verify
from tests.cli.conftest import run_main
from tests.helpers import invoke, seinfer
from tests.reports.listening.listening_run import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("blind"))


def test_blind_make_writes_a_test_and_a_private_key_beside_it(run: Path, tmp_path: Path) -> None:
    result = seinfer("blind", "make", run, "--out", tmp_path / "test", "--raters", "2", "--rate", "16000")
    assert result.returncode == 0, result.stderr
    key_path = tmp_path / "test.key.json"
    key = read_key(key_path)
    verify(key, read_test(tmp_path / "test"))
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    assert f"key_sha256: {key.test.key_sha256}" in result.stdout
    assert "next: seinfer blind check" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"test", "test.key.json"}
    assert "blind make" in key.run["argv"] and key.run["run_id"] == "0123456789ab"


@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "ab", "abx"])
def test_blind_make_of_every_design_takes_its_options(run: Path, tmp_path: Path, design: str) -> None:
    options = {
        "--design": design,
        "--out": tmp_path / "test",
        "--key": tmp_path / "secret" / "key.json",
        "--models": "noisy,good,bad",
        "--clips": 3,
        "--raters": 2,
        "--pairs": "all",
        "--level": "align",
        "--rate": 24_000,
        "--band": "8k",
        "--max-minutes": 60,
        "--title": "Which one do you like?",
        "--seed": 5,
    }
    result = invoke("blind", "make", run, "--json", *(word for pair in options.items() for word in pair))
    assert result.exit_code == 0, result.exception
    document = json.loads(result.stdout)
    key = read_key(tmp_path / "secret" / "key.json")
    assert (key.seed, key.level, key.test.design, key.test.sample_rate) == (5, "align", design, 24_000)
    assert key.test.title == "Which one do you like?"
    assert document["n_clips"] == 3 and document["n_sessions"] == 2
    assert document["key_sha256"] == key.test.key_sha256


def test_blind_make_without_a_seed_draws_one(run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        invoke("blind", "make", run, "--out", tmp_path / name, "--raters", "1", "--rate", "16000")
    assert read_key(tmp_path / "one.key.json").seed != read_key(tmp_path / "two.key.json").seed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--design", "acr"), "--design is 'acr'; expected one of p835"),
        (("--rate", "8000"), "--rate is 8000; expected one of 16000"),
        (("--band", "4k"), "--band is '4k'"),
        (("--pairs", "some"), "--pairs is 'some'"),
        (("--level", "loud"), "--level is 'loud'"),
        (("--models", "noisy,other"), "'other', which is not in the run"),
        (("--clips", "50"), "4 clips of the run can be used, expected at least 50"),
        (("--title", "good or bad"), "--title 'good or bad' names"),
    ],
)
def test_blind_make_with_a_wrong_value_is_a_usage_error_and_writes_nothing(
    run: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_main(monkeypatch, "blind", "make", run, "--out", tmp_path / "test", *options) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_blind_make_refuses_an_existing_folder_and_a_key_inside_the_test(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "blind", "make", run, "--out", tmp_path) == 2
    assert "exists already" in capsys.readouterr().err
    inside = ("--key", tmp_path / "test" / "key.json")
    assert run_main(monkeypatch, "blind", "make", run, "--out", tmp_path / "test", *inside) == 2
    assert "is inside the test folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_blind_make_of_a_folder_that_is_no_run_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "blind", "make", tmp_path, "--out", tmp_path / "test") == 1
    assert "is not a run folder" in capsys.readouterr().err
