"""URLs are told from paths, also after Path has joined their slashes; passwords and tokens are hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.urls import redacted, url_of


@pytest.mark.parametrize(
    "url", ["s3://lab/my set", "gs://lab/a", "memory://a/b", "https://u:p@host/a?X-Amz-Signature=1"]
)
def test_url_of_url_as_text_or_path_is_the_url(url: str) -> None:
    assert url_of(url) == url
    assert url_of(Path(url)) == url


@pytest.mark.parametrize("path", ["clips", "/data/s3", ".", "s3:", "s3://", "file:///data", "C:/clips", "a/s3://b"])
def test_url_of_local_path_is_empty(path: str) -> None:
    assert url_of(path) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:secret@host:80/a/b.wav", "https://***@host:80/a/b.wav"),
        ("s3:/key:secret@bucket/a", "s3:/***@bucket/a"),
        ("https://host/a.wav?X-Amz-Signature=secret&b=secret", "https://host/a.wav?***"),
        ("no https://a:secret@h/x or http://h/y?token=secret here", "no https://***@h/x or http://h/y?*** here"),
        ("s3://lab/name@home/x.wav", "s3://lab/name@home/x.wav"),
        ("is it so? a@b", "is it so? a@b"),
    ],
)
def test_redacted_text_has_no_secret_and_is_otherwise_unchanged(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_redacted_json_stays_json() -> None:
    document = {"out": "https://u:secret@h/a?t=secret", "models": ["noisy"]}
    assert json.loads(redacted(json.dumps(document))) == {"out": "https://***@h/a?***", "models": ["noisy"]}
