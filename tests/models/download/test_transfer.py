from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError
from seinfer.core.records import ModelSpec
from seinfer.models.download import exchange, reach
from seinfer.models.download.exchange import CHUNK_BYTES
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, file_of, served, spec_of

from .bad_server import BadServer

# No test here may touch the weights folder, the hosts or the patience of the real world.
pytestmark = pytest.mark.usefixtures("server")


def refused(spec: ModelSpec) -> tuple[str, float]:
    """Return the message of a download that must fail, and the seconds until then."""
    begun = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        pull(spec)
    return str(caught.value), time.monotonic() - begun


@pytest.mark.parametrize("mode", ["silent", "dribble"])
def test_download_server_that_never_answers_is_given_up_once_for_all_files(server: BadServer, mode: str) -> None:
    message, waited_s = refused(served(server, mode))
    assert "did not answer within 0.5 s" in message
    assert 0.4 < waited_s < 2.0
    again, waited_again_s = refused(served(server, "ok"))
    assert "not tried again" in again and "did not answer within 0.5 s" in again
    assert waited_again_s < 0.4
    assert len(server.requests) == 1


@pytest.mark.parametrize("mode", ["stall-100000", "trickle-100000"])
def test_download_that_stands_still_is_given_up_and_goes_on_at_the_next_try(
    server: BadServer, partial: Path, final: Path, mode: str
) -> None:
    message, waited_s = refused(served(server, mode))
    assert "stopped at" in message and "bytes are kept" in message
    assert 0.4 < waited_s < 2.0
    kept_bytes = partial.stat().st_size
    assert 100_000 - CHUNK_BYTES <= kept_bytes <= 100_000
    server.sent_bytes = 0
    pull(served(server, "ok"))
    assert final.read_bytes() == CONTENT
    assert server.requests[-1] == ("/ok/net.th", f"bytes={kept_bytes}-")


def test_download_slow_but_steady_server_is_not_given_up(server: BadServer, final: Path) -> None:
    pull(served(server, "slow-1500"))  # three times as long as it may stand still
    assert final.read_bytes() == CONTENT


def test_download_port_that_refuses_fails_at_once_and_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    message, waited_s = refused(spec_of(file_of(CONTENT, f"http://127.0.0.1:{port}/net.th")))
    assert f"127.0.0.1:{port} could not be reached" in message and "refused" in message
    assert waited_s < 0.9
    monkeypatch.setattr(socket, "socket", lambda *args, **kwargs: pytest.fail("a dead host was tried again"))
    again, _ = refused(spec_of(file_of(CONTENT, f"http://127.0.0.1:{port}/another.th", name="another.th")))
    assert "not tried again" in again


@pytest.fixture
def hanging_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let every name resolution hang until the test ends; yield the names asked for."""
    asked: list[str] = []
    ended = threading.Event()

    def hang(host: str, *args: object, **kwargs: object) -> list[object]:
        asked.append(host)
        ended.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "the test is over")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    ended.set()


def test_download_resolver_that_hangs_costs_the_budget_once(hanging_resolver: list[str]) -> None:
    waits_s = []
    for name in ("a.th", "b.th", "c.th"):
        message, waited_s = refused(spec_of(file_of(CONTENT, f"http://weights.invalid/{name}", name=name)))
        waits_s.append(waited_s)
        assert "weights.invalid:80 could not be reached within 1 s" in message
    assert sum(waits_s) < 1.6
    assert hanging_resolver == ["weights.invalid"]


def test_download_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    message, _ = refused(spec_of(file_of(CONTENT, "http://weights.invalid/net.th")))
    assert "Name or service not known" in message


def test_download_host_that_swallows_connections_costs_the_budget_once() -> None:
    # A listener whose queue is full drops further connections without a word, as a firewall does.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            assert filler.connect_ex(listening.getsockname()) == errno.EINPROGRESS
        port = listening.getsockname()[1]
        waits_s = [refused(spec_of(file_of(CONTENT, f"http://127.0.0.1:{port}/{n}")))[1] for n in range(3)]
        for filler in fillers:
            filler.close()
    assert 0.3 < sum(waits_s) < 1.6


def test_download_host_that_takes_the_connection_and_speaks_no_tls_costs_the_budget_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "LIMITS", exchange.Limits(connect_s=1.0, idle_s=20.0, pause_s=0.01))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/net.th"
        message, waited_s = refused(spec_of(file_of(CONTENT, url)))
        again, _ = refused(spec_of(file_of(CONTENT, url)))
    assert "did not answer in time" in message and "not tried again" in again
    assert waited_s < 1.6


def test_download_secure_address_of_a_plain_server_says_so(server: BadServer) -> None:
    message, _ = refused(spec_of(file_of(CONTENT, server.url("ok", "net.th").replace("http:", "https:"))))
    assert "offers no secure connection" in message


def test_reach_time_is_shared_among_a_hosts_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    shares_s = []

    def swallow(address: tuple[str, int], timeout: float) -> socket.socket:
        shares_s.append(timeout)
        time.sleep(timeout)
        raise TimeoutError("timed out")

    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 80)) for n in range(4)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)
    monkeypatch.setattr(socket, "create_connection", swallow)
    with pytest.raises(TimeoutError):
        reach.connect(("h.invalid", 80), budget_s=0.4)
    assert len(shares_s) == 4
    assert sum(shares_s) == pytest.approx(0.4, abs=0.1)


# Proxies and offline -------------------------------------------------------------------------------------------------


def test_download_through_a_proxy_resolves_only_the_proxy(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.port}")
    pull(spec_of(file_of(CONTENT, "http://weights.invalid/ok/net.th")))
    assert final.read_bytes() == CONTENT
    assert server.requests == [("http://weights.invalid/ok/net.th", "")]


def test_download_through_a_dead_proxy_blames_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    for host in ("one.invalid", "two.invalid"):
        message, _ = refused(spec_of(file_of(CONTENT, f"http://{host}/net.th")))
        assert f"127.0.0.1:{port} (the proxy for one.invalid:80) could not be reached" in message


def test_download_host_exempt_from_the_proxy_is_reached_directly(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    pull(served(server, "ok"))
    assert final.exists()


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_pull_offline_opens_no_socket(server: BadServer, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr(socket, "socket", lambda *args, **kwargs: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: pytest.fail("a name was resolved"))
    with pytest.raises(DownloadError, match=r"net\.th.*network is off.*--from"):
        pull(served(server, "ok"), offline=True)
    monkeypatch.setenv("SEINFER_OFFLINE", value)
    with pytest.raises(DownloadError, match="network is off"):
        pull(served(server, "ok"))


def test_pull_offline_variable_zero_is_online(server: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_OFFLINE", "0")
    assert pull(served(server, "ok"))["net.th"].read_bytes() == CONTENT
