"""A headless Chromium for the tests of HTML pages, and the checks that every page passes.

The tests of a module that uses it share one browser: give the module `pytestmark = pytest.mark.xdist_group("browser")`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
)
_TIMEOUT_MS = 20_000


def find_chromium() -> str:
    """Return the path of Chromium: SEINFER_CHROMIUM, or the first of `NAMES` on the PATH; "" if there is none."""
    return os.environ.get("SEINFER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once, with an empty user data folder."""
    from playwright.sync_api import expect, sync_playwright

    chromium = find_chromium()
    if not chromium:
        pytest.skip(
            f"no Chromium: none of {', '.join(NAMES)} is on the PATH; install it with tools/install_chromium.sh, "
            "or set SEINFER_CHROMIUM to its path"
        )
    with sync_playwright() as playwright:
        expect.set_options(timeout=_TIMEOUT_MS)
        started = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        yield started
        started.close()


@contextmanager
def visit(browser: Browser, path: Path, **context: Any) -> Iterator[Page]:
    """Open an HTML file in a context of its own, with nothing stored; `context` are options of `Browser.new_context`.

    At the end, the page must have requested nothing but files, data and blobs, raised no error and logged nothing.
    """
    opened = browser.new_context(**context)
    opened.set_default_timeout(_TIMEOUT_MS)
    page = opened.new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    try:
        page.goto(path.as_uri())
        yield page
        assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
        assert messages == []
    finally:
        opened.close()


def findings_of_axe(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core. A page with a CSP needs bypass_csp=True in `visit`."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html']}"
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
