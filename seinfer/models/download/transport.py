"""One HTTP GET with `requests` into a partial file, continued with a Range request (RFC 9110, section 14).

The rule: each wait has a limit. `requests` limits the wait for one packet only; a header or body that arrives a byte at
a time would keep it busy for ever. Therefore blocking calls run in a thread that is abandoned when their time is over
(`time_limits`); only the caller's thread writes to the file.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ...core.errors import DownloadError, IntegrityError
from . import hosts
from .checks import content_hint
from .hosts import endpoint_name, endpoint_of
from .partial_files import PartialFile
from .progress import Progress
from .time_limits import call_within, iterate_within, start_thread

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 16 << 10
MAX_FILE_BYTES = 4 << 30
"""Limit for a file of unknown size: an endless answer must end too."""
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Limits:
    """How long to wait, and how often to try.

    Attributes:
        connect_s: for name resolution and connecting to all addresses of a host together.
        idle_s: for the answer, and for each further CHUNK_BYTES of the body; a slower transfer is given up.
        pause_s: before another try; later pauses are longer.
        tries: how often a request is sent when the failure may be temporary.
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
        Number of bytes of the file that an earlier request received; 0 when the server sent the whole file.

    Raises:
        ConnectionLostError: the connection ended early.
        RangeRefusedError: the server cannot continue the partial file.
        IntegrityError: the server announces or sends another size than expected.
        DownloadError: any other reason.
    """
    import requests
    import urllib3

    with _session() as session:
        response = _open(session, url, partial.size_bytes)
        try:
            total_bytes = partial.needed_bytes = _prepare(url, response, partial, expected_bytes)
            offset = partial.size_bytes
            progress.on_start(name, total_bytes, offset)
            try:
                _append_body(url, response, partial, expected_bytes or MAX_FILE_BYTES, progress)
            finally:
                progress.on_done()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _ended_early(url, partial) from error
        finally:
            start_thread(response.close)  # it would wait for an abandoned thread that still reads
    if total_bytes is not None and partial.size_bytes < total_bytes:  # urllib3 before 2.0 does not check this
        raise _ended_early(url, partial)
    return offset


def _session() -> requests.Session:
    """Return a session that repeats a request when the server reports a temporary error."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    n_more = LIMITS.tries - 1
    retry = Retry(
        total=n_more, status=n_more, connect=0, read=False, other=0, status_forcelist=_TEMPORARY_STATUSES,
        backoff_factor=LIMITS.pause_s, respect_retry_after_header=False, raise_on_status=False,
    )  # fmt: skip
    session = requests.Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, HTTPAdapter(max_retries=retry))
    return session


