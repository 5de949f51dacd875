"""A listening test from beginning to end: made, rated in a browser by raters with a known preference, and scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import visit
from tests.helpers import invoke, rows
from tests.reports.listening.listening_run import write_run
from tests.reports.listening.scripted_rater import rate_session

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")

QUALITY = {"clean": 5, "good": 4, "bad": 1, "distorted": 1}
N_RATERS = 4


def hears(model: str, stimulus_id: str, rater: int) -> int:
    """Return the rating of a stimulus; the bad model sounds a little better in half of the votes."""
    return QUALITY[model] + (model == "bad" and (int(stimulus_id, 16) + rater) % 2)


def test_preference_of_scripted_raters_is_found_in_the_scores(browser: Browser, tmp_path: Path) -> None:
    run = write_run(tmp_path, n_clips=4, durations_s=(0.5,))
    folder, key, ratings, results = (tmp_path / name for name in ("test", "test.key.json", "ratings", "results"))
    options = ("--models", "good,bad", "--raters", N_RATERS, "--rate", 16_000, "--seed", 1)
    made = invoke("blind", "make", run, "--out", folder, *options)
    assert made.exit_code == 0, made.output

    ratings.mkdir()
    models = {item["stimulus_id"]: item["model"] for item in json.loads(key.read_text(encoding="utf-8"))["items"]}
    for rater, page_path in enumerate(sorted((folder / "sessions").iterdir())):
        with visit(browser, page_path) as page:
            text = rate_session(page, lambda name, rater=rater: hears(models[name], name, rater), f"rater{rater}")
        (ratings / f"{rater}.csv").write_text(text, encoding="utf-8")

    scored = invoke("blind", "score", ratings, "--key", key, "--out", results)
    assert scored.exit_code == 0, scored.output
    assert [row["is_excluded"] for row in rows(results / "blind_raters.csv")] == ["false"] * N_RATERS
    ranks = {(row["metric"], row["model"]): row["rank"] for row in rows(results / "blind_summary.csv")}
    for metric in ("mos_sig", "mos_bak", "mos_ovrl"):
        assert (ranks[metric, "good"], ranks[metric, "bad"]) == ("1", "2")
    for row in rows(results / "blind_pairwise.csv"):
        assert (row["model_a"], row["model_b"]) == ("bad", "good")
        assert float(row["mean_diff"]) < -2
        assert float(row["p_holm"]) < 0.05
    assert (results / "blind_report.html").stat().st_size > 0
