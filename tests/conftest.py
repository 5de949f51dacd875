"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seinfer.models.download import exchange, reach
from tests import helpers
from tests.models.download.bad_server import BadServer
from tests.models.toy_models import CONTENT, OTHER


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group(name): under pytest-xdist, run all of that name in one worker")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of a file to one worker, so that its fixtures are set up once."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(str(item.path)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real weights, clips and goldens, which is no part of the repository."""
    folder = helpers.shared_folder()
    if folder is None:
        pytest.skip("the folder of real weights and goldens is absent: set SEINFER_SHARED, or put it at ../shared")
    return folder


@pytest.fixture(scope="session", autouse=True)
def score_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the figures that tests compute out of the user's cache, and those of the user out of tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEINFER_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture
def weights_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point seinfer to an empty weights folder, and to no proxy and no offline mode of the machine."""
    for name in ("SEINFER_OFFLINE", *(f"{scheme}_proxy" for scheme in ("http", "https", "all", "no"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path / "weights"
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(folder))
    return folder


@pytest.fixture
def final(weights_folder: Path) -> Path:
    """Return where the file of the toy model belongs."""
    return weights_folder / "toy" / "net.th"


@pytest.fixture
def partial(final: Path) -> Path:
    """Return where a download of it grows."""
    return final.with_name("net.th.part")


@pytest.fixture
def server(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BadServer]:
    """Run a misbehaving web server, with a downloader that loses patience soon and remembers no host."""
    monkeypatch.setattr(exchange, "LIMITS", exchange.Limits(connect_s=1.0, idle_s=0.5, pause_s=0.01))
    reach.forget()
    with BadServer({"net.th": CONTENT, "second.th": OTHER}) as running:
        yield running
    reach.forget()
