"""The documentation site builds without a warning, loads nothing from the network, and describes all that exists."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seinfer.core import exit_codes
from seinfer.metrics.errors import REASONS, REMARKS
from seinfer.metrics.table import METRICS
from seinfer.mixing.pair_maker import COLUMNS as MANIFEST
from seinfer.models.registry import load_registry
from seinfer.reports import costs_csv
from seinfer.reports.blind_report_csv import BLIND_REPORT
from seinfer.reports.csv import BLIND_METRICS, CLIPS, PER_CLIP, REFERENCE_METRICS
from seinfer.reports.dnsmos_csv import DNSMOS
from seinfer.reports.failures_csv import FAILURES
from seinfer.reports.listening.ratings import tables
from seinfer.reports.listening.records import RATING_COLUMNS
from seinfer.reports.pairwise_csv import PAIRWISE
from seinfer.reports.summary_csv import SUMMARY
from tests.browser import visit
from tests.helpers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "benchmarks/README.md",
        *(ROOT / "docs").glob("*.md"),
    )
}
LINKS = sorted({(page, link) for page, text in TEXTS.items() for link in re.findall(r"\]\(([^)\s]+)\)", text)})
GENERATED = {"docs/commands.md"}
"""Pages that exist in the site only."""
SCORES = {name for metric in (*REFERENCE_METRICS, *BLIND_METRICS) for name in (metric, f"{metric}_delta")}
"""Columns of the metrics, which the pages describe together: METRIC and METRIC_delta."""
COLUMNS: dict[str, Iterable[str]] = {
    "per_clip.csv": PER_CLIP,
    "summary.csv": SUMMARY,
    "pairwise.csv": PAIRWISE,
    "costs.csv": costs_csv.COLUMNS,
    "failures.csv": FAILURES,
    "clips.csv": CLIPS,
    "blind_report.csv": BLIND_REPORT,
    "dnsmos.csv": DNSMOS,
    "manifest.csv": MANIFEST,
    "Rating files": RATING_COLUMNS,
    "blind_ratings.csv": tables.RATINGS,
    "blind_per_clip.csv": tables.PER_CLIP,
    "blind_summary.csv": tables.SUMMARY,
    "blind_pairwise.csv": tables.PAIRWISE,
    "blind_raters.csv": tables.RATERS,
    "blind_correlation.csv": tables.CORRELATION,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return folder


def section(page: str, heading: str) -> str:
    """Return the text between a heading and the next heading of its level or above; it fails if there is none."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,3}} |\Z)", TEXTS[page], re.M | re.S)
    assert found, f"{page} has no section {heading!r}"
    return found[2]


def test_site_pages_load_nothing_from_the_network(site: Path) -> None:
    pages = sorted(site.glob("*.html"))
    assert len(pages) > 15
    loaded = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", re.I)
    assert [page.name for page in pages if loaded.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("width", [400, 1280])
def test_site_in_chromium_fits_the_width(site: Path, browser: Browser, width: int) -> None:
    for path in sorted(site.glob("[!4]*.html")):  # 404.html is for a web server
        with visit(browser, path, viewport={"width": width, "height": 800}) as page:
            assert page.evaluate("document.documentElement.scrollWidth") == width, path.name


def test_site_opened_from_disk_finds_a_word(site: Path, browser: Browser) -> None:
    from playwright.sync_api import expect

    with visit(browser, site / "index.html", viewport={"width": 1280, "height": 800}) as page:
        page.locator("input.md-search__input").click()
        expect(page.locator(".md-search-result__meta")).to_have_text("Type to start searching")
        page.locator("input.md-search__input").press_sequentially("lag_samples")
        expect(page.locator(".md-search-result__item").first).to_be_visible()


def test_site_has_every_command_and_every_option(site: Path) -> None:
    import typer.main

    from seinfer.cli.app import app

    page = (site / "commands.html").read_text(encoding="utf-8")
    missing = [
        f"{path} {option}"
        for path, command in leaves(typer.main.get_command(app), "seinfer")
        for option in [path, *(name for parameter in command.params for name in parameter.opts if name[0] == "-")]
        if option not in page
    ]
    assert missing == []


def leaves(command: object, path: str) -> Iterable[tuple[str, object]]:
    members = getattr(command, "commands", None)
    if members is None:
        yield path, command
    for name, member in (members or {}).items():
        yield from leaves(member, f"{path} {name}")


def test_site_shows_the_generated_facts(site: Path) -> None:
    assert "Vincent, Gribonval" in (site / "metrics.html").read_text(encoding="utf-8")
    models = (site / "models.html").read_text(encoding="utf-8")
    assert [name for name in load_registry().specs if models.count(f"<code>{name}</code>") < 2] == []
    assert "<!-- " not in re.sub(r"<!-- (?:table|-).*?-->", "", models)


def test_site_describes_the_python_functions(site: Path) -> None:
    page = (site / "python.html").read_text(encoding="utf-8")
    names = ("load_model", "enhance", "compare", "score", "Model", "RunResult", "ResultTable", "SeinferError")
    assert [name for name in names if f">{name}</" not in page] == []


@pytest.mark.parametrize("metric", [metric.name for metric in METRICS.values() if not metric.is_diagnostic])
def test_metric_guide_has_all_parts_for_each_metric(metric: str) -> None:
    text = section("docs/metrics.md", metric)
    parts = (f"<!-- facts: {metric} -->", "**Measures**", "**A difference that matters:**", "**Distrust it when**")
    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize("file", COLUMNS)
def test_files_page_describes_every_column(file: str) -> None:
    text = section("docs/files.md", file)
    columns = [column for column in COLUMNS[file] if column not in SCORES]
    assert [column for column in columns if f"`{column}`" not in text] == []
    if SCORES & set(COLUMNS[file]):
        assert "`METRIC`" in text
        assert "`METRIC_delta`" in text


def test_files_page_describes_every_reason_and_exit_code() -> None:
    assert [code for code in (*REASONS, *REMARKS) if f"| `{code}` |" not in TEXTS["docs/files.md"]] == []
    codes = [value for name, value in vars(exit_codes).items() if name.isupper()]
    assert [code for code in codes if f"| {code} |" not in section("docs/files.md", "Exit codes")] == []


@pytest.mark.parametrize(("page", "link"), [(page, link) for page, link in LINKS if "://" not in link])
def test_link_leads_to_an_existing_file_and_heading(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent.joinpath(path).resolve().relative_to(ROOT).as_posix() if path else page
    if target in GENERATED:
        return
    assert (ROOT / target).exists()
    if anchor:
        assert anchor in anchors(TEXTS[target])


def anchors(text: str) -> list[str]:
    """Return the anchors of the headings, as the site and GitHub form them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize(("page", "link"), [(page, link) for page, link in LINKS if "://" in link])
def test_external_link_has_the_form_of_an_address(page: str, link: str) -> None:
    assert re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(/[\w.~%/@+=&?#-]*)?", link), page


def test_markers_of_unknown_metric_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from tools.docs_hooks import with_generated

    replace: Callable[[str], str] = with_generated
    assert "Range" in replace("<!-- facts: stoi -->")
    with pytest.raises(KeyError, match="no_such_metric"):
        replace("<!-- facts: no_such_metric -->")
