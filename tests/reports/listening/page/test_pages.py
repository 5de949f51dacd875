"""The files of the rating page: complete, without request, and without a word on what the stimuli are."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from seinfer.core.errors import RunFolderError
from seinfer.reports.listening.page import write_pages
from seinfer.reports.listening.records import DESIGNS, DesignName, PublicSession, PublicTest, PublicTrial

from .example_test import example_test, stimulus, write_example

_FORBIDDEN = (
    "noisy",
    "clean",
    "gold",
    "trap",
    "anchor",
    "hidden_ref",
    "model",
    "clip_id",
    "console.",
    "http:",
    "https:",
)


def pages_of(folder: Path) -> list[Path]:
    return [folder / "index.html", *sorted((folder / "sessions").iterdir())]


@pytest.mark.parametrize("design", DESIGNS)
def test_pages_of_a_test_name_nothing_that_a_rater_must_not_know(tmp_path: Path, design: DesignName) -> None:
    write_example(tmp_path, design)
    assert len(pages_of(tmp_path)) == 3
    for path in pages_of(tmp_path):
        text = re.sub(r'(<script type="text/plain"[^>]*>)[^<]*', r"\1", path.read_text(encoding="utf-8")).lower()
        assert [word for word in _FORBIDDEN if word in text] == []


def test_policy_of_a_page_allows_its_own_script_and_style_only(tmp_path: Path) -> None:
    page = write_example(tmp_path, "p835").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert rules["media-src"] == "blob: data:"
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_page_contains_each_stimulus_once_and_all_of_equal_size(tmp_path: Path) -> None:
    page = write_example(tmp_path, "mushra").read_text(encoding="utf-8")
    found = re.findall(r'<script type="text/plain" data-stimulus="(\w+)">([^<]*)</script>', page)
    assert [name for name, _ in found] == sorted(path.stem for path in (tmp_path / "stimuli").iterdir())
    contents = {name: base64.b64decode(data) for name, data in found}
    assert len({len(content) for content in contents.values()}) == 1
    assert all(content == (tmp_path / "stimuli" / f"{name}.wav").read_bytes() for name, content in contents.items())


def test_pages_of_the_same_test_are_equal_in_bytes(tmp_path: Path) -> None:
    write_example(tmp_path, "ccr")
    before = [path.read_bytes() for path in pages_of(tmp_path)]
    write_pages(example_test("ccr"), tmp_path)
    assert [path.read_bytes() for path in pages_of(tmp_path)] == before


def test_index_links_every_session(tmp_path: Path) -> None:
    write_example(tmp_path, "ab")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]*)"', text) == ["sessions/s0a1b2c3d4.html", "sessions/s9f8e7d6c5.html"]


def test_page_of_p835_asks_for_the_background_first_where_the_session_says_so(tmp_path: Path) -> None:
    write_example(tmp_path, "p835")
    orders = [re.findall(r'"scale": "(\w+)"', path.read_text(encoding="utf-8")) for path in pages_of(tmp_path)[1:]]
    assert orders == [["SIG", "BAK", "OVRL"], ["BAK", "SIG", "OVRL"]]


def test_title_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    write_example(tmp_path, "ab")
    sessions = (PublicSession("s1", (PublicTrial((stimulus(0), stimulus(1))),)),)
    write_pages(PublicTest("</script>t", "k", "ab", sessions, 48_000, 1, 1, title="<b>A & B</b>"), tmp_path)
    page = (tmp_path / "sessions" / "s1.html").read_text(encoding="utf-8")
    assert "<title>&lt;b&gt;A &amp; B&lt;/b&gt;</title>" in page
    assert "</script>t" not in page


def test_write_pages_without_a_stimulus_names_the_missing_file(tmp_path: Path) -> None:
    write_example(tmp_path, "p835")
    missing = tmp_path / "stimuli" / f"{stimulus(0)}.wav"
    missing.unlink()
    with pytest.raises(RunFolderError, match=re.escape(str(missing))):
        write_pages(example_test("p835"), tmp_path)
