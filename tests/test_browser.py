"""The browser of the tests, and that its checks fail on a page that breaks them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import findings_of_axe, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")

GOOD = "<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1></main></html>"


def page_with(folder: Path, text: str) -> Path:
    path = folder / "page.html"
    path.write_text(GOOD.replace("</main>", f"{text}</main>"), encoding="utf-8")
    return path


def test_visit_of_a_silent_page_gives_its_content(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, page_with(tmp_path, "<p>words</p>")) as page:
        assert page.inner_text("p") == "words"
        assert findings_of_axe(page) == []


@pytest.mark.parametrize(
    "text",
    ["<script>console.log('x')</script>", "<script>nothing()</script>", "<img alt='' src='http://localhost:9/x.png'>"],
    ids=["log", "error", "request"],
)
def test_visit_of_a_page_that_logs_fails_or_requests_is_an_error(browser: Browser, tmp_path: Path, text: str) -> None:
    with pytest.raises(AssertionError), visit(browser, page_with(tmp_path, text)) as page:
        page.wait_for_load_state()


def test_findings_of_axe_names_an_image_without_text(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, page_with(tmp_path, "<img src='data:,'>")) as page:
        assert [finding.split(":")[0] for finding in findings_of_axe(page)] == ["image-alt"]
