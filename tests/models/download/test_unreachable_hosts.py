"""Hosts that cannot be reached cost a limited time, once per process; proxies follow the rules of `requests`."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError
from seinfer.core.records import ModelSpec
from seinfer.models.download import transport
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, file_of, served, spec_of

from .bad_server import BadServer

# No test here may use the user's weights folder, other hosts or the normal time limits.
pytestmark = pytest.mark.usefixtures("server")


def refusal(spec: ModelSpec) -> str:
    """Return the message of a download that must fail."""
    with pytest.raises(DownloadError) as caught:
        pull(spec)
    return str(caught.value)


def toy_at(url: str) -> ModelSpec:
    return spec_of(file_of(CONTENT, url))


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Yield a port that drops connections without an answer, as a firewall does: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            assert filler.connect_ex(listening.getsockname()) == errno.EINPROGRESS
        yield listening.getsockname()[1]
        for filler in fillers:
            filler.close()


@pytest.fixture
def hanging_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let each name resolution hang until the test ends; yield the requested names."""
    requested: list[str] = []
    ended = threading.Event()

    def hang(host: str, *args: object, **kwargs: object) -> list[object]:
        requested.append(host)
        ended.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "the test is over")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield requested
    ended.set()


def forbid_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *args, **kwargs: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: pytest.fail("a name was resolved"))


# --- Unreachable hosts ---


def test_pull_port_that_refuses_is_not_tried_again(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(toy_at(f"http://127.0.0.1:{closed_port}/net.th"))
    assert f"127.0.0.1:{closed_port} could not be reached" in message and "refused" in message
    forbid_sockets(monkeypatch)
    again = refusal(spec_of(file_of(CONTENT, f"http://127.0.0.1:{closed_port}/another.th", name="another.th")))
    assert "not tried again" in again


def test_pull_resolver_that_hangs_is_waited_for_once(hanging_resolver: list[str]) -> None:
    messages = [refusal(toy_at(f"http://weights.invalid/{name}")) for name in ("a.th", "b.th", "c.th")]
    assert all("weights.invalid could not be reached: no answer within 1.5 s" in message for message in messages)
    assert ["not tried again" in message for message in messages] == [False, True, True]
    assert hanging_resolver == ["weights.invalid"]


def test_pull_unknown_host_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "Name or service not known" in refusal(toy_at("http://weights.invalid/net.th"))


def test_pull_host_that_drops_connections_is_waited_for_once(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{silent_port}/net.th"
    assert f"127.0.0.1:{silent_port} could not be reached" in refusal(toy_at(url))
    forbid_sockets(monkeypatch)
    assert "not tried again" in refusal(toy_at(url))


def test_pull_host_whose_first_address_drops_connections_is_reached_at_the_second(
    server: BadServer, silent_port: int, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (silent_port, server.port)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)
    monkeypatch.setattr(transport, "LIMITS", transport.Limits(connect_s=1.0, idle_s=5.0, pause_s=0.01))
    pull(toy_at("http://two-addresses.invalid/ok/net.th"))
    assert final.read_bytes() == CONTENT


# --- Proxies and offline mode ---


def test_pull_through_a_proxy_resolves_only_the_proxy(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.port}")
    pull(toy_at("http://weights.invalid/ok/net.th"))
    assert final.read_bytes() == CONTENT
    assert server.requests == [("http://weights.invalid/ok/net.th", "")]


def test_pull_through_an_unreachable_proxy_names_the_proxy(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    message = refusal(toy_at("http://weights.invalid/net.th"))
    assert "Unable to connect to proxy" in message and f"{closed_port}" in message


def test_pull_host_exempt_from_the_proxy_is_reached_directly(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    pull(served(server, "ok"))
    assert final.exists()


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_pull_offline_opens_no_socket(server: BadServer, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    forbid_sockets(monkeypatch)
    with pytest.raises(DownloadError, match=r"net\.th.*network is off.*--from"):
        pull(served(server, "ok"), offline=True)
    monkeypatch.setenv("SEINFER_OFFLINE", value)
    with pytest.raises(DownloadError, match="network is off"):
        pull(served(server, "ok"))


def test_pull_offline_variable_zero_is_online(server: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_OFFLINE", "0")
    assert pull(served(server, "ok"))["net.th"].read_bytes() == CONTENT
