"""HTTP: every wait has a limit, redirects are checked, and each refusal names the address and what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests
from urllib3.response import HTTPResponse

from seinfer.core.errors import DownloadError
from seinfer.core.records import ModelSpec
from seinfer.models.download import transport
from seinfer.models.download.transport import CHUNK_BYTES
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, file_of, names_in, served, spec_of

from .bad_server import BadServer

# No test here may use the user's weights folder, other hosts or the normal time limits.
pytestmark = pytest.mark.usefixtures("server")


def refusal(spec: ModelSpec) -> str:
    """Return the message of a download that must fail."""
    with pytest.raises(DownloadError) as caught:
        pull(spec)
    return str(caught.value)


# --- Waiting ---


@pytest.mark.parametrize("mode", ["silent", "dribble"])
def test_pull_server_that_never_answers_is_waited_for_once(server: BadServer, mode: str) -> None:
    assert f"127.0.0.1:{server.port} could not be reached" in refusal(served(server, mode))
    again = refusal(served(server, "ok"))
    assert "not tried again" in again and f"127.0.0.1:{server.port} could not be reached" in again
    assert len(server.requests) == 1


@pytest.mark.parametrize("mode", ["stall-100000", "trickle-100000"])
def test_pull_transfer_that_stops_is_given_up_and_continued_at_the_next_try(
    server: BadServer, partial: Path, final: Path, mode: str
) -> None:
    message = refusal(served(server, mode))
    assert f"127.0.0.1:{server.port} stopped at" in message and "bytes are kept" in message
    assert len(server.requests) == 1
    kept_bytes = partial.stat().st_size
    assert 100_000 <= kept_bytes < 100_000 + CHUNK_BYTES  # every byte that arrived
    pull(served(server, "ok"))
    assert final.read_bytes() == CONTENT
    assert server.requests[-1] == ("/ok/net.th", f"bytes={kept_bytes}-")


def test_pull_slow_but_steady_server_is_not_given_up(server: BadServer, final: Path) -> None:
    pull(served(server, "slow-1500"))  # three times the limit for a pause
    assert final.read_bytes() == CONTENT


def test_pull_server_that_accepts_and_never_starts_tls_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LIMITS", transport.Limits(connect_s=0.5, idle_s=0.5, pause_s=0.01))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        spec = spec_of(file_of(CONTENT, f"https://127.0.0.1:{listening.getsockname()[1]}/net.th"))
        message, again = refusal(spec), refusal(spec)
    assert "could not be reached" in message
    assert "not tried again" in again


def test_pull_https_address_of_a_plain_server_is_reported(server: BadServer) -> None:
    url = server.url("ok", "net.th").replace("http:", "https:")
    assert "SSL" in refusal(spec_of(file_of(CONTENT, url)))


# --- Answers of the server ---


@pytest.mark.parametrize(
    ("mode", "words", "n_requests"),
    [
        ("404", "not there any more, the server answers 404 Not Found", 1),
        ("410", "not there any more", 1),
        ("401", "refuses the file and answers 401", 1),
        ("403", "refuses the file and answers 403 Forbidden", 1),
        ("204", "answers 204", 1),
        ("206", "answers 206", 1),
        ("304", "answers 304", 1),
        ("416", "answers 416", 1),
        ("429", "temporary error and answers 429", 3),
        ("500", "temporary error and answers 500", 3),
        ("503", "temporary error and answers 503", 3),
        ("hangup", "closed the connection before an answer came", 3),
        ("loop", "Exceeded 30 redirects", 31),
        ("nonsense", "Content-Length 'many'", 1),
    ],
)
def test_pull_refusal_names_url_reason_and_alternative(
    server: BadServer, weights_folder: Path, mode: str, words: str, n_requests: int
) -> None:
    with pytest.raises(DownloadError) as caught:
        pull(served(server, mode))
    for part in (server.url(mode, "net.th"), words, "seinfer models pull toy --from DIR|FILE"):
        assert part in str(caught.value)
    assert len(server.requests) == n_requests
    assert names_in(weights_folder) == []


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/net.th", "file:///etc/passwd", "data:,x", "http://[::1"])
def test_pull_redirect_to_another_scheme_is_refused(server: BadServer, target: str) -> None:
    server.elsewhere = target
    with pytest.raises(DownloadError, match=r"not followed|Invalid IPv6 URL"):
        pull(served(server, "redirect"))


@pytest.mark.parametrize(
    ("url", "target", "is_refused"),
    [
        ("https://a.invalid/x", "http://a.invalid/x", True),
        ("HTTPS://a.invalid/x", "HTTP://b.invalid/x", True),
        ("https://a.invalid/x", "//b.invalid/x", False),
        ("https://a.invalid/x", "/y", False),
        ("http://a.invalid/x", "https://b.invalid/x", False),
    ],
)
def test_redirect_only_from_https_to_http_is_refused(url: str, target: str, is_refused: bool) -> None:
    answer = requests.Response()
    answer.status_code, answer.url, answer.raw = 302, url, HTTPResponse()
    answer.headers["location"] = target
    with transport._session() as session:
        if is_refused:
            with pytest.raises(DownloadError, match=r"redirects to .*, expected .*; not followed"):
                session.get_redirect_target(answer)
        else:
            assert session.get_redirect_target(answer) == target


def test_pull_redirect_to_an_unreachable_host_is_not_tried_again(server: BadServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    server.elsewhere = f"http://127.0.0.1:{port}/net.th"
    assert f"127.0.0.1:{port} could not be reached" in refusal(served(server, "redirect"))
    assert "not tried again" in refusal(served(server, "redirect"))


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/net.th", "file:///etc/passwd", "/etc/passwd", "http://", "http://[::1", "http://a:99999/x"]
)
def test_pull_invalid_web_address_is_refused(url: str) -> None:
    with pytest.raises(DownloadError, match=r"is not a (web address|valid URL)|Failed to parse"):
        pull(spec_of(file_of(CONTENT, url)))
