"""One HTTP GET into a file under construction: the question, and what the answer's head says about its body.

`pooch.HTTPDownloader` moves the bytes; a response hook of `requests` sees every answer before its body is read. It
tells the rest of a file (206) from the whole (200, also from a server that knows no ranges) and from a refusal, and
looks at each hop of a redirect before it is taken. Semantics: RFC 9110, sections 14 (ranges) and 15 (status codes).
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from ...core.errors import DownloadError, IntegrityError
from . import reach
from .partials import Partial

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 16 << 10
MAX_FILE_BYTES = 4 << 30  # where the size is unknown: what never ends must end
Phase = Literal["connect", "answer", "body"]
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Limits:
    """How long to wait, and how often to try.

    Attributes:
        connect_s: for name resolution and connecting together, all addresses of a host together.
        idle_s: for the answer, and in the body for every next CHUNK_BYTES: what is slower than that is given up.
        pause_s: before another try; each further pause is longer by as much.
        tries: how often a passing trouble is met with another try.
    """

    connect_s: float = 9.0
    idle_s: float = 30.0
    pause_s: float = 1.0
    tries: int = 3


LIMITS = Limits()


class PassingError(DownloadError):
    """A trouble that may be gone at the next try; what came so far is kept."""


class RangeRefusedError(DownloadError):
    """The server cannot go on where the partial file ends."""


class Exchange:
    """A request, on its way in a thread that may be left behind.

    Attributes:
        url: as asked for.
        offset: bytes that were there before and need not come again; 0 once the server begins anew.
        total_bytes: size of the whole file as the server states it, None while or where it does not.
        phase: what it waits for.
        since: when it last got something, on the monotonic clock.
    """

    def __init__(self, url: str, partial: Partial, expected_bytes: int | None) -> None:
        self.url = url
        self.offset = partial.size_bytes
        self.total_bytes: int | None = None
        self.phase: Phase = "connect"
        self.since = time.monotonic()
        self._partial = partial
        self._expected_bytes = expected_bytes
        self._hop = url  # the address in play, after redirects
        self._door = reach.door_of(url)
        self._response: requests.Response | None = None
        self._lock = threading.Lock()
        self._is_cut_off = False

    @property
    def host(self) -> str:
        """The host in play, after redirects, with its port."""
        return _named(reach.host_of(self._hop))

    @property
    def door(self) -> str:
        """The host that is connected to: a proxy, or the host in play itself."""
        is_proxy = self._door != reach.host_of(self._hop)
        return f"{_named(self._door)} (the proxy for {self.host})" if is_proxy else self.host

    def get(self) -> None:
        """Ask, and write the answer's body to the partial file.

        Raises:
            PassingError: it ended early, or the server is in trouble.
            RangeRefusedError: the partial file is of no use to the server.
            IntegrityError: the server announces or sends another size than expected.
            DownloadError: any other reason.
        """
        import pooch
        import requests

        try:
            timeout = (self._connect(), LIMITS.idle_s + 1)  # the watch comes first; this one ends the thread
            headers = {"Accept-Encoding": "identity"}
            if self.offset:
                headers["Range"] = f"bytes={self.offset}-"
            hooks = {"response": self._on_response}
            get = pooch.HTTPDownloader(chunk_size=CHUNK_BYTES, timeout=timeout, headers=headers, hooks=hooks)
            get(self.url, self, None)
        except requests.RequestException as error:
            raise self._translated(error) from error
        finally:
            if self._response is not None:
                self._response.close()

    def write(self, data: bytes) -> None:
        """Take the next bytes of the body, from pooch."""
        most = self._expected_bytes or MAX_FILE_BYTES
        with self._lock:
            if self._is_cut_off:
                raise DownloadError(f"{self.url}: given up")
            if self._partial.size_bytes + len(data) > most:
                raise IntegrityError(f"{self.url}: the server sends more than {most:,} bytes, expected no more")
            self._partial.write(data)
        self._beat("body")

    def flush(self) -> None:
        """Do nothing: each write goes straight to the system."""

    def cut_off(self) -> None:
        """Let the thread write no more."""
        with self._lock:
            self._is_cut_off = True

    def refuse_dead(self) -> None:
        """Raise DownloadError for a host that could not be reached before."""
        if epitaph := reach.epitaph(self._door, reach.host_of(self._hop)):
            raise DownloadError(f"{self.url}: {epitaph} (found out before in this run; not tried again)")

    def dead(self, reason: str) -> DownloadError:
        """Remember the host, and a proxy that could not be reached, as dead; return the error to raise."""
        reach.bury(reach.host_of(self._hop), reason)
        if self.phase == "connect":
            reach.bury(self._door, reason)
        return DownloadError(f"{self.url}: {reason}")

    def _connect(self) -> float:
        """Make sure that the host in play can be reached; return the seconds that each address may take again."""
        self._beat("connect")
        try:
            n_addresses = reach.connect(self._door, LIMITS.connect_s * 2 / 3)
        except (OSError, UnicodeError) as error:
            raise self.dead(f"{self.door} could not be reached: {error}") from error
        left_s = LIMITS.connect_s - (time.monotonic() - self.since)
        self._beat("answer")
        return max(left_s / n_addresses, LIMITS.connect_s / 3)

    def _beat(self, phase: Phase) -> None:
        # The time first: the watch must not measure a new phase by the old one's beginning.
        self.since = time.monotonic()
        self.phase = phase

    def _on_response(self, response: requests.Response, *args: Any, **kwargs: Any) -> None:
        """Look at an answer before its body is read. `requests` calls it for every redirect too."""
        self._response = response
        if response.is_redirect:
            self._follow(response.headers["location"])
        elif response.status_code == 206 and self.offset:
            self._resume(response)
        elif response.status_code == 200:
            self._begin(response)
        elif response.status_code == 416 and self.offset:
            raise RangeRefusedError(f"{self.url}: nothing beyond byte {self.offset:,} (416)")
        else:
            raise _refusal(self.url, response)

    def _follow(self, location: str) -> None:
        """Look at the next hop of a redirect before `requests` goes there."""
        try:
            target = urljoin(self._hop, location)
            before, after = urlsplit(self._hop).scheme.lower(), urlsplit(target).scheme.lower()
        except ValueError as error:
            raise DownloadError(f"{self.url}: redirects to {location!r}, which is no address ({error})") from error
        if after not in ("http", "https") or (before, after) == ("https", "http"):
            raise DownloadError(f"{self.url}: redirects to {target}, expected {before}; not followed")
        self._hop, self._door = target, reach.door_of(target)
        self.refuse_dead()
        self._connect()

    def _resume(self, response: requests.Response) -> None:
        match = _RANGE.fullmatch(response.headers.get("content-range", ""))
        total = int(match[2]) if match and match[2] != "*" else self._expected_bytes
        is_other = self._expected_bytes is not None and total != self._expected_bytes
        if not match or int(match[1]) != self.offset or is_other or _is_encoded(response):
            raise RangeRefusedError(f"{self.url}: answers with another range than asked for")
        self._announce(total)

    def _begin(self, response: requests.Response) -> None:
        """Take the file from its first byte."""
        self._partial.restart()
        self.offset = 0
        # Of an encoded answer only the encoded length is known.
        total = None if _is_encoded(response) else _content_length(self.url, response)
        if total is not None and self._expected_bytes not in (None, total):
            begin = next(response.iter_content(64), b"")
            raise IntegrityError(
                f"{self.url}: the server announces {total:,} bytes, expected {self._expected_bytes:,}{look(begin)}"
            )
        self._announce(total)

    def _announce(self, total: int | None) -> None:
        self.total_bytes = self._partial.needed_bytes = total
        self._beat("body")

    def _translated(self, error: requests.RequestException) -> DownloadError:
        """Say in words what went wrong in `requests`."""
        from requests import exceptions as http

        if self.phase == "body":
            at = f"{self._partial.size_bytes:,} of {many(self.total_bytes)} bytes"
            return PassingError(f"{self.url}: the transfer ended early, at {at}")
        if isinstance(error, http.TooManyRedirects):
            return DownloadError(f"{self.url}: redirects in a circle, last to {self._hop}")
        if isinstance(error, http.SSLError):
            return DownloadError(f"{self.url}: {self.host} offers no secure connection that is trusted here ({error})")
        if isinstance(error, http.ProxyError):
            return self.dead(f"{self.door} did not get through to it ({error})")
        if isinstance(error, http.ConnectTimeout):
            return self.dead(f"{self.host} could not be reached in time")
        if isinstance(error, http.Timeout):
            return self.dead(f"{self.host} took the connection and did not answer in time")
        if isinstance(error, http.ConnectionError):
            return PassingError(f"{self.url}: {self.host} hung up without an answer")
        return DownloadError(f"{self.url}: cannot be fetched ({error})")


def _refusal(url: str, response: requests.Response) -> DownloadError:
    status = f"{response.status_code} {response.reason or ''}".strip()
    if response.status_code in _PASSING:
        return PassingError(f"{url}: the server is in trouble and answers {status}, expected 200")
    if response.status_code in (404, 410):
        return DownloadError(f"{url}: the file is not there any more, the server answers {status}")
    return DownloadError(f"{url}: the server refuses the file and answers {status}, expected 200")


def _content_length(url: str, response: requests.Response) -> int | None:
    text = response.headers.get("content-length")
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    raise DownloadError(f"{url}: the server answers with Content-Length {text!r}, expected a number")


def _is_encoded(response: requests.Response) -> bool:
    return response.headers.get("content-encoding", "identity").lower() not in ("", "identity")


def look(begin: bytes) -> str:
    """Say what a file that should be weights looks like by its first bytes, "" when they tell nothing."""
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "; it begins like a web page: a login or error page in place of the file"
    if begin.startswith(b"version https://git-lfs"):
        return "; it is a Git LFS pointer in place of the file"
    return ""


def many(count: int | None) -> str:
    """Word a number of bytes that may be unknown."""
    return "unknown" if count is None else f"{count:,}"


def _named(host: reach.Endpoint) -> str:
    return f"{host[0]}:{host[1]}"
