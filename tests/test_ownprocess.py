from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .helpers import ROOT
from .ownprocess import CHILD

CONFTEST = """
import pytest
from tests import ownprocess
def pytest_configure(config): ownprocess.configure(config)
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    ownprocess.keep_together(items)
    ownprocess.to_the_end(items)
def pytest_runtest_protocol(item): return ownprocess.play(item) or None
"""
MARKED = """
import os, sys
import pytest
pytestmark = pytest.mark.own_process("toy")
def test_pass(): print("pid", os.getpid())
def test_same(tmp_path): assert tmp_path.is_dir()
def test_fail(): assert 1 + 1 == 3
def test_skip(): pytest.skip("no toys today")
"""
CRASHING = """
import os
import re
import pytest
pytestmark = pytest.mark.own_process("toy")
def test_before(): pass
def test_crash(): os._exit(7)
def test_after(): pass
def test_out(): pass
"""
PLAIN = """
import os
import re
def test_plain(): assert "SEINFER_TESTS_CHILD" not in os.environ
"""


def run(folder: Path, *options: str, **files: str) -> str:
    for name, text in {"conftest": CONFTEST, **files}.items():
        (folder / f"{name}.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    environment.pop(CHILD, None)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-rA", "--rootdir", str(folder), *options, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=folder).stdout


def test_marked_tests_keep_their_outcomes_and_disturb_no_others(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    told = run(tmp_path, test_a=PLAIN, **{"deeper/test_b": MARKED, "test_c": PLAIN})
    assert "1 failed, 4 passed, 1 skipped" in told
    assert "assert (1 + 1) == 3" in told
    assert "no toys today" in told


def test_crash_of_the_child_fails_the_test_and_those_after_it(tmp_path: Path) -> None:
    told = run(tmp_path, "--deselect", "test_a.py::test_out", test_a=CRASHING)
    assert "2 failed, 1 passed, 1 deselected" in told
    assert "the child ended with exit code 7" in told


def test_marked_tests_of_several_files_share_one_child_under_several_workers(tmp_path: Path) -> None:
    told = run(tmp_path, "-n", "2", "--dist", "loadgroup", test_a=MARKED, test_b=MARKED, test_c=PLAIN)
    assert "2 failed, 5 passed, 2 skipped" in told
    pids = re.findall(r"^pid (\d+)$", told, re.M)
    assert len(pids) == 2
    assert len(set(pids)) == 1
