"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real weights, clips and goldens, which is no part of the repository."""
    folder = Path(os.environ.get("SEINFER_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip("the folder of real weights and goldens is absent: set SEINFER_SHARED, or put it at ../shared")
    return folder
