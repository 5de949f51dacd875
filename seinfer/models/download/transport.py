"""One HTTP GET with `requests` into a partial file, continued with a Range request (RFC 9110, section 14).

The rule: every wait has a limit, also on name resolution and on an answer that arrives one byte at a time. A host that
gave no answer is not asked again in this process: a run that needs ten files from it waits once.
"""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ...core.errors import DownloadError, IntegrityError
from .checks import content_hint
from .partial_files import PartialFile
from .progress import Progress

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 16 << 10
MAX_FILE_BYTES = 4 << 30
"""Limit for a file of unknown size: an endless answer must end too."""
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
_no_answer: dict[str, str] = {}
"""host:port -> why it is not asked again."""


@dataclass(frozen=True)
class Limits:
    """How long to wait, and how often to try.

    Attributes:
        connect_s: for connecting to one address of a host.
        idle_s: for the answer, and for each further CHUNK_BYTES of the body.
        pause_s: before another try; later pauses are longer.
        tries: how often a request is sent if the failure may be temporary.
    """

    connect_s: float = 9.0
    idle_s: float = 30.0
    pause_s: float = 1.0
    tries: int = 3


LIMITS = Limits()


class ConnectionLostError(DownloadError):
    """The connection ended early. Another try may succeed, and the bytes received so far are kept for it."""


class RangeRefusedError(DownloadError):
    """The server cannot continue at the end of the partial file."""


def receive(url: str, partial: PartialFile, expected_bytes: int | None, name: str, progress: Progress) -> int:
    """Request the part of a file that `partial` does not contain yet, and append it.

    Args:
        url: http or https.
        partial: file to append to.
        expected_bytes: size of the whole file, None if unknown.
        name: for the progress display.
        progress: receives the progress.

    Returns:
        Number of bytes of the file that an earlier request received; 0 if the server sent the whole file.

    Raises:
        ConnectionLostError: the connection ended early.
        RangeRefusedError: the server cannot continue the partial file.
        IntegrityError: the server announces or sends another size than expected.
        DownloadError: any other reason.
    """
    import requests
    import urllib3

    with _session() as session, _get(session, url, partial.size_bytes) as response:
        try:
            total_bytes = partial.needed_bytes = _total_bytes(url, response, partial, expected_bytes)
            offset = partial.size_bytes
            progress.on_start(name, total_bytes, offset)
            try:
                _append_body(url, response, partial, expected_bytes or MAX_FILE_BYTES, progress)
            finally:
                progress.on_done()
        except urllib3.exceptions.ReadTimeoutError as error:
            raise _stopped(url, partial) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ConnectionLostError(f"{url}: the transfer ended early, at {partial.position}") from error
    if total_bytes is not None and partial.size_bytes < total_bytes:  # urllib3 checks this only from version 2 on
        raise ConnectionLostError(f"{url}: the transfer ended early, at {partial.position}")
    return offset


def forget_hosts() -> None:
    """Ask every host again."""
    _no_answer.clear()


