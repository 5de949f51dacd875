from __future__ import annotations

import os
from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError, IntegrityError
from seinfer.models.download import exchange, partials
from seinfer.models.download.exchange import CHUNK_BYTES, Exchange
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, OTHER, names_in, served, write

from .bad_server import BadServer

SIZE = len(CONTENT)
# No test here may touch the weights folder, the hosts or the patience of the real world.
pytestmark = pytest.mark.usefixtures("server")


class Recorder:
    """Progress that is kept."""

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


# What goes well ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["ok", "noranges", "nolength", "gzip", "slow-200"])
@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
def test_download_file_arrives_alone_in_its_folder(
    server: BadServer, weights_folder: Path, mode: str, size: int | None
) -> None:
    paths = pull(served(server, mode, bytes=size))
    assert paths["net.th"].read_bytes() == CONTENT
    assert names_in(weights_folder) == ["toy/net.th"]


def test_download_file_that_is_there_is_not_fetched_again(server: BadServer) -> None:
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


def test_download_error_of_the_progress_display_is_the_callers(server: BadServer, final: Path) -> None:
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


def test_download_server_in_trouble_is_asked_again(server: BadServer, final: Path) -> None:
    pull(served(server, "flaky-2"))
    assert final.read_bytes() == CONTENT
    assert len(server.requests) == 3


# Going on where it stopped -------------------------------------------------------------------------------------------


def test_download_partial_file_only_the_rest_is_sent(server: BadServer, partial: Path, weights_folder: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "ok"))
    assert server.sent_bytes == SIZE - 120_000
    assert server.requests == [("/ok/net.th", "bytes=120000-")]
    assert names_in(weights_folder) == ["toy/net.th"]


def test_download_partial_file_server_without_ranges_begins_anew(server: BadServer, partial: Path, final: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "noranges"))
    assert final.read_bytes() == CONTENT
    assert server.sent_bytes == SIZE


def test_download_cut_in_the_middle_goes_on_by_itself(server: BadServer, final: Path) -> None:
    pull(served(server, "cutonce-90000"))
    assert final.read_bytes() == CONTENT
    assert len(server.requests) == 2
    assert server.sent_bytes <= SIZE + CHUNK_BYTES


def test_download_cut_every_time_keeps_what_came_for_the_next_try(
    server: BadServer, partial: Path, final: Path
) -> None:
    with pytest.raises(DownloadError, match=r"ended early.*bytes are kept.*--from"):
        pull(served(server, "cut-50000"))
    kept_bytes = partial.stat().st_size
    assert len(server.requests) == exchange.LIMITS.tries
    assert 150_000 - 3 * CHUNK_BYTES <= kept_bytes <= 150_000
    assert CONTENT.startswith(partial.read_bytes())
    assert not final.exists()

    server.sent_bytes = 0
    pull(served(server, "ok"))
    assert server.sent_bytes == SIZE - kept_bytes
    assert final.read_bytes() == CONTENT


def test_download_cut_of_a_file_without_hash_is_never_put_together(server: BadServer, weights_folder: Path) -> None:
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


def test_download_complete_partial_of_unknown_size_is_taken_on_416(
    server: BadServer, partial: Path, final: Path
) -> None:
    write(partial, CONTENT)
    pull(served(server, "ok", bytes=None))
    assert server.sent_bytes == 0
    assert final.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
@pytest.mark.parametrize("length", [1000, SIZE, SIZE + 1000])
def test_download_partial_of_other_content_is_begun_anew(
    server: BadServer, partial: Path, final: Path, size: int | None, length: int
) -> None:
    write(partial, (OTHER * 2)[:length])
    pull(served(server, "ok", bytes=size))
    assert final.read_bytes() == CONTENT
    assert not partial.exists()


def test_download_answer_with_another_range_is_begun_anew(server: BadServer, partial: Path, final: Path) -> None:
    write(partial, CONTENT[:120_000])
    pull(served(server, "otherrange-100"))
    assert final.read_bytes() == CONTENT


def test_download_resumed_into_a_wrong_hash_tries_once_more_and_leaves_nothing(
    server: BadServer, partial: Path, weights_folder: Path
) -> None:
    write(partial, CONTENT[:120_000])
    with pytest.raises(IntegrityError):
        pull(served(server, "wrong"))
    assert [ranged for _, ranged in server.requests] == ["bytes=120000-", ""]
    assert names_in(weights_folder) == []


def test_download_short_body_that_the_http_library_lets_pass_is_an_early_end(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(self: Exchange) -> None:  # urllib3 before 2.0 does not compare what came with what was announced
        self.total_bytes = SIZE
        self.write(CONTENT[:1000])

    monkeypatch.setattr(Exchange, "get", short)
    with pytest.raises(DownloadError, match=r"ended early, at 3,000 of 200,000 bytes"):
        pull(served(server, "ok"))


def test_download_thread_that_was_left_behind_writes_no_more(server: BadServer, tmp_path: Path) -> None:
    with partials.private(tmp_path / "net.th") as partial:
        work = Exchange(server.url("ok", "net.th"), partial, SIZE)
        work.write(CONTENT[:1000])
        work.cut_off()
        with pytest.raises(DownloadError, match="given up"):
            work.write(CONTENT[1000:])
        assert partial.size_bytes == 1000
