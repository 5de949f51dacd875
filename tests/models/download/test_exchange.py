from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError, IntegrityError
from seinfer.models.download import exchange, partials
from seinfer.models.download.exchange import Exchange
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, file_of, names_in, served, sha256, spec_of

from .bad_server import BadServer

SIZE = len(CONTENT)
# No test here may touch the weights folder, the hosts or the patience of the real world.
pytestmark = pytest.mark.usefixtures("server")


# What is not the file ------------------------------------------------------------------------------------------------


def test_download_wrong_bytes_of_the_right_size_tell_hashes_url_and_way_out(
    server: BadServer, weights_folder: Path
) -> None:
    with pytest.raises(IntegrityError) as caught:
        pull(served(server, "wrong"))
    wrong = sha256(bytes(byte ^ 1 for byte in CONTENT))
    for part in (server.url("wrong", "net.th"), wrong, sha256(CONTENT), "seinfer models pull toy --from DIR|FILE"):
        assert part in str(caught.value)
    assert names_in(weights_folder) == []


@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
@pytest.mark.parametrize("mode", ["page", "paddedpage"])
def test_download_web_page_in_place_of_the_file_is_called_so(
    server: BadServer, weights_folder: Path, mode: str, size: int | None
) -> None:
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, mode, bytes=size))
    assert names_in(weights_folder) == []


def test_download_redirect_to_a_web_page_is_called_so(server: BadServer, weights_folder: Path) -> None:
    server.elsewhere = server.url("page", "login")
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, "redirect"))
    assert names_in(weights_folder) == []


def test_download_web_page_is_never_pinned_where_no_hash_is_known(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, "page", sha256="", bytes=None))
    assert names_in(weights_folder) == []


def test_download_announced_size_is_wrong_before_the_body_is_read(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(IntegrityError, match=r"announces 200,000 bytes, expected 150,000"):
        pull(served(server, "ok", bytes=150_000))
    assert names_in(weights_folder) == []


def test_download_more_bytes_than_expected_are_refused(
    server: BadServer, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_FILE_BYTES", 1 << 20)
    for size in (SIZE, None):
        with pytest.raises(IntegrityError, match="sends more than"):
            pull(served(server, "endless", bytes=size))
    assert names_in(weights_folder) == []


def test_download_announces_less_than_it_has_is_a_wrong_file(server: BadServer) -> None:
    with pytest.raises(IntegrityError, match=r"announces 199,900 bytes, expected 200,000"):
        pull(served(server, "shorter"))
    with pytest.raises(IntegrityError, match=r"199,900 bytes, expected sha256"):
        pull(served(server, "shorter", bytes=None))


def test_download_announces_more_than_it_sends_is_an_early_end(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(DownloadError, match="ended early"):
        pull(served(server, "longer", bytes=None))
    assert names_in(weights_folder) == ["toy/net.th.part"]


# What the server says ------------------------------------------------------------------------------------------------


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
        ("429", "in trouble and answers 429", 3),
        ("500", "in trouble and answers 500", 3),
        ("503", "in trouble and answers 503", 3),
        ("hangup", "hung up without an answer", 3),
        ("loop", "redirects in a circle", 31),
        ("nonsense", "Content-Length 'many'", 1),
    ],
)
def test_download_refusal_tells_url_reason_and_way_out(
    server: BadServer, weights_folder: Path, mode: str, words: str, n_requests: int
) -> None:
    with pytest.raises(DownloadError) as caught:
        pull(served(server, mode))
    for part in (server.url(mode, "net.th"), words, "seinfer models pull toy --from DIR|FILE"):
        assert part in str(caught.value)
    assert len(server.requests) == n_requests
    assert names_in(weights_folder) == []


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/net.th", "file:///etc/passwd", "data:,x", "http://[::1"])
def test_download_redirect_to_what_is_no_web_address_is_refused(server: BadServer, target: str) -> None:
    server.elsewhere = target
    with pytest.raises(DownloadError, match=r"not followed|no address"):
        pull(served(server, "redirect"))


def test_download_redirect_from_https_to_http_is_refused(server: BadServer, tmp_path: Path) -> None:
    with partials.private(tmp_path / "net.th") as unused:
        work = Exchange("https://example.org/net.th", unused, None)
        with pytest.raises(DownloadError, match="expected https; not followed"):
            work._follow(server.url("ok", "net.th"))
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/net.th", "file:///etc/passwd", "/etc/passwd", "http://", "http://[::1", "http://a:99999/x"]
)
def test_download_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(DownloadError, match=r"is no (web address|URL)"):
        pull(spec_of(file_of(CONTENT, url)))