def _open(session: requests.Session, url: str, offset: int) -> requests.Response:
    """Return the answer to a request for the bytes from `offset` on, after all redirects."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={offset}-"} if offset else {})}
    current = url
    for _ in range(session.max_redirects + 1):
        response = _request(session, url, current, headers)
        target = session.get_redirect_target(response)
        if target is None:
            return response
        response.close()
        current = _redirected(url, current, target)
    raise DownloadError(f"{url}: more than {session.max_redirects} redirects, the last to {current}; not followed")


def _redirected(url: str, current: str, target: str) -> str:
    """Return the URL that a redirect leads to."""
    new = urljoin(current, target)
    before, after = urlsplit(current).scheme.lower(), urlsplit(new).scheme.lower()
    if after not in ("http", "https") or (before, after) == ("https", "http"):
        raise DownloadError(f"{url}: redirects to {new}, expected {before}; not followed")
    return new


def _request(session: requests.Session, url: str, current: str, headers: dict[str, str]) -> requests.Response:
    """Send one request, without redirects; return the answer, its body still to be read."""
    import requests
    import urllib3

    route = hosts.route_of(current)
    hosts.require_reachable(url, route, LIMITS.connect_s)
    timeout = (LIMITS.connect_s, LIMITS.idle_s + 1)  # `call_within` ends the wait first; this one ends its thread
    options: dict[str, Any] = {"headers": headers, "stream": True, "allow_redirects": False, "timeout": timeout}
    try:
        return call_within(LIMITS.idle_s, lambda: session.get(current, **options), discard=requests.Response.close)
    except (TimeoutError, requests.Timeout) as error:
        reason = f"{endpoint_name(route.host)} accepted the connection and sent no answer within {LIMITS.idle_s:g} s"
        raise hosts.unreachable(url, route, reason) from error
    except requests.exceptions.SSLError as error:
        host = endpoint_name(route.host)
        raise DownloadError(f"{url}: {host} offers no secure connection that is trusted here ({error})") from error
    except requests.exceptions.ProxyError as error:
        raise hosts.unreachable(url, route, f"{route} could not connect to it ({error})") from error
    except requests.ConnectionError as error:
        raise ConnectionLostError(f"{url}: {route} closed the connection before an answer came") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:  # ValueError: a bad redirect
        raise DownloadError(f"{url}: cannot be downloaded ({error})") from error


def _prepare(url: str, response: requests.Response, partial: PartialFile, expected_bytes: int | None) -> int | None:
    """Check the status and headers of an answer; return the size of the whole file, None if unknown.

    Afterwards, the body can be appended to `partial`.
    """
    offset = partial.size_bytes
    if response.status_code == 206 and offset:
        return _check_range(url, response, offset, expected_bytes)
    if response.status_code == 416 and offset:
        raise RangeRefusedError(f"{url}: the server has nothing after byte {offset:,} (416)")
    if response.status_code != 200:
        raise DownloadError(_refusal(url, response))
    partial.restart()
    total_bytes = None if _is_encoded(response) else _content_length(url, response)
    if total_bytes is not None and expected_bytes not in (None, total_bytes):
        begin = call_within(LIMITS.idle_s, lambda: next(response.iter_content(64), b""))
        raise IntegrityError(
            f"{url}: the server announces {total_bytes:,} bytes, expected {expected_bytes:,}{content_hint(begin)}"
        )
    return total_bytes


def _check_range(url: str, response: requests.Response, offset: int, expected_bytes: int | None) -> int | None:
    match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    total_bytes = int(match[2]) if match and match[2] != "*" else expected_bytes
    is_other = expected_bytes is not None and total_bytes != expected_bytes
    if not match or int(match[1]) != offset or is_other or _is_encoded(response):
        raise RangeRefusedError(f"{url}: the server sends another range than requested")
    return total_bytes


def _append_body(
    url: str, response: requests.Response, partial: PartialFile, limit_bytes: int, progress: Progress
) -> None:
    try:
        with closing(iterate_within(LIMITS.idle_s, response.iter_content(CHUNK_BYTES))) as chunks:
            for chunk in chunks:
                if partial.size_bytes + len(chunk) > limit_bytes:
                    raise IntegrityError(f"{url}: the server sends more than {limit_bytes:,} bytes, expected no more")
                partial.write(chunk)
                progress.on_bytes(len(chunk))
    except TimeoutError as error:
        host = endpoint_name(endpoint_of(response.url))
        raise DownloadError(
            f"{url}: {host} stopped at {_position(partial)} (less than {CHUNK_BYTES:,} in {LIMITS.idle_s:g} s)"
        ) from error


def _ended_early(url: str, partial: PartialFile) -> ConnectionLostError:
    return ConnectionLostError(f"{url}: the transfer ended early, at {_position(partial)}")


def _position(partial: PartialFile) -> str:
    total = "unknown" if partial.needed_bytes is None else f"{partial.needed_bytes:,}"
    return f"{partial.size_bytes:,} of {total} bytes"


def _refusal(url: str, response: requests.Response) -> str:
    status = f"{response.status_code} {response.reason or ''}".strip()
    if response.status_code in _TEMPORARY_STATUSES:
        return f"{url}: the server has a temporary error and answers {status}, expected 200"
    if response.status_code in (404, 410):
        return f"{url}: the file is not there any more, the server answers {status}"
    return f"{url}: the server refuses the file and answers {status}, expected 200"


def _content_length(url: str, response: requests.Response) -> int | None:
    text = response.headers.get("content-length")
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    raise DownloadError(f"{url}: the server answers with Content-Length {text!r}, expected a number")


def _is_encoded(response: requests.Response) -> bool:
    """Return whether the body is compressed, so that its length on the network is not that of the file."""
    return response.headers.get("content-encoding", "identity").lower() not in ("", "identity")
