"""Run folders that several tests read or copy, and the command line in this process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seinfer.cli import app as cli
from seinfer.core import streams
from seinfer.pipeline.journal import RunFolder
from tests.helpers import seinfer, write_paired_set
from tests.reports import example_run as example_results

COMPARE = ("compare", "--no-cost", "--models", "noisy,rnnoise")


@pytest.fixture(scope="package")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Compare the clips of a folder set/ once; return the run folder out/ next to it, for tests that only read it."""
    folder = tmp_path_factory.mktemp("compared")
    write_paired_set(folder / "set")
    result = seinfer(*COMPARE, "--out", folder / "out", folder / "set")
    assert result.returncode == 0, result.stderr
    return folder / "out", result


@pytest.fixture
def compared_copy(compared: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    """Return a folder with copies of set/ and out/, for tests that change them or run the command again."""
    for name in ("set", "out"):
        shutil.copytree(compared[0].parent / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="package")
def example_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write the journal of the example run, as a command would have."""
    path = tmp_path_factory.mktemp("example") / "out"
    results = example_results.results()
    folder = RunFolder(path)
    folder.add_plan(results.header, results.clips)
    for row in results.by_clip:
        if row.enhancement:
            folder.add_enhancement("", row.enhancement)
        if row.score:
            folder.add_score("", row.score)
    folder.close()
    yield path


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the whole command line in this process, errors included, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["seinfer", *map(str, arguments)])
    monkeypatch.setattr(streams, "prepare", lambda: None)  # it replaces the streams of the whole process
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)
