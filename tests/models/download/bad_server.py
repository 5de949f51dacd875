"""A web server on this machine that misbehaves on demand: the first folder of a URL's path selects the mode.

It counts the bytes of the bodies that it sent, and records the requests.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from seinfer.models.download import transport
from tests.models.toy_models import CONTENT, OTHER

PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@dataclass
class BadServer:
    """Serves `files` at `url(mode, name)`.

    Attributes:
        requests: (path, Range header) of every request, in order.
        sent_bytes: bytes of bodies sent so far.
        elsewhere: target of the mode `redirect`.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent_bytes: int = 0
    elsewhere: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> BadServer:
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, mode: str, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{mode}/{name}"

    def count(self, mode: str) -> int:
        """Return the number of requests for a mode."""
        return sum(path.startswith(f"/{mode}/") for path, _ in self.requests)


@contextlib.contextmanager
def run_bad_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BadServer]:
    """Run a server with the toy model's files; downloads have short time limits and remember no host."""
    monkeypatch.setattr(transport, "LIMITS", transport.Limits(connect_s=1.0, idle_s=0.5, pause_s=0.01))
    transport.forget_hosts()
    with BadServer({"net.th": CONTENT, "second.th": OTHER}) as running:
        yield running
    transport.forget_hosts()


class _Handler(BaseHTTPRequestHandler):
    site: BadServer

    def do_GET(self) -> None:
        self.site.requests.append((self.path, self.headers.get("Range", "")))
        # A client that uses this server as a proxy sends the whole address.
        path = re.sub(r"^http://[^/]*", "", unquote(self.path))
        mode, _, name = path.lstrip("/").partition("/")
        word, _, number = mode.partition("-")
        content = self.site.files.get(name, b"")
        with contextlib.suppress(ConnectionError):  # the client closed the connection
            if word.isdecimal():
                self.head(int(word), {"Content-Length": "0"})
            else:
                getattr(self, f"serve_{word}")(content, int(number or 0))

    def serve_ok(self, content: bytes, number: int) -> None:
        """Serve with ranges."""
        self.ranged(content, self.body)

    def serve_noranges(self, content: bytes, number: int) -> None:
        self.whole(content)

    def serve_cut(self, content: bytes, number: int) -> None:
        """Close the connection after `number` bytes of each body; ranges are supported."""
        self.ranged(content, lambda body: self.body(body[:number]))

    def serve_cutonce(self, content: bytes, number: int) -> None:
        self.ranged(content, lambda body: self.body(body[:number] if self.is_first() else body))

    def serve_longer(self, content: bytes, number: int) -> None:
        """Announce more bytes than the body has, as with a lost connection."""
        self.head(200, {"Content-Length": str(len(content) + 100)})
        self.body(content)

    def serve_shorter(self, content: bytes, number: int) -> None:
        self.head(200, {"Content-Length": str(len(content) - 100)})
        self.body(content)

    def serve_nolength(self, content: bytes, number: int) -> None:
        self.head(200, {})
        self.body(content)

    def serve_nonsense(self, content: bytes, number: int) -> None:
        self.head(200, {"Content-Length": "many"})
        self.body(content)

    def serve_flaky(self, content: bytes, number: int) -> None:
        """Answer 503 to the first `number` requests."""
        if self.site.count(f"flaky-{number}") <= number:
            self.head(503, {"Content-Length": "0"})
        else:
            self.ranged(content, self.body)

    def serve_hangup(self, content: bytes, number: int) -> None:
        """Close the connection without an answer."""

    def serve_redirect(self, content: bytes, number: int) -> None:
        self.head(302, {"Location": self.site.elsewhere, "Content-Length": "0"})

    def serve_loop(self, content: bytes, number: int) -> None:
        self.head(302, {"Location": self.path, "Content-Length": "0"})

    def serve_silent(self, content: bytes, number: int) -> None:
        self.site.closing.wait(30)

    def serve_dribble(self, content: bytes, number: int) -> None:
        """Send an endless header, a byte at a time: no single wait is long."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        while not self.site.closing.wait(0.05):
            self.wfile.write(b"x")

    def serve_stall(self, content: bytes, number: int) -> None:
        """Send `number` bytes, then nothing more, and keep the connection open."""

        def stall(body: bytes) -> None:
            self.body(body[:number])
            self.site.closing.wait(30)

        self.ranged(content, stall)

    def serve_trickle(self, content: bytes, number: int) -> None:
        """Send `number` bytes, then a byte at a time: no single wait is long."""

        def trickle(body: bytes) -> None:
            self.body(body[:number])
            for byte in body[number:]:
                if self.site.closing.wait(0.05):
                    return
                self.body(bytes([byte]))

        self.ranged(content, trickle)

    def serve_slow(self, content: bytes, number: int) -> None:
        """Send everything, within about `number` milliseconds."""

        def slow(body: bytes) -> None:
            step = max(len(body) // 20, 1)
            for start in range(0, len(body), step):
                self.body(body[start : start + step])
                time.sleep(number / 20_000)

        self.ranged(content, slow)

    def serve_page(self, content: bytes, number: int) -> None:
        self.head(200, {"Content-Type": "text/html", "Content-Length": str(len(PAGE))})
        self.body(PAGE)

    def serve_paddedpage(self, content: bytes, number: int) -> None:
        """Serve a page as long as the file."""
        self.whole(PAGE.ljust(len(content)))

    def serve_wrong(self, content: bytes, number: int) -> None:
        """Serve other content of the right size."""
        self.ranged(bytes(byte ^ 1 for byte in content), self.body)

    def serve_otherrange(self, content: bytes, number: int) -> None:
        """Answer every range request with the same range."""
        if self.headers.get("Range"):
            length = len(content) - number
            self.head(
                206,
                {"Content-Range": f"bytes {number}-{len(content) - 1}/{len(content)}", "Content-Length": str(length)},
            )
            self.body(content[number:])
        else:
            self.whole(content)

    def serve_gzip(self, content: bytes, number: int) -> None:
        packed = gzip.compress(content)
        self.head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(packed))})
        self.body(packed)

    def serve_endless(self, content: bytes, number: int) -> None:
        self.head(200, {})
        while True:
            self.body(bytes(65536))

    def is_first(self) -> bool:
        return sum(path == self.path for path, _ in self.site.requests) == 1

    def whole(self, content: bytes) -> None:
        self.head(200, {"Content-Length": str(len(content))})
        self.body(content)

    def ranged(self, content: bytes, send: Callable[[bytes], None]) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(match[1]) if match else 0
        if match and start >= len(content):
            self.head(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"})
            return
        ranges = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if match else {}
        self.head(206 if match else 200, {**ranges, "Content-Length": str(len(content) - start)})
        send(content[start:])

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def body(self, data: bytes) -> None:
        self.wfile.write(data)
        self.site.sent_bytes += len(data)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""
