"""Make the pictures of the documentation: the report, the rating page and the report of a listening test.

    python tools/screenshots.py [--out docs/images] [--models all] [--chromium /usr/bin/chromium]

It compares the models that are ready here on the bundled clips, makes a listening test, answers it with simulated
raters, scores it, and takes pictures of the pages in Chromium. It needs the extras report and listening, and
playwright (extra dev). No network is used. The simulated ratings say nothing about the models.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
N_RATERS = 8
MAX_BYTES = 150_000
SIZE = {"width": 1000, "height": 800}
CHROMIUM_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--models", default="all", help="models to compare, besides noisy")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        pages = make_pages(Path(name), options.models)
        take_pictures(pages, options.out, options.chromium)


def make_pages(folder: Path, models: str) -> dict[str, str]:
    """Run the commands that write the pages, and return name of the picture -> address of the page."""
    run, test, key = folder / "run", folder / "test", folder / "test.key.json"
    seinfer("compare", "--no-cost", "--models", models, "--out", run, ROOT / "seinfer" / "clips" / "demo")
    seinfer("report", "--html", run)
    seinfer("blind", "make", run, "--out", test, "--raters", N_RATERS, "--clips", 6, "--seed", 1)
    sheets = fill_sheets(test, json.loads(key.read_text(encoding="utf-8")), folder / "ratings")
    seinfer("blind", "score", *sheets, "--key", key, "--run", run, "--out", folder / "scored")
    session = min((test / "sessions").glob("*.html"))
    [blind_report] = (folder / "scored").glob("*.html")
    report = (run / "report.html").as_uri()
    return {
        "report": report,
        "report-clips": f"{report}#clips",
        "rating-page": session.as_uri(),
        "blind-report": blind_report.as_uri(),
    }


def seinfer(*arguments: object) -> None:
    """Run a command; a failure ends the script with the message of the command."""
    subprocess.run([sys.executable, "-m", "seinfer", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


# --- Simulated raters ---


def fill_sheets(test: Path, key: Mapping[str, Any], out: Path) -> list[Path]:
    """Fill in every rating sheet by an attentive simulated rater, and return the files."""
    out.mkdir()
    items = {item["stimulus_id"]: item for item in key["items"]}
    quality = {
        "noisy": 2.2,
        **{model: 3.0 + 0.3 * i for i, model in enumerate(m for m in key["models"] if m != "noisy")},
    }
    draws = np.random.default_rng(1)
    files = []
    for number, sheet in enumerate(sorted((test / "sheets").glob("*.csv")), start=1):
        with sheet.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        ratings: dict[tuple[str, str], int] = {}
        for row in rows:
            row |= _vote(row, items, quality, ratings, draws) | {"rater_id": f"rater{number}"}
        files.append(out / sheet.name)
        with files[-1].open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return files


def _vote(
    row: Mapping[str, str],
    items: Mapping[str, Any],
    quality: Mapping[str, float],
    ratings: dict[tuple[str, str], int],
    draws: np.random.Generator,
) -> dict[str, str]:
    item, scale = items[row["stimulus_id"]], row["scale"]
    place = (item["same_as"] or item["stimulus_id"], scale)
    if scale in item["expected"]:
        ratings[place] = round(max(item["expected"][scale]))
    elif place not in ratings:
        mean = quality.get(item["model"], 3.0) + draws.normal(0.0, 0.6)
        ratings[place] = int(np.clip(round(mean), 1, 5))
    facts = {"n_plays": "1", "played_ms": "60000", "rt_ms": "4000", "utc": "2030-01-01T12:00:00Z"}
    return {"rating": str(ratings[place]), **facts, "output_sample_rate": "48000"}


# --- Pictures ---


def take_pictures(pages: Mapping[str, str], out: Path, chromium: str) -> None:
    """Write one PNG file per page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_OPTIONS))
        for name, address in pages.items():
            page = browser.new_page(viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
            page.goto(address)
            if anchor := address.partition("#")[2]:
                page.locator(f"#{anchor}").evaluate("node => node.scrollIntoView({behavior: 'instant'})")
            if name == "rating-page":
                _go_to_first_trial(page)
            write_small(page.screenshot(), out / f"{name}.png")
        browser.close()


def _go_to_first_trial(page: Any) -> None:
    """Fill in the first screens, and play the first sample to its end, after which it can be rated."""
    page.fill("#rater", "listener")
    page.check("#agree")
    page.click("#start button.main")
    page.click("#level-play")
    page.wait_for_selector("#status:has-text('If the volume is right')")
    page.click("#level-next")
    page.click("#instructions-next")
    page.click("#play")
    page.wait_for_selector("#questions input:not([disabled])")
    page.click("#questions input >> nth=1")
    page.evaluate("scrollTo(0, 0)")


def write_small(png: bytes, path: Path) -> None:
    """Write a picture with a palette, which makes it small.

    Raises:
        ValueError: it is still larger than MAX_BYTES.
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128).save(stream, "PNG", optimize=True)
    if len(stream.getvalue()) > MAX_BYTES:
        raise ValueError(
            f"{path.name} has {len(stream.getvalue())} bytes; expected at most {MAX_BYTES}: use a smaller SIZE"
        )
    path.write_bytes(stream.getvalue())


if __name__ == "__main__":
    main()
