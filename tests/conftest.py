"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, weights and authors' outputs, which is not part of the repository."""
    folder = Path(os.environ.get("SEINFER_SHARED") or _ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: real clips and weights are not there (set SEINFER_SHARED)")
    return folder
