"""Stores: errors of the network become reasons, a file that changed is refused, and pages of web servers are listed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seinfer.clips import stores
from seinfer.clips.stores import Store, StoreError
from seinfer.core.errors import UsageError


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "FIRST_WAIT_S", 0.0)


@contextmanager
def web_server(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Folder(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class Broken(BaseHTTPRequestHandler):
    """Breaks off the first `n_broken` answers in the middle; answers /forbidden with 403."""

    n_broken = 0

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        kind = type(self)
        self.send_response(403 if "forbidden" in self.path else 200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"1234" if kind.n_broken > 0 else b"12345678")
            kind.n_broken -= 1
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_list_of_web_folder_is_its_files_with_decoded_names(tmp_path: Path) -> None:
    for name in ("a b.wav", "Straße/ä.wav", "x.txt"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"123")
    (tmp_path / "other.wav").write_bytes(b"1")
    with web_server(partial(Folder, directory=str(tmp_path))) as address:
        store = Store(f"{address}/set")
        found = store.list()
        assert sorted(found) == ["Straße/ä.wav", "a b.wav", "x.txt"]
        store.read(found["Straße/ä.wav"], tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"123"


def test_read_of_connection_that_ends_early_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Broken, "n_broken", stores.ATTEMPTS - 1)
    with web_server(Broken) as address:
        store = Store(f"{address}/a.wav")
        store.read(store.list()["a.wav"], tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"12345678"


def test_read_of_connection_that_always_ends_early_is_an_error_without_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "n_broken", 100)
    with web_server(Broken) as address:
        store = Store(f"{address}/a.wav?token=secret")
        entry = store.list()["a.wav"]
        with pytest.raises(StoreError, match=rf"a.wav\?\*\*\* cannot be read \({stores.ATTEMPTS} attempts\)") as error:
            store.read(entry, tmp_path / "copy")
    assert "secret" not in str(error.value)


def test_read_of_forbidden_address_is_not_tried_again(tmp_path: Path) -> None:
    with web_server(Broken) as address:
        store = Store(f"{address}/forbidden.wav")
        with pytest.raises(StoreError, match=r"cannot be read \(1 attempt\).*403"):
            store.read(store.list()["forbidden.wav"], tmp_path / "copy")


def test_list_of_address_without_server_is_an_error() -> None:
    with pytest.raises(StoreError, match=r"cannot be listed \(3 attempts\)"):
        Store("http://127.0.0.1:9/set").list()


def test_list_of_missing_bucket_names_the_url(s3: Any) -> None:
    with pytest.raises(StoreError, match=r"s3://no-bucket/set does not exist, or its bucket does not; check the URL"):
        Store("s3://no-bucket/set").list()


def test_list_of_bucket_without_permission_names_the_credentials(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server(Broken) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(StoreError, match=r"s3://forbidden/set may not be listed: .*check the credentials"):
            Store("s3://forbidden/set").list()


def test_list_of_s3_folder_of_more_than_one_page_is_complete(s3: Any) -> None:
    names = [f"{number:04}.wav" for number in range(1_005)]
    for name in names:
        s3.put_object(Bucket="lab", Key=f"many/{name}", Body=b"")
    assert list(Store("s3://lab/many").list()) == names
    for name in names:
        s3.delete_object(Bucket="lab", Key=f"many/{name}")


@pytest.mark.parametrize("content", [b"87654321", b"123"])
def test_read_of_file_that_changed_after_listing_is_refused(s3: Any, tmp_path: Path, content: bytes) -> None:
    s3.put_object(Bucket="lab", Key="set/a.wav", Body=b"12345678")
    store = Store("s3://lab/set")
    entry = store.list()["a.wav"]
    s3.put_object(Bucket="lab", Key="set/a.wav", Body=content)
    with pytest.raises(StoreError, match=r"s3://lab/set/a.wav changed after it was listed"):
        store.read(entry, tmp_path / "copy")


def test_read_of_file_that_was_removed_after_listing_is_an_error(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="lab", Key="set/a.wav", Body=b"1")
    store = Store("s3://lab/set")
    entry = store.list()["a.wav"]
    s3.delete_object(Bucket="lab", Key="set/a.wav")
    with pytest.raises(StoreError, match=r"s3://lab/set/a.wav does not exist"):
        store.read(entry, tmp_path / "copy")


def test_store_without_its_package_names_the_package() -> None:
    with pytest.raises(UsageError, match=r"gs://lab/set needs the package gcsfs, .* pip install gcsfs$"):
        Store("gs://lab/set")
