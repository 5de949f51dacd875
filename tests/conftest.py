"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import helpers
from tests.browser import browser as browser  # a fixture
from tests.ray_cluster import ray_cluster as ray_cluster  # a fixture

# The time of an example depends on the machine, so it is not limited.
hypothesis.settings.register_profile("seinfer", deadline=None)
hypothesis.settings.load_profile("seinfer")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "package_index: needs the package index")
    config.addinivalue_line("markers", "xdist_group(name): under pytest-xdist, run all of that name in one worker")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of a file to one worker, so that its fixtures are set up once, and files of a named group too."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real weights, clips and goldens, which is not part of the repository."""
    folder = helpers.shared_folder()
    if folder is None:
        pytest.skip("the folder of real weights and goldens is absent: set SEINFER_SHARED, or put it at ../shared")
    return folder


@pytest.fixture(scope="session", autouse=True)
def score_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Use a score cache of the tests, not that of the user."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEINFER_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """Return a function that lists the living processes that the test started, and those that they started.

    They are recognised by a variable of their environment. At the end, those that are left are ended.
    """
    value = uuid.uuid4().hex
    monkeypatch.setenv("SEINFER_TEST", value)
    find = partial(helpers.processes_with, f"SEINFER_TEST={value}")
    yield find
    for process_id in find():
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


@pytest.fixture
def weights_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point seinfer to an empty weights folder, and to no proxy and no offline mode of the machine."""
    for name in ("SEINFER_OFFLINE", *(f"{scheme}_proxy" for scheme in ("http", "https", "all", "no"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path / "weights"
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Return the address of an S3 server on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the client of an S3 server that has one empty bucket, "lab"; copies are below the folder of the test."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "the-key",
        "AWS_SECRET_ACCESS_KEY": "the-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SEINFER_CACHE_DIR": str(tmp_path / "copies"),
    }.items():
        monkeypatch.setenv(name, value)
    client = pytest.importorskip("boto3").client("s3")
    client.create_bucket(Bucket="lab")
    yield client
    for found in client.list_objects_v2(Bucket="lab").get("Contents", []):
        client.delete_object(Bucket="lab", Key=found["Key"])
    client.delete_bucket(Bucket="lab")
    client.close()
