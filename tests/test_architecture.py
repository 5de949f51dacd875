"""Dependencies point downwards only, backends see next to nothing, and the command line starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .sharedfiles import ROOT

PACKAGE = ROOT / "seinfer"

# Top to bottom. A module may import from its own line and from lines below; a name stands for all modules under it.
LAYERS = (
    ("__main__", "bootstrap"),
    ("cli", "cli_mix", "cli_models", "cli_recommend", "cli_tables"),
    ("commands", "mix_commands", "model_commands", "pair_command", "cli_metrics", "recommend_command", "doctor"),
    ("scorefolders", "api", "checking", "recommending"),
    ("pipeline",),
    ("running", "request"),
    ("selection", "modeloptions"),
    ("engines",),
    ("worker",),
    ("scorecache",),
    ("scoring", "scoreworker", "longclips", "enhancement", "reports", "loading", "provenance", "mixing"),
    ("backends", "manifest", "stats"),
    ("folders",),
    ("metrics", "pairing", "weights", "registry", "batching", "dsp", "fetch", "install", "files"),
    ("clips",),
    ("audio", "logs"),
    ("wavwriter", "resampling", "childprocess", "devices", "modelfile", "speechlevel"),
    ("records", "errors", "streams"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FOR_BACKENDS = {"backends.base", "backends.torchtools", "backends.onnxtools", "batching", "dsp", "errors", "records"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Return the modules of seinfer that a module imports, wherever in it, as dotted names below seinfer."""
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


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_imports_only_from_its_level_or_below(path: Path) -> None:
    level = LEVEL[dotted(path).split(".")[0]]
    upwards = {name for name in imports(path) if LEVEL[name.split(".")[0]] < level}
    assert not upwards, f"{dotted(path)} may not import {sorted(upwards)}"


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if p.parent.name == "backends" and p.stem not in ("base", "torchtools", "onnxtools")],
    ids=dotted,
)
def test_backend_sees_the_contract_and_its_own_parts_only(path: Path) -> None:
    family = path.stem.split("_")[0]
    foreign = {
        name
        for name in imports(path)
        if name not in FOR_BACKENDS and not name.startswith(f"backends.{family}") and name != "backends"
    }
    assert not foreign, f"{dotted(path)} may not import {sorted(foreign)}"


@pytest.mark.parametrize(
    "module", ["seinfer.cli", "seinfer.model_commands", "seinfer.cli_metrics", "seinfer.doctor", "seinfer"]
)
def test_import_of_the_light_side_loads_nothing_heavy(module: str) -> None:
    code = (
        f"import {module}, sys; heavy = ['numpy', 'torch', 'tensorflow', 'scipy', 'soundfile', 'onnxruntime', "
        "'requests', 'pooch']; print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_stays_small_enough_to_live_in(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= 400, f"{dotted(path)} has {n_lines} lines"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_module_never_imports_torchaudio(path: Path) -> None:
    assert "import torchaudio" not in path.read_text(encoding="utf-8")


def test_blind_excepts_stand_only_where_the_reason_is_recorded() -> None:
    found = {dotted(path) for path in modules() if "except Exception" in path.read_text(encoding="utf-8")}
    assert found <= {"worker", "scoreworker"}
