"""Models for the tests of the weights folder; their files contain random bytes."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seinfer.core.records import ModelSpec, WeightFile
from seinfer.models.download.partial_files import LOCK_NAME

if TYPE_CHECKING:
    from tests.models.download.bad_server import BadServer

CONTENT = random.Random(0).randbytes(200_000)
OTHER = random.Random(1).randbytes(200_000)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    """Return the id that `git hash-object` prints."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def file_of(content: bytes, url: str = "http://127.0.0.1:1/none", name: str = "net.th", **changes: Any) -> WeightFile:
    """Return a file with all fields set; `changes` replace fields of WeightFile."""
    fields: dict[str, Any] = {"name": name, "url": url, "sha256": sha256(content), "bytes": len(content)}
    return WeightFile(**{**fields, **changes})


def spec_of(*files: WeightFile, name: str = "toy") -> ModelSpec:
    return ModelSpec(
        name=name,
        summary="a model of the tests",
        backend="seinfer.backends.noisy:load",
        sample_rate=16000,
        causal=True,
        latency_ms=0,
        n_parameters=0,
        license_code="MIT",
        license_weights="MIT",
        source="tests",
        verified="never",
        files=files,
    )


def served(server: BadServer, mode: str, **changes: Any) -> ModelSpec:
    """Return a model with one file, which the server serves in a certain mode."""
    return spec_of(file_of(CONTENT, server.url(mode, "net.th"), **changes))


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names_in(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, without the empty lock files, which are never removed."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME]
    return sorted(str(path.relative_to(folder)) for path in files)


def run_python(code: str, **environment: str) -> str:
    """Return the output of Python code in a new process without a home or weights folder in its environment."""
    clean = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    clean.pop("SEINFER_WEIGHTS_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**clean, **environment}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
