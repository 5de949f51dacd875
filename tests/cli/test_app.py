"""The command line as a whole: user errors, exit codes, version."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import run_main
from tests.helpers import RATE, seinfer, speech_like, table, write_audio


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "--model", "rnoise", "."), 2, "did you mean rnnoise"),
        (("run", "--model", "rnnoise", "nowhere"), 2, "nowhere does not exist"),
        (("run", "--model", "rnnoise", "empty"), 2, "no audio files in"),
        (("run", "--model", "rnnoise", "--subtype", "MP3", "in"), 2, "--subtype is 'MP3'; expected one of PCM_16"),
        (("run", "--model", "rnnoise", "--device", "tpu", "in"), 2, "--device is 'tpu'; expected one of auto"),
        (("compare", "--models", ",", "in"), 2, "names no model"),
        (("compare", "--models", "noisy", "--metrics", "pesk", "in"), 2, "no metric called 'pesk'"),
        (("compare", "--models", "noisy", "--metrics", "sdr", "in"), 2, "needs clean files and none were found"),
        (("compare", "--models", "noisy", "--score-rate", "fast", "in"), 2, "--score-rate is 'fast'; expected native"),
        (("compare", "--models", "noisy", "--clean", "other", "in"), 3, "1 clean file has no noisy partner"),
        (("score", "--clean", "in", "other"), 3, "has the relative path of a clip"),
        (("report", "in"), 1, "is not a run folder"),
        (("recommend", "in"), 1, "is not a run folder"),
        (("plot", "in"), 1, "is not a run folder"),
        (("check", "rnoise"), 2, "did you mean rnnoise"),
        (("check", "rnnoise", "nowhere.wav"), 1, "nowhere.wav"),
        (("run", "--models-file", "bad.toml", "--model", "x", "in"), 1, "unknown key 'colour'"),
        (("models", "show", "rnoise"), 2, "did you mean rnnoise"),
        (("models", "pull", "dpcrn-tf", "--from", "nowhere"), 2, "nowhere"),
        (("models", "pull", "all", "--from", "in/x.wav"), 2, "a single file serves a single model"),
    ],
)
def test_command_with_an_error_of_the_user_ends_with_its_code_and_a_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    write_audio(tmp_path / "other" / "y.wav", speech_like(0.2, RATE))
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.toml").write_text(table("x", colour='"red"'))
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    assert run_main(monkeypatch, *arguments) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "seinfer-out" / "per_clip.csv").exists()


def test_version_prints_the_version_of_the_package() -> None:
    from importlib.metadata import version

    assert seinfer("--version").stdout.strip() == version("seinfer")
