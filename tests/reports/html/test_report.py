"""report.html: what it contains, for every kind of run, and that the same run gives the same bytes."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from seinfer.analysis.results import Results, results_of
from seinfer.clips.discovery import estimate_path
from seinfer.core.records import Enhancement
from seinfer.reports.html.report import MAX_FAILURES, REPORT_HTML, summary_of, write_html_report
from seinfer.reports.run_files import write_reports
from tests.reports import example_run
from tests.reports.html.example_page import write_run

VOID = {"meta", "img", "input", "br", "link", "hr"}
NASTY = "a<b>\"&'\x1b[31m\u202e$x$ " + "long" * 40


def page_of(folder: Path, results: Results) -> str:
    return write_html_report(folder, results).read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Collects ids and references of a page, and elements that are not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [str(given["id"])] if "id" in given else []
        self.references += str(given.get("aria-labelledby") or "").split()
        if str(given.get("href", "")).startswith("#") and tag == "a":
            self.references.append(str(given["href"])[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_structure(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)


def test_page_of_the_same_run_has_the_same_bytes(tmp_path: Path) -> None:
    results = write_run(tmp_path)
    assert page_of(tmp_path, results) == page_of(tmp_path, results)


def test_page_has_every_section_and_loads_nothing(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=7, report={"by": ["noise"]})
    write_reports(tmp_path, results)
    page = (tmp_path / REPORT_HTML).read_text(encoding="utf-8")
    check_structure(page)
    for section in ("summary", "leaderboard", "groups", "figures", "notable", "clips", "costs", "methods", "files"):
        assert f'<section id="{section}"' in page
    assert page.count("<audio controls") == 7 * 4
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert not re.search(r"url\((?!#)", page)
    assert 'href="per_clip.csv"' in page
    assert "dnsmos.csv" not in page


def test_summary_is_that_of_the_recommendation(tmp_path: Path) -> None:
    few = summary_of(write_run(tmp_path, n_clips=3))
    assert few.headline.startswith("not proven: 3 clips are too few to show that good beats the unprocessed audio")
    assert "best so far: good" in few.reasons
    enough = summary_of(write_run(tmp_path, n_clips=12))
    assert enough.headline == "good is better than the unprocessed audio in pesq_wb, stoi"
    assert "recommended: good" in enough.reasons


def test_best_model_is_marked_only_if_it_is_told_apart(tmp_path: Path) -> None:
    assert 'class="best"' not in page_of(tmp_path, write_run(tmp_path, n_clips=3))
    assert 'class="best">good</th>' in page_of(tmp_path, write_run(tmp_path, n_clips=12))


def test_names_with_html_and_control_characters_are_escaped_visible_and_whole(tmp_path: Path) -> None:
    models = {"noisy": 1.0, NASTY.replace("/", ""): 0.5}
    results = write_run(tmp_path, models=models, clip_name="x<script>alert(1)</script>{}".replace("/", ""))
    page = page_of(tmp_path, results)
    check_structure(page)
    assert "<script>alert" not in page
    assert "x&lt;script&gt;" in page
    shown = html.unescape(page)
    assert r"\x1b[31m\u202e$x$ " + "long" * 40 in shown
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_category_with_html_and_control_characters_is_escaped_and_visible(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    clip = replace(results.clips[0], category={"noise": "<i>fan\x1b[2J", "a<b>": "x"})
    rows = {slot: replace(row, clip=clip) for slot, row in results.rows.items()}
    page = page_of(tmp_path, replace(results, clips=(clip,), rows=rows))
    assert r"noise: &lt;i&gt;fan\x1b[2J" in page
    assert "a&lt;b&gt;: x" in page
    assert "\x1b" not in page


def test_run_without_references_has_no_clean_player(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_run(tmp_path, has_clean=False))
    assert page.count("<audio controls") == 3 * 3
    assert "clean, set/" not in page


def test_run_without_metrics_has_players_and_no_ranking(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_run(tmp_path, metrics=()))
    check_structure(page)
    assert "Nothing was scored" in page
    assert page.count("<audio controls") == 3 * 4
    assert 'id="notable"' not in page


def test_run_of_one_clip_and_only_noisy_says_that_no_model_ran(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_run(tmp_path, n_clips=1, models={"noisy": 1.0}))
    check_structure(page)
    assert "No model ran" in page
    assert "Comparison of 0 models on 1 clip<" in page


def test_removed_and_changed_audio_files_are_named_and_the_others_play(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    clip_id = results.clips[0].clip_id
    estimate_path(tmp_path, "good", clip_id).unlink()
    changed = estimate_path(tmp_path, "small", clip_id)
    changed.write_bytes(changed.read_bytes() + b"x")
    page = page_of(tmp_path, results)
    assert "the audio file is not there any more" in page
    assert "the audio file was changed after it was scored" in page
    assert page.count("<audio controls") == 2


def test_run_whose_folder_of_audio_was_removed_still_has_its_tables(tmp_path: Path) -> None:
    page = page_of(tmp_path, example_run.results())
    check_structure(page)
    assert "<audio" not in page
    assert "wild/0" in page
    assert "worker_crash" in page
    assert 'id="failures"' in page
    assert page == page_of(tmp_path, example_run.results())


def test_run_in_which_every_clip_failed_says_so_at_the_top(tmp_path: Path) -> None:
    whole = write_run(tmp_path)
    failed = {slot: Enhancement(*slot, "failed", "worker_crash: it ended") for slot in whole.rows}
    results = results_of(whole.header, whole.clips, failed, {})
    page = page_of(tmp_path, results)
    check_structure(page)
    assert "worker_crash" in summary_of(results).headline
    assert page.count("<audio controls") == 3  # the clean files


def test_more_failures_than_the_page_shows_are_counted(tmp_path: Path) -> None:
    whole = write_run(tmp_path, n_clips=1)
    clips = [replace(whole.clips[0], clip_id=f"{i:03}", problem="truncated: it ends early") for i in range(100)]
    page = page_of(tmp_path, results_of(whole.header, clips, {}, {}))
    assert f"The first {MAX_FAILURES} of 300" in page


def test_folder_of_another_program_is_found_by_its_path(tmp_path: Path) -> None:
    results = write_run(tmp_path)
    moved = tmp_path / "elsewhere"
    (tmp_path / "audio" / "good").rename(moved)
    facts = {**results.header["models"]["good"], "folder": str(moved)}
    header = {**results.header, "models": {**results.header["models"], "good": facts}}
    assert page_of(tmp_path, replace(results, header=header)).count("<audio controls") == 3 * 4


def test_audio_above_the_limit_is_linked_and_the_page_says_so(tmp_path: Path) -> None:
    results = write_run(tmp_path, report={"embed_limit_mb": 0.05}, clip_name="a b#{}")
    page = page_of(tmp_path, results)
    assert "data:audio" not in page
    assert 'src="audio/good/a%20b%230.wav"' in page
    assert 'src="in/clean/0.wav"' in page
    assert "so the page needs its folder" in page
    assert "media-src data: blob: &#39;self&#39; file:;" in page


def test_large_run_shows_a_choice_of_clips_and_says_by_which_rule(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_run(tmp_path, n_clips=23))
    assert page.count('<article class="clip"') == 20
    assert "20 of 23 clips" in page


@pytest.mark.parametrize("report", [{}, {"html": False}])
def test_write_reports_without_html_removes_the_page_of_an_earlier_run(tmp_path: Path, report: dict[str, Any]) -> None:
    (tmp_path / REPORT_HTML).write_text("old")
    results = write_run(tmp_path, n_clips=1)
    write_reports(tmp_path, replace(results, header={**results.header, "report": report}))
    assert not (tmp_path / REPORT_HTML).exists()
