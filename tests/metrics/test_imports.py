"""The modules of seinfer.metrics import each other in one direction only, and openly at their top."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import seinfer.metrics

FOLDER = Path(seinfer.metrics.__file__).parent
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")


def siblings(node: ast.AST) -> set[str]:
    """Return the modules of the folder that an import statement names."""
    if not isinstance(node, ast.ImportFrom) or node.level != 1:
        return set()
    return {node.module} if node.module else {alias.name for alias in node.names}


def test_metric_modules_have_no_import_cycle() -> None:
    graph = {
        path.stem: {name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in siblings(node)}
        for path in MODULES
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    chain = [order.index(name) for name in ("errors", "signals", "pair", "compute", "evaluate")]
    assert chain == sorted(chain)
    assert graph["errors"] == set()
    assert graph["metric"] == {"weights"}
    assert graph["weights"] == {"errors"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_metric_module_imports_its_siblings_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {name for node in ast.walk(tree) if node not in tree.body for name in siblings(node)}
    assert not hidden
