"""`bootstrap.py` starts a worker in an interpreter that has no seinfer installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import seinfer

BOOTSTRAP = Path(seinfer.__file__).parent / "enhancement" / "bootstrap.py"
# Runs it as a module of another name, so that it does not start a worker, and prints what it made importable.
CODE = f"""
import runpy, sys
sys.path.insert(0, {str(BOOTSTRAP.parent)!r})
runpy.run_path({str(BOOTSTRAP)!r})
import seinfer.core.records
print(seinfer.__file__)
print({str(BOOTSTRAP.parent)!r} in sys.path)
"""


def test_bootstrap_makes_this_seinfer_importable_and_removes_its_folder_from_the_path(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", CODE]  # without site-packages: seinfer is not installed there
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [str(BOOTSTRAP.parents[1] / "__init__.py"), "False"]
