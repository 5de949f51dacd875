"""Fixtures for the tests of models and downloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .download.bad_server import BadServer, run_bad_server


@pytest.fixture
def final(weights_folder: Path) -> Path:
    """Return the path of the toy model's file."""
    return weights_folder / "toy" / "net.th"


@pytest.fixture
def partial(final: Path) -> Path:
    """Return the path of its partial file."""
    return final.with_name("net.th.part")


@pytest.fixture
def server(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BadServer]:
    """Run a misbehaving web server; downloads have short time limits and remember no host."""
    with run_bad_server(monkeypatch) as running:
        yield running
