"""What the tests of backends need of pytest: a process of their own for a framework's, see tests/ownprocess.py."""

from __future__ import annotations

import pytest

from tests import ownprocess


def pytest_configure(config: pytest.Config) -> None:
    ownprocess.configure(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ownprocess.to_the_end(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    return ownprocess.play(item) or None


@pytest.fixture(scope="session")
def _needs_torch() -> None:
    pytest.importorskip("torch", reason="torch, of the extras segan and denoiser, is not installed")
