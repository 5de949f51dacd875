"""blind_report.html in Chromium: accessible, without requests, and no wider than a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seinfer.reports.listening.ratings.conclusions import conclusions
from seinfer.reports.listening.ratings.page import REPORT, write_page
from seinfer.reports.listening.ratings.scoring import score_test
from tests.browser import findings_of_axe, visit

from .simulated import make_key, rate, write_ratings
from .test_objective import LEVEL, MODELS, run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return the report of a test with a run, in which one rater clicked at random."""
    key = make_key(n_raters=6, n_clips=8, models=MODELS)
    paths = write_ratings(tmp_path, rate(key, quality=LEVEL, at_random={"r02"}))
    scored = score_test(paths, key, test_folder=None, results=run(), allow_fewer=False)
    write_page(scored, conclusions(scored), tmp_path)
    return tmp_path / REPORT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_blind_report_has_no_serious_finding_of_axe(report: Path, browser: Browser, scheme: str) -> None:
    with visit(browser, report, color_scheme=scheme, bypass_csp=True) as page:
        assert findings_of_axe(page) == []


@pytest.mark.parametrize("width", [400, 1280, 1920])
def test_blind_report_is_not_wider_than_the_screen(report: Path, browser: Browser, width: int) -> None:
    with visit(browser, report, viewport={"width": width, "height": 900}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.get_by_role("heading", name="Ratings beside objective scores").is_visible()
        assert page.locator("figure svg").count() == 2
