"""Dependencies point downwards only, backends see next to nothing, and the command line starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .helpers import ROOT

PACKAGE = ROOT / "seinfer"

# The folders of seinfer/, top floor first. A module imports from its own folder and from folders further down.
FLOORS = (
    "cli",
    "pipeline",
    "reports",
    "analysis",
    "stats",
    "enhancement",
    "scoring",
    "metrics",
    "backends",
    "models",
    "mixing",
    "clips",
    "audio",
    "core",
)
# What backends may use in addition to their own family: the contract, what families share, and audio without files.
FOR_BACKENDS = (
    "backends.base",
    "backends.frames",
    "backends.litert",
    "backends.level",
    "backends.onnx",
    "backends.side_by_side",
    "backends.options",
    "backends.torch",
    "backends.torch_device",
    "backends.windows",
    "core",
    "audio.resampling",
)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Return the modules of seinfer that a module imports, also inside functions, as dotted names below seinfer."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING":
            block.body.clear()  # names for annotations alone are no dependency
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("seinfer")):
            base = list(parts[: len(parts) - node.level]) if node.level else []
            module = [*base, *(node.module or "").removeprefix("seinfer").strip(".").split(".")]
            name = ".".join(part for part in module if part)
            for alias in node.names:
                inner = f"{name}.{alias.name}".strip(".")
                is_module = (PACKAGE / (inner.replace(".", "/") + ".py")).exists() or (
                    PACKAGE / inner.replace(".", "/")
                ).is_dir()
                found.add(inner if is_module else name)
    return {name for name in found if name}


def floor(name: str) -> int:
    """Return the floor of a module; the package's own `__main__` stands above all."""
    folder = name.split(".")[0]
    return -1 if folder == "__main__" else FLOORS.index(folder)


def test_package_holds_the_floors_and_nothing_else() -> None:
    found = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert found == {*FLOORS, "__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_imports_only_from_its_floor_or_below(path: Path) -> None:
    upwards = {name for name in imports(path) if floor(name) < floor(dotted(path))}
    assert not upwards, f"{dotted(path)} may not import {sorted(upwards)}"


def family_modules() -> list[Path]:
    shared = {name.removeprefix("backends.") for name in FOR_BACKENDS}
    return [
        path
        for path in (PACKAGE / "backends").rglob("*.py")
        if path.parent.name != "backends" or path.stem not in {*shared, "__init__"}
    ]


@pytest.mark.parametrize("path", family_modules(), ids=dotted)
def test_backend_sees_the_contract_and_its_own_family_only(path: Path) -> None:
    family = ".".join(dotted(path).split(".")[:2])
    foreign = {
        name
        for name in imports(path)
        if not f"{name}.".startswith(tuple(f"{part}." for part in (*FOR_BACKENDS, family)))
    }
    assert not foreign, f"{dotted(path)} may not import {sorted(foreign)}"


@pytest.mark.parametrize(
    "module", ["seinfer", "seinfer.cli.app", "seinfer.cli.models", "seinfer.cli.metrics", "seinfer.cli.doctor"]
)
def test_import_of_the_light_side_loads_nothing_heavy(module: str) -> None:
    code = (
        f"import {module}, sys; heavy = ['numpy', 'torch', 'tensorflow', 'scipy', 'soundfile', 'onnxruntime', "
        "'requests', 'pooch']; print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_import_of_every_engine_loads_no_ray() -> None:
    code = "import seinfer.pipeline.cluster, sys; print('ray' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_stays_small_enough_to_live_in(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= 400, f"{dotted(path)} has {n_lines} lines"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_never_imports_torchaudio(path: Path) -> None:
    assert "import torchaudio" not in path.read_text(encoding="utf-8")


def test_blind_excepts_stand_only_where_the_reason_is_recorded() -> None:
    found = {dotted(path) for path in modules() if "except Exception" in path.read_text(encoding="utf-8")}
    assert found <= {"enhancement.worker"}
