"""One comparison that several tests look at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.helpers import seinfer, write_paired_set


@pytest.fixture(scope="package")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Compare once, for the tests that only look."""
    folder = tmp_path_factory.mktemp("compared")
    write_paired_set(folder / "set")
    result = seinfer("compare", "--models", "noisy,rnnoise", "--out", folder / "out", folder / "set")
    assert result.returncode == 0, result.stderr
    return folder / "out", result