def _session() -> requests.Session:
    """Return a session that repeats requests after temporary errors, and follows no redirect to an unsafe scheme."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:
            target = super().get_redirect_target(resp)
            if target and not _is_safe_redirect(resp.url, target):
                resp.close()
                raise DownloadError(
                    f"{resp.url}: redirects to {target}, expected {urlsplit(resp.url).scheme}; not followed"
                )
            return target

    n_more = LIMITS.tries - 1
    retry = Retry(
        total=n_more, connect=0, read=False, status=n_more, status_forcelist=_TEMPORARY_STATUSES,
        backoff_factor=LIMITS.pause_s, respect_retry_after_header=False, raise_on_status=False,
    )  # fmt: skip
    session = Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, HTTPAdapter(max_retries=retry))
    return session


def _is_safe_redirect(url: str, target: str) -> bool:
    """Return whether a redirect leads to a valid http or https URL, and not from https to http."""
    try:
        after = urlsplit(urljoin(url, target)).scheme.lower()
    except ValueError:
        return False
    return after == "https" or (after == "http" and not url.lower().startswith("https:"))


def _get(session: requests.Session, url: str, offset: int) -> requests.Response:
    """Return the answer to a request for the bytes from `offset` on, after all redirects; its body is not read yet."""
    import requests
    import urllib3

    host = _host_of(url)
    if host in _no_answer:
        raise DownloadError(f"{url}: {_no_answer[host]} (seen earlier in this run; not tried again)")
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={offset}-"} if offset else {})}
    options: dict[str, Any] = {"headers": headers, "stream": True, "timeout": (LIMITS.connect_s, LIMITS.idle_s)}
    outcome: Future[requests.Response] = Future()

    def send() -> None:
        try:
            outcome.set_result(session.get(url, **options))
        except BaseException as error:  # noqa: BLE001 raised again below by `Future.result`
            outcome.set_exception(error)

    # `requests` limits each wait for a packet, but neither name resolution nor their sum: hence a thread to give up on.
    threading.Thread(target=send, name="seinfer-download", daemon=True).start()
    limit_s = LIMITS.connect_s + LIMITS.idle_s
    try:
        if not wait([outcome], limit_s).done:
            outcome.add_done_callback(_close_late_answer)
            raise requests.Timeout(f"no answer within {limit_s:g} s")
        return outcome.result()
    except (requests.ConnectionError, requests.Timeout) as error:
        if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
            raise ConnectionLostError(f"{url}: {host} closed the connection before an answer came") from error
        failed = urlsplit(str(error.request.url)).netloc if error.request else host  # a redirect may lead elsewhere
        cause = getattr(error.args[0], "reason", error) if error.args else error  # without the retries of urllib3
        reason = _no_answer[host] = _no_answer[failed] = f"{failed} could not be reached: {cause}"
        raise DownloadError(f"{url}: {reason}") from error
    except (requests.RequestException, ValueError) as error:  # ValueError: the address of a redirect is not valid
        raise DownloadError(f"{url}: cannot be downloaded ({error})") from error


def _close_late_answer(outcome: Future[requests.Response]) -> None:
    if not outcome.exception():
        outcome.result().close()


def _host_of(url: str) -> str:
    try:
        if host := urlsplit(url).netloc:
            return host
    except ValueError as error:
        raise DownloadError(f"{url}: is not a valid URL ({error})") from error
    raise DownloadError(f"{url}: is not a valid URL; it contains no host")


def _total_bytes(url: str, response: requests.Response, partial: PartialFile, expected_bytes: int | None) -> int | None:
    """Check the status and headers of an answer; return the size of the whole file, None if unknown.

    After it, the body belongs at the end of `partial`.
    """
    offset, length = partial.size_bytes, response.headers.get("content-length", "")
    is_encoded = response.headers.get("content-encoding", "identity").lower() not in ("", "identity")
    if offset and response.status_code == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        total_bytes = int(match[2]) if match and match[2] != "*" else expected_bytes
        if not match or int(match[1]) != offset or expected_bytes not in (None, total_bytes) or is_encoded:
            raise RangeRefusedError(f"{url}: the server sends another range than requested")
        return total_bytes
    if offset and response.status_code == 416:
        raise RangeRefusedError(f"{url}: the server has nothing after byte {offset:,} (416)")
    if response.status_code != 200:
        raise DownloadError(_refusal(url, response))
    if length and not length.isdecimal():
        raise DownloadError(f"{url}: the server answers with Content-Length {length!r}, expected a number")
    partial.restart()
    total_bytes = int(length) if length and not is_encoded else None
    if total_bytes is not None and expected_bytes not in (None, total_bytes):
        hint = content_hint(response.raw.read(64))
        raise IntegrityError(f"{url}: the server announces {total_bytes:,} bytes, expected {expected_bytes:,}{hint}")
    return total_bytes


def _refusal(url: str, response: requests.Response) -> str:
    status = f"{response.status_code} {response.reason or ''}".strip()
    if response.status_code in _TEMPORARY_STATUSES:
        return f"{url}: the server has a temporary error and answers {status}, expected 200"
    if response.status_code in (404, 410):
        return f"{url}: the file is not there any more, the server answers {status}"
    return f"{url}: the server refuses the file and answers {status}, expected 200"


def _append_body(
    url: str, response: requests.Response, partial: PartialFile, limit_bytes: int, progress: Progress
) -> None:
    started_s, n_since = time.monotonic(), 0
    # read1 returns what has arrived: a body that comes one byte at a time must not keep a larger read waiting.
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
        if partial.size_bytes + len(chunk) > limit_bytes:
            raise IntegrityError(f"{url}: the server sends more than {limit_bytes:,} bytes, expected no more")
        partial.write(chunk)
        progress.on_bytes(len(chunk))
        n_since += len(chunk)
        if n_since >= CHUNK_BYTES:
            started_s, n_since = time.monotonic(), 0
        elif time.monotonic() - started_s > LIMITS.idle_s:
            raise _stopped(url, partial)


def _stopped(url: str, partial: PartialFile) -> DownloadError:
    pace = f"less than {CHUNK_BYTES:,} bytes in {LIMITS.idle_s:g} s"
    return DownloadError(f"{url}: {urlsplit(url).netloc} stopped at {partial.position} ({pace})")
