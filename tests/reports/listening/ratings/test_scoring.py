"""The whole analysis: verification of folder and run, screening, and what the sentences, tables and page say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError
from seinfer.core.files import write_json
from seinfer.core.hashing import sha256_of
from seinfer.core.records import to_json
from seinfer.reports.listening.key import sealed
from seinfer.reports.listening.ratings.conclusions import conclusions
from seinfer.reports.listening.ratings.page import write_page
from seinfer.reports.listening.ratings.scoring import ScoredTest, score_test, verify_folder
from seinfer.reports.listening.ratings.sections import objective_sections, rater_section, result_sections
from seinfer.reports.listening.ratings.tables import as_document, write_tables
from seinfer.reports.listening.records import DesignName, Item, Key
from tests.helpers import rows as rows_of

from .simulated import QUALITY, make_key, rate, with_rules, write_ratings
from .test_objective import LEVEL, MODELS, run


def scored(
    folder: Path,
    design: DesignName = "p835",
    *,
    n_raters: int = 12,
    n_clips: int = 8,
    key: Key | None = None,
    **options: object,
) -> ScoredTest:
    key = key or make_key(design, n_raters=n_raters, n_clips=n_clips)
    paths = write_ratings(folder, rate(key, seed=2, **options))  # type: ignore[arg-type]
    return score_test(paths, key, test_folder=None, results=None, allow_fewer=False)


# --- The test folder ---


@pytest.fixture
def test_folder(tmp_path: Path) -> tuple[Path, Key]:
    """Return a test folder with one byte per stimulus, and its key."""
    key, folder = make_key(n_raters=2, n_clips=2), tmp_path / "test"
    (folder / "stimuli").mkdir(parents=True)
    items = []
    for item in key.items:
        path = folder / "stimuli" / f"{item.stimulus_id}.wav"
        path.write_bytes(item.stimulus_id.encode())
        items.append(Item(**{**vars(item), "sha256_out": sha256_of(path)}))
    key = sealed(Key(**{**vars(key), "items": tuple(items)}))
    write_json(folder / "test.json", to_json(key.test))
    return folder, key


def test_verify_folder_as_it_was_made_passes(test_folder: tuple[Path, Key]) -> None:
    verify_folder(*test_folder)


def test_verify_folder_with_a_changed_or_missing_stimulus_names_it(test_folder: tuple[Path, Key]) -> None:
    folder, key = test_folder
    changed, missing = sorted((folder / "stimuli").iterdir())[:2]
    changed.write_bytes(b"other")
    missing.unlink()
    with pytest.raises(IntegrityError, match="2 stimulus files changed after the test was made") as error:
        verify_folder(folder, key)
    assert f"{changed} has the digest" in str(error.value)
    assert f"{missing} is missing" in str(error.value)


def test_verify_folder_of_another_test_is_refused(test_folder: tuple[Path, Key]) -> None:
    folder, key = test_folder
    with pytest.raises(IntegrityError, match="does not fit"):
        verify_folder(folder, with_rules(key, max_gold_errors=9))


# --- Sentences ---


def test_conclusions_name_the_best_model_and_what_was_shown(tmp_path: Path) -> None:
    lines = conclusions(scored(tmp_path, at_random={"r03"}, quality={**QUALITY, "good": 4.6, "fair": 3.0}))
    assert lines[0].startswith("mos_ovrl: good has the highest mean, ")
    assert "(95 % interval " in lines[0]
    assert lines[1] == "mos_ovrl: good is told apart from all 3 others."
    assert lines[2].startswith("mos_ovrl: shown to be better than the unprocessed audio: good, fair")
    assert any(
        line.startswith("1 of 12 raters is excluded by the rules that were fixed before the test; ") for line in lines
    )


def test_conclusions_of_equal_models_show_no_winner(tmp_path: Path) -> None:
    equal = {**QUALITY, **dict.fromkeys(("good", "fair", "poor", "noisy"), 3.0)}
    lines = conclusions(scored(tmp_path, quality=equal))
    assert lines[1].startswith("mos_ovrl: this test does not show whether ")
    assert "mos_ovrl: shown to be better than the unprocessed audio: no model." in lines


def test_conclusions_of_pairs_with_noisy_alone_say_what_was_not_compared(tmp_path: Path) -> None:
    found = scored(tmp_path, key=make_key("ccr", n_raters=6, n_clips=8, pairs="baseline"))
    assert conclusions(found)[1:3] == (
        "ccr: good is told apart from noisy.",
        "ccr: good was not compared directly with fair, poor.",
    )
    assert {row.tie_band for row in found.screened.models} == {""}


def test_conclusions_of_three_raters_conclude_nothing(tmp_path: Path) -> None:
    lines = conclusions(scored(tmp_path, n_raters=3))
    assert "(no interval: fewer than 4 raters or clips)" in lines[0]
    assert lines[1] == "mos_ovrl: no test, because there are too few raters or clips; nothing can be concluded."


def test_conclusions_when_every_rater_is_excluded_say_so(tmp_path: Path) -> None:
    key = with_rules(make_key(n_raters=4, n_clips=4), min_correlation=2.0)
    found = scored(tmp_path, key=key)
    assert conclusions(found)[0] == "Every rater is excluded: nothing can be concluded."
    assert conclusions(found)[1] == "4 of 4 raters are excluded by the rules that were fixed before the test."
    write_tables(found, tmp_path)
    assert {row["ci_method"] for row in rows_of(tmp_path / "blind_summary.csv")} == {"every rater is excluded"}
    assert [row[1] for section in result_sections(found) for row in section.rows if row[0] == "good"]


def test_conclusions_of_abx_never_take_a_failure_to_hear_for_equality(tmp_path: Path) -> None:
    equal = {**QUALITY, "fair": 4.0}
    lines = conclusions(
        scored(tmp_path, key=make_key("abx", n_raters=4, n_clips=6, models=("good", "fair")), quality=equal)
    )
    assert "no difference was shown, which does not prove that there is none" in lines[0]
    assert "right answers of 24" in lines[0]


def test_conclusions_with_a_run_say_which_objective_scores_agree(tmp_path: Path) -> None:
    key = make_key(n_raters=8, n_clips=8, models=MODELS)
    paths = write_ratings(tmp_path, rate(key, quality=LEVEL))
    found = score_test(paths, key, test_folder=None, results=run(), allow_fewer=False)
    assert conclusions(found)[-1].startswith(
        "Objective scores that rank these 5 models like mos_ovrl (Spearman): pesq_wb ("
    )
    assert [section.title for section in objective_sections(found)] == [
        "ratings and objective scores, means over the rated clips",
        "rank correlation of ratings and objective scores",
    ]


def test_score_test_with_another_run_than_that_of_the_key_remarks_it(tmp_path: Path) -> None:
    key = make_key(n_raters=4, n_clips=8, models=MODELS)
    key = sealed(Key(**{**vars(key), "run": {"run_id": "other"}}))
    paths = write_ratings(tmp_path, rate(key, quality=LEVEL))
    found = score_test(paths, key, test_folder=None, results=run(), allow_fewer=False)
    assert found.remarks == ("--run is the run r, and the test was made from other: its scores may be of other files",)


# --- Files ---


@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "ab", "abx"])
def test_write_tables_of_every_design_are_complete_and_without_nan(design: DesignName, tmp_path: Path) -> None:
    found = scored(tmp_path / "back", design, n_raters=5, n_clips=4)
    write_tables(found, tmp_path)
    ratings = rows_of(tmp_path / "blind_ratings.csv")
    assert len(ratings) == len(found.votes)
    assert [row["clip_id"] for row in ratings] == sorted(row["clip_id"] for row in ratings)
    assert len(rows_of(tmp_path / "blind_raters.csv")) == 5
    assert len(rows_of(tmp_path / "blind_pairwise.csv")) == 6 * (3 if design == "p835" else 1)
    assert (
        len(rows_of(tmp_path / "blind_summary.csv")) == {"p835": 12, "mushra": 7, "ccr": 4, "ab": 4, "abx": 0}[design]
    )
    for path in tmp_path.glob("blind_*.csv"):
        cells = [cell for line in csv.reader(path.read_text().splitlines()) for cell in line]
        assert not {"nan", "inf", "None", "-inf"} & set(cells), path
    assert not (tmp_path / "blind_correlation.csv").exists()
    json.dumps(as_document(found, conclusions(found)), allow_nan=False)


def test_write_tables_set_screened_and_unscreened_results_side_by_side(tmp_path: Path) -> None:
    found = scored(tmp_path / "back", at_random={"r01", "r05", "r07"})
    write_tables(found, tmp_path)
    [row] = [
        row for row in rows_of(tmp_path / "blind_summary.csv") if (row["model"], row["metric"]) == ("good", "mos_ovrl")
    ]
    assert (row["n_raters"], row["n_raters_unscreened"], row["group_key"]) == ("9", "12", "all")
    assert float(row["mean"]) > float(row["mean_unscreened"])
    excluded = {row["rater_id"]: row["reason"] for row in rows_of(tmp_path / "blind_raters.csv") if row["reason"]}
    assert set(excluded) == {"r01", "r05", "r07"}
    votes = rows_of(tmp_path / "blind_ratings.csv")
    assert {row["rater_id"] for row in votes if row["is_excluded"] == "true"} == set(excluded)
    per_clip = rows_of(tmp_path / "blind_per_clip.csv")
    assert {(row["n"], row["n_unscreened"]) for row in per_clip} == {("9", "12")}
    assert [row[0] for row in rater_section(found, excluded_only=True).rows] == ["r01", "r05", "r07"]


def test_write_page_has_every_result_escaped_and_the_same_bytes_again(tmp_path: Path) -> None:
    key = make_key(n_raters=6, n_clips=4)
    rows = [{**row, "rater_id": "<b>x" if row["rater_id"] == "r00" else row["rater_id"]} for row in rate(key)]
    found = score_test(write_ratings(tmp_path, rows), key, test_folder=None, results=None, allow_fewer=False)
    write_page(found, conclusions(found), tmp_path)
    page = (tmp_path / "blind_report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;x" in page and "<b>x" not in page
    for text in ("mos_ovrl: ratings", "good has the highest mean", key.test.key_sha256, "blind_pairwise.csv"):
        assert text in page
    write_page(found, conclusions(found), tmp_path)
    assert (tmp_path / "blind_report.html").read_text(encoding="utf-8") == page
