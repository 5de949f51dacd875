"""`seinfer plot`: which files it writes, and its errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from seinfer.cli import completion
from seinfer.core.errors import MissingExtraError, RunFolderError, SeinferError, UsageError
from seinfer.models import extras
from tests.cli.conftest import run_main
from tests.helpers import invoke

WITHOUT_CATEGORIES = [name for name in completion.FIGURES if name != "categories"]


def test_plot_writes_every_figure_into_the_run_folder_and_prints_the_paths(example_run: Path) -> None:
    result = invoke("plot", example_run)
    assert result.exit_code == 0, result.output
    expected = [example_run / "plots" / f"{name}.svg" for name in WITHOUT_CATEGORIES]
    assert result.stdout.splitlines() == [str(path) for path in expected]
    assert all(path.read_bytes().startswith(b"<?xml") for path in expected)
    assert "categories: not drawn, because it needs scores, and --by with a category of the clips" in result.stderr


@pytest.mark.parametrize(("format_", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_plot_format_out_and_figure_choose_the_files(
    example_run: Path, tmp_path: Path, format_: str, start: bytes
) -> None:
    out = tmp_path / "a" / "b"
    invoke("plot", example_run, "--figure", "cost", "--figure", "leaderboard", "--format", format_, "--out", out)
    assert sorted(path.name for path in out.iterdir()) == [f"cost.{format_}", f"leaderboard.{format_}"]
    assert all(path.read_bytes().startswith(start) for path in out.iterdir())


def test_plot_again_writes_the_same_bytes(example_run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        invoke("plot", example_run, "--figure", "leaderboard,cost", "--format", "pdf", "--out", tmp_path / name)
    for name in ("leaderboard.pdf", "cost.pdf"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_plot_metric_by_and_baseline_change_the_figures(example_run: Path, tmp_path: Path) -> None:
    options = ("--metric", "SI-SDR,sdr", "--by", "noise", "--baseline", "small", "--out", tmp_path)
    assert isinstance(invoke("plot", example_run, *options).exception, UsageError)  # SI-SDR was not computed
    result = invoke("plot", example_run, "--metric", "sdr", "--by", "noise", "--baseline", "small", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "SDR (dB) by noise" in (tmp_path / "categories.svg").read_text()
    differences = (tmp_path / "differences.svg").read_text()
    assert "difference to small" in differences and "PESQ" not in differences


def test_plot_width_and_dpi_give_the_size_of_the_picture(example_run: Path, tmp_path: Path) -> None:
    options = ("--format", "png", "--width", "3.5", "--dpi", "100", "--out", tmp_path)
    invoke("plot", example_run, "--figure", "leaderboard", *options)
    with Image.open(tmp_path / "leaderboard.png") as picture:
        assert picture.width == 350


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--figure", "costs"), "--figure is 'costs', which is not a figure: did you mean cost"),
        (("--metrics", "stoi"), "--metrics is 'stoi', which this run does not have"),
        (("--format", "jpg"), "--format is 'jpg'; expected one of svg, png, pdf"),
        (("--by", "colour"), "--by names 'colour', which is not a category of these clips"),
        (("--baseline", "other"), "--baseline is 'other', which is not one of the models"),
    ],
)
def test_plot_invalid_option_is_a_usage_error_and_writes_nothing(
    example_run: Path, tmp_path: Path, arguments: tuple[str, str], message: str
) -> None:
    error = invoke("plot", example_run, *arguments, "--out", tmp_path / "new").exception
    assert isinstance(error, UsageError)
    assert message in str(error)
    assert not (tmp_path / "new").exists()


def test_plot_without_any_figure_is_an_error_that_says_what_each_needs(
    example_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = invoke("plot", example_run, "--figure", "categories")
    assert isinstance(result.exception, SeinferError)
    assert "no figure was drawn" in str(result.exception)
    assert "categories: not drawn, because it needs" in result.stderr


def test_plot_missing_package_is_one_error_with_the_command_that_installs_it(
    example_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "version_of", lambda name: "" if name == "matplotlib" else "1.0")
    error = invoke("plot", example_run).exception
    assert isinstance(error, MissingExtraError)
    assert str(error).startswith("seinfer plot needs matplotlib: ")
    assert "-m pip install" in str(error)


def test_plot_folder_that_cannot_be_created_is_an_error_that_names_it(example_run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = invoke("plot", example_run, "--out", tmp_path / "file").exception
    assert isinstance(error, RunFolderError)
    assert f"the folder {tmp_path / 'file'} cannot be created: File exists; choose another --out" in str(error)


def test_plot_options_may_come_from_a_file(
    example_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seinfer.toml").write_text('[plot]\nfigure = ["cost"]\nformat = "png"\nout = "pictures"\n')
    assert run_main(monkeypatch, "plot", example_run) == 0
    assert capsys.readouterr().out.splitlines() == ["pictures/cost.png"]
