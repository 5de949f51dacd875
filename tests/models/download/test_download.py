"""Downloads of one file: what arrives, what is continued, and what is refused because it is another file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from urllib3.response import HTTPResponse

from seinfer.core.errors import DownloadError, IntegrityError
from seinfer.models.download import transport
from seinfer.models.download.transport import CHUNK_BYTES
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, OTHER, names_in, served, sha256, write

from .bad_server import BadServer

SIZE = len(CONTENT)
# No test here may use the user's weights folder, other hosts or the normal time limits.
pytestmark = pytest.mark.usefixtures("server")


class Recorder:
    """Records the progress."""

    def __init__(self) -> None:
        self.starts: list[tuple[str, int | None, int]] = []
        self.n_bytes = 0
        self.n_done = 0

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        self.starts.append((name, total_bytes, already_bytes))

    def on_bytes(self, n: int) -> None:
        self.n_bytes += n

    def on_done(self) -> None:
        self.n_done += 1


# --- Success ---


@pytest.mark.parametrize("mode", ["ok", "noranges", "nolength", "gzip", "slow-200"])
@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
def test_download_any_correct_server_gives_one_file_in_the_folder(
    server: BadServer, weights_folder: Path, mode: str, size: int | None
) -> None:
    paths = pull(served(server, mode, bytes=size))
    assert paths["net.th"].read_bytes() == CONTENT
    assert names_in(weights_folder) == ["toy/net.th"]


def test_download_present_file_is_not_requested_again(server: BadServer) -> None:
    pull(served(server, "ok"))
    pull(served(server, "ok"))
    assert len(server.requests) == 1


def test_download_damaged_file_is_replaced(server: BadServer, final: Path) -> None:
    write(final, OTHER)
    pull(served(server, "ok"))
    assert final.read_bytes() == CONTENT


def test_download_new_file_has_the_users_permissions(server: BadServer, final: Path) -> None:
    before = os.umask(0o027)
    try:
        pull(served(server, "ok"))
    finally:
        os.umask(before)
    assert final.stat().st_mode & 0o777 == 0o640


def test_download_progress_adds_up(server: BadServer) -> None:
    progress = Recorder()
    pull(served(server, "slow-300"), progress=progress)
    assert progress.starts == [("net.th", SIZE, 0)]
    assert (progress.n_bytes, progress.n_done) == (SIZE, 1)


def test_download_progress_of_a_resumed_file_counts_what_is_there(server: BadServer, partial: Path) -> None:
    write(partial, CONTENT[:150_000])
    progress = Recorder()
    pull(served(server, "ok"), progress=progress)
    assert progress.starts == [("net.th", SIZE, 150_000)]
    assert (progress.n_bytes, progress.n_done) == (50_000, 1)


def test_download_error_in_the_progress_display_reaches_the_caller(server: BadServer, final: Path) -> None:
    class Broken(Recorder):
        def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(served(server, "stall-100000"), progress=Broken())
    assert not final.exists()


def test_download_redirect_is_followed(server: BadServer, final: Path) -> None:
    server.elsewhere = server.url("ok", "net.th")
    pull(served(server, "redirect"))
    assert final.read_bytes() == CONTENT


def test_download_temporary_server_error_is_tried_again(server: BadServer, final: Path) -> None:
    pull(served(server, "flaky-2"))
    assert final.read_bytes() == CONTENT
    assert len(server.requests) == 3


# --- Resume ---


def test_download_partial_file_requests_only_the_rest(server: BadServer, partial: Path, weights_folder: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "ok"))
    assert server.sent_bytes == SIZE - 120_000
    assert server.requests == [("/ok/net.th", "bytes=120000-")]
    assert names_in(weights_folder) == ["toy/net.th"]


def test_download_partial_file_server_without_ranges_restarts(server: BadServer, partial: Path, final: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "noranges"))
    assert final.read_bytes() == CONTENT
    assert server.sent_bytes == SIZE


def test_download_connection_lost_once_is_continued(server: BadServer, final: Path) -> None:
    pull(served(server, "cutonce-90000"))
    assert final.read_bytes() == CONTENT
    assert len(server.requests) == 2
    assert server.sent_bytes <= SIZE + CHUNK_BYTES


def test_download_connection_lost_every_time_keeps_the_bytes_for_the_next_try(
    server: BadServer, partial: Path, final: Path
) -> None:
    with pytest.raises(DownloadError, match=r"ended early.*bytes are kept.*--from"):
        pull(served(server, "cut-50000"))
    kept_bytes = partial.stat().st_size
    assert len(server.requests) == transport.LIMITS.tries
    assert 150_000 - 3 * CHUNK_BYTES <= kept_bytes <= 150_000
    assert CONTENT.startswith(partial.read_bytes())
    assert not final.exists()

    server.sent_bytes = 0
    pull(served(server, "ok"))
    assert server.sent_bytes == SIZE - kept_bytes
    assert final.read_bytes() == CONTENT


def test_download_file_without_hash_is_never_joined_from_two_answers(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(DownloadError, match="ended early"):
        pull(served(server, "cut-50000", sha256="", bytes=None))
    assert [ranged for _, ranged in server.requests] == ["", "", ""]
    assert names_in(weights_folder) == []


def test_download_complete_partial_of_known_size_needs_no_request(
    server: BadServer, partial: Path, final: Path
) -> None:
    write(partial, CONTENT)
    pull(served(server, "ok"))
    assert server.requests == []
    assert final.read_bytes() == CONTENT


def test_download_complete_partial_of_unknown_size_is_used_after_416(
    server: BadServer, partial: Path, final: Path
) -> None:
    write(partial, CONTENT)
    pull(served(server, "ok", bytes=None))
    assert server.sent_bytes == 0
    assert final.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
@pytest.mark.parametrize("length", [1000, SIZE, SIZE + 1000])
def test_download_partial_file_with_other_content_restarts(
    server: BadServer, partial: Path, final: Path, size: int | None, length: int
) -> None:
    write(partial, (OTHER * 2)[:length])
    pull(served(server, "ok", bytes=size))
    assert final.read_bytes() == CONTENT
    assert not partial.exists()


def test_download_answer_with_another_range_restarts(server: BadServer, partial: Path, final: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "otherrange-100"))
    assert final.read_bytes() == CONTENT


def test_download_continued_file_with_a_wrong_hash_restarts_once_and_leaves_nothing(
    server: BadServer, partial: Path, weights_folder: Path
) -> None:
    write(partial, CONTENT[:120_000])
    with pytest.raises(IntegrityError):
        pull(served(server, "wrong"))
    assert [ranged for _, ranged in server.requests] == ["bytes=120000-", ""]
    assert names_in(weights_folder) == []


def test_download_short_body_that_the_http_library_accepts_is_an_early_end(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # urllib3 before 2.0 does not compare the bytes received with the Content-Length.
    bodies = iter([CONTENT[:1000], b""] * 3)
    monkeypatch.setattr(HTTPResponse, "read1", lambda self, size, decode_content: next(bodies))
    with pytest.raises(DownloadError, match=r"ended early, at 3,000 of 200,000 bytes"):
        pull(served(server, "ok"))


# --- Other files ---


def test_download_wrong_content_of_the_right_size_names_hashes_url_and_alternative(
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
def test_download_web_page_in_place_of_the_file_is_named(
    server: BadServer, weights_folder: Path, mode: str, size: int | None
) -> None:
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, mode, bytes=size))
    assert names_in(weights_folder) == []


def test_download_redirect_to_a_web_page_is_named(server: BadServer, weights_folder: Path) -> None:
    server.elsewhere = server.url("page", "login")
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, "redirect"))
    assert names_in(weights_folder) == []


def test_download_web_page_for_a_file_without_hash_is_never_pinned(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(IntegrityError, match="begins like a web page"):
        pull(served(server, "page", sha256="", bytes=None))
    assert names_in(weights_folder) == []


def test_download_wrong_announced_size_is_refused_before_the_body(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(IntegrityError, match=r"announces 200,000 bytes, expected 150,000"):
        pull(served(server, "ok", bytes=150_000))
    assert names_in(weights_folder) == []


def test_download_endless_answer_is_refused(
    server: BadServer, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_FILE_BYTES", 1 << 20)
    for size in (SIZE, None):
        with pytest.raises(IntegrityError, match="sends more than"):
            pull(served(server, "endless", bytes=size))
    assert names_in(weights_folder) == []


def test_download_shorter_file_is_refused(server: BadServer) -> None:
    with pytest.raises(IntegrityError, match=r"announces 199,900 bytes, expected 200,000"):
        pull(served(server, "shorter"))
    with pytest.raises(IntegrityError, match=r"199,900 bytes, expected sha256"):
        pull(served(server, "shorter", bytes=None))


def test_download_body_shorter_than_announced_is_an_early_end(server: BadServer, weights_folder: Path) -> None:
    with pytest.raises(DownloadError, match="ended early"):
        pull(served(server, "longer", bytes=None))
    assert names_in(weights_folder) == ["toy/net.th.part"]
