"""The benchmarks can start: everything that they import from seinfer exists, and they are listed in their README."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.helpers import ROOT

FOLDER = ROOT / "benchmarks"
NAMES = [path.stem for path in sorted(FOLDER.glob("*.py")) if "def main()" in path.read_text(encoding="utf-8")]
LOOPS = {"plain_loop", "torchmetrics_loop"}

# Resolves each name that a benchmark imports from seinfer, also within functions. A new process: it may load torch.
CHECK_IMPORTS = """
import ast, importlib, pathlib
for path in pathlib.Path("benchmarks").glob("*.py"):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module.split(".")[0] == "seinfer":
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    try:
                        importlib.import_module(f"{node.module}.{alias.name}")
                    except ImportError:
                        print(f"{path.name}:{node.lineno}: {node.module} has no {alias.name}")
"""


def test_benchmarks_imports_from_seinfer_exist() -> None:
    result = subprocess.run([sys.executable, "-c", CHECK_IMPORTS], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LOOPS])
def test_benchmark_is_listed_in_the_readme_with_its_command(name: str) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| \[{name}\]\({name}\.py\) \|.*`python -m benchmarks\.{name}[ `]", text, re.M)


def test_benchmark_score_of_one_pair_prints_the_ratio() -> None:
    command = [sys.executable, "-m", "benchmarks.score", "--pairs", "1", "--duration-s", "1", "--rounds", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert re.search(r"seinfer takes \d+\.\d\d of the plain loop's wall time", result.stdout)
