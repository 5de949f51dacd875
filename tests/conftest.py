"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import sharedfiles


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real weights, clips and goldens, which is no part of the repository."""
    folder = sharedfiles.shared_folder()
    if folder is None:
        pytest.skip("the folder of real weights and goldens is absent: set SEINFER_SHARED, or put it at ../shared")
    return folder
