"""Completion in the shell: proposals for commands, options and values, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import table


def proposals(*words: str) -> list[str]:
    """Return what bash is given for the last word, from the installed command, as after the key TAB."""
    environment = {
        **os.environ,
        "COMP_WORDS": "\n".join(("seinfer", *words)),
        "COMP_CWORD": str(len(words)),
        "_SEINFER_COMPLETE": "complete_bash",
    }
    code = "import sys; sys.argv = ['seinfer']; from seinfer.cli.app import main; main()"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("co",), "compare"),
        (("models", "sh"), "show"),
        (("compare", "--score"), "--score-rate --score-cache"),
        (("compare", "--models", "dpcrn"), "dpcrn dpcrn-tf dpcrn-quant dpcrn-float"),
        (("compare", "--models", "noisy,rn"), "noisy,rnnoise"),
        (("compare", "--models", "rnnoise,rn"), ""),
        (
            (
                "compare",
                "--models=rnn",
            ),
            "rnnoise",
        ),
        (("run", "--model", "al"), "all"),
        (("run", "--models", "deepfilternet3"), "deepfilternet3 deepfilternet3-torch"),
        (("compare", "--metrics", "a"), "auto all"),
        (("compare", "--metrics", "stoi,pesq"), "stoi,pesq_wb stoi,pesq_nb stoi,pesq_nb_raw"),
        (("report", "--metrics", "si"), "si_sdr"),
        (("plot", "--figure", "cost,d"), "cost,differences cost,distributions"),
        (("plot", "--format", "p"), "png pdf"),
        (("recommend", "--metric", "est"), "estoi"),
        (("compare", "--format", "l"), "latex"),
        (("compare", "--sort", "me"), "memory"),
        (("compare", "--device", "c"), "cpu cuda"),
        (("mix", "--subtype", "PCM"), "PCM_16 PCM_24 PCM_32"),
        (("models", "show", "rnn"), "rnnoise"),
        (("models", "pull", "al"), "all"),
        (("check", "rnn"), "rnnoise"),
        (("compare", "--baseline", "dpcrn-t"), "dpcrn-tf"),
    ],
    ids=" ".join,
)
def test_completion_proposes_names_that_fit(words: tuple[str, ...], expected: str) -> None:
    assert sorted(proposals(*words)) == sorted(expected.split())


def test_completion_of_models_includes_those_of_models_files_before_it(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(table("my-dpcrn"))
    assert proposals("compare", "--models-file", str(tmp_path / "m.toml"), "--models", "my") == ["my-dpcrn"]
    (tmp_path / "m.toml").write_text("damaged")
    assert proposals("compare", "--models-file", str(tmp_path / "m.toml"), "--models", "rn") == ["rnnoise"]


def test_completion_reads_no_file_of_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seinfer.toml").write_text("damaged")
    monkeypatch.chdir(tmp_path)
    assert proposals("compare", "--models", "rn") == ["rnnoise"]


@pytest.mark.parametrize("function", ["models", "metrics", "sort"])
def test_completion_loads_nothing_heavy(function: str) -> None:
    code = (
        "import sys, types; from seinfer.cli import completion; context = types.SimpleNamespace(params={}); "
        f"f = completion.{function}; f(context, '') if f is completion.models else f(''); "
        "print([name for name in ('numpy', 'torch', 'scipy', 'soundfile', 'requests') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_completion_works_in_bash_with_the_script_that_the_command_prints() -> None:
    script = """
        eval "$(seinfer --show-completion)"
        complete -p seinfer
        COMP_WORDS=(seinfer compare --models noisy,rn)
        COMP_CWORD=3
        _seinfer_completion seinfer
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "--norc", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.splitlines() == [
        "complete -o default -F _seinfer_completion seinfer",
        "noisy,rnnoise",
    ], result.stderr
