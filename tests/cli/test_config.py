"""Options from a file: which file, which keys, which value wins, and what is printed and recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import run_main
from tests.helpers import rows, table, write_paired_set


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a paired set the current one."""
    write_paired_set(tmp_path / "set", 3)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def options_of(out: Path) -> list[str]:
    return list(json.loads((out / "run.json").read_text())["config"]["options"])


def test_config_found_in_the_current_folder_sets_options_prints_and_records_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seinfer.toml").write_text(
        'models = ["noisy"]\nout = "results"\n[compare]\nmetrics = "si_sdr"\nscore_rate = 8000\nscore-cache = false\n'
    )
    assert run_main(monkeypatch, "compare", "--no-cost", "set") == 0
    words = [
        *("--models", "noisy", "--metrics", "si_sdr", "--score-rate", "8000"),
        *("--no-score-cache", "--out", "results"),
    ]
    errors = capsys.readouterr().err
    assert errors.count(f"options from seinfer.toml: {' '.join(words)}\n") == 1
    assert options_of(folder / "results") == words
    row = rows(folder / "results" / "per_clip.csv")[0]
    assert (row["score_sample_rate"], row["sdr"], bool(row["si_sdr"])) == ("8000", "", True)


def test_config_value_of_the_command_line_wins_and_is_not_recorded_as_from_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own.toml").write_text('[compare]\nmodels = "rnnoise"\nmetrics = "si_sdr"\nlimit = 1\n')
    assert (
        run_main(
            monkeypatch, "compare", "--no-cost", "--config", "own.toml", "--models", "noisy", "--limit", "2", "set"
        )
        == 0
    )
    assert options_of(folder / "seinfer-out") == ["--metrics", "si_sdr"]
    assert {row["model"] for row in rows(folder / "seinfer-out" / "per_clip.csv")} == {"noisy"}
    assert len(rows(folder / "seinfer-out" / "clips.csv")) == 2


def test_config_table_of_the_command_wins_over_the_top_of_the_file_also_under_another_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "seinfer.toml").write_text('models = "rnnoise"\n[run]\nmodel = "noisy"\n')
    assert run_main(monkeypatch, "run", "set/noisy") == 0
    assert options_of(folder / "seinfer-out") == ["--models", "noisy"]


def test_config_named_on_the_command_line_replaces_the_one_in_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "seinfer.toml").write_text('colour = "red"\n')
    (folder / "own.toml").write_text('metrics = "si_sdr"\n')
    assert run_main(monkeypatch, "compare", "--no-cost", "--config", "own.toml", "--models", "noisy", "set") == 0
    assert options_of(folder / "seinfer-out") == ["--metrics", "si_sdr"]


def test_config_required_option_may_come_from_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "seinfer.toml").write_text('[score]\nclean = "set/clean"\nmetrics = ["si_sdr", "stoi"]\nout = "o"\n')
    assert run_main(monkeypatch, "score", "set/noisy") == 0
    assert options_of(folder / "o") == ["--clean", "set/clean", "--metrics", "si_sdr,stoi", "--out", "o"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metric = 1", "seinfer.toml: there is no option 'metric-s': did you mean"),
        ('[compare]\nmodel = "noisy"', "seinfer.toml: [compare]: there is no option 'model': did you mean models"),
        ("[recomend]\njson = true", "seinfer.toml: there is no table [recomend]: did you mean recommend"),
        ("[doctor]\njson = true", "seinfer.toml: there is no table [doctor]"),
        ("[score]\nlog-file = 'x'", "seinfer.toml: [score]: there is no option 'log-file'"),
        ("config = 'x'", "there is no option 'config'"),
        ("no-resume = true", "there is no option 'no-resume': did you mean resume"),
        ("resume = 'no'", "seinfer.toml: resume is 'no', expected true or false"),
        ("metrics = true", "seinfer.toml: metrics is True, expected text or a number"),
        ("option = [[1]]", "seinfer.toml: option is [[1]], expected text, a number, or a list of these"),
        ("out = 2020-01-01", "seinfer.toml: out is datetime.date(2020, 1, 1), expected text, a number"),
        ("threads = 'many'", "seinfer.toml: threads is 'many': "),
        ("limit = 0", "seinfer.toml: limit is '0': "),
        ("models = ", "seinfer.toml: is not valid TOML"),
    ],
)
def test_config_with_a_mistake_is_an_error_that_names_the_file_and_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (folder / "seinfer.toml").write_text(text.replace("metric =", "metric-s ="))
    assert run_main(monkeypatch, "compare", "--models", "noisy", "set") == 2
    assert message in capsys.readouterr().err
    assert not (folder / "seinfer-out").exists()


@pytest.mark.parametrize("key", ["models-file", "models_file", "log-file", "force"])
def test_config_that_is_only_found_cannot_name_programs_or_files_to_append_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    (folder / "m.toml").write_text(table("mine"))
    (folder / "seinfer.toml").write_text(f'{key} = "m.toml"\nmetrics = "si_sdr"\n')
    arguments = ("compare", "--models", "noisy", "set")
    assert run_main(monkeypatch, *arguments) == 2
    assert f"{key.replace('_', '-')} is not accepted from a file that was only found" in capsys.readouterr().err
    assert (folder / "m.toml").read_text() == table("mine")
    if key.startswith("models"):
        assert run_main(monkeypatch, *arguments, "--config", "seinfer.toml") == 0


def test_config_that_does_not_exist_is_an_error_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "compare", "--config", "nowhere.toml", "set") == 2
    assert "nowhere.toml: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_config_without_options_of_the_command_prints_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seinfer.toml").write_text('metrics = "si_sdr"\n')
    assert run_main(monkeypatch, "pair", "set") == 0
    assert capsys.readouterr().err == ""


def test_config_help_is_shown_beside_a_damaged_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "seinfer.toml").write_text("colour = ")
    assert run_main(monkeypatch, "compare", "-h") == 0
    assert run_main(monkeypatch, "models", "list", "--json") == 0
