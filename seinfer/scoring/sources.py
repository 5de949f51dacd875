"""The source files of seinfer that a score depends on, and their digest. Standard library only.

The list is derived from the code, because a file that is missing in a list written by hand would make the score cache
return scores of an older version. It contains every module that `scoring.worker` or a metric of the table imports,
directly or through other modules, at the top of a file or inside a function.

A metric of another package is not part of it: the release of that package is part of the metric's `implementation`.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

from ..metrics.table import load_table

PACKAGE = Path(__file__).parents[1]
_NAME = "seinfer"
_WORKER = f"{_NAME}.scoring.worker"


def code_digest(package: Path = PACKAGE) -> str:
    """Return a sha256 over the names and contents of all source files that a score depends on.

    Args:
        package: the folder of the package seinfer.
    """
    digest = hashlib.sha256()
    for path, content in sorted(_contents(package).items()):
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def source_files(package: Path = PACKAGE) -> frozenset[Path]:
    """Return the source files that a score depends on."""
    return frozenset(_contents(package))


def _contents(package: Path) -> dict[Path, bytes]:
    """Return file -> content for all modules that are reachable from the scoring process and the metric table."""
    metrics = load_table().metrics.values()
    targets = [target for metric in metrics for target in (metric.function, metric.on_pair) if target]
    waiting = [_WORKER, *(target.partition(":")[0] for target in targets)]
    known: set[str] = set()
    contents: dict[Path, bytes] = {}
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        path = _file_of(name, package)
        if path is not None:
            contents[path] = path.read_bytes()
            waiting += [name.rpartition(".")[0], *_imports(contents[path], name, is_package=path.name == "__init__.py")]
    return contents


def _file_of(name: str, package: Path) -> Path | None:
    """Return the file of a module of seinfer, None for anything else, such as a function of a module."""
    top, *parts = name.split(".")
    if top != _NAME:
        return None
    folder = package.joinpath(*parts)
    return next((path for path in (folder / "__init__.py", folder.with_suffix(".py")) if path.is_file()), None)


def _imports(source: bytes, module: str, *, is_package: bool) -> Iterator[str]:
    """Yield the names of all modules that a source file imports, and of what it imports from them."""
    parent = module if is_package else module.rpartition(".")[0]
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), parent)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements of a module, also inside functions, but not those for type checkers alone."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            for field in ("body", "handlers", "orelse", "finalbody", "cases"):
                inner = getattr(node, field, ())
                waiting += inner if isinstance(inner, list) else ()  # the body of a lambda is an expression
