"""The rating page in a browser: by keyboard alone, one vote per trial, nothing lost, accessible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from seinfer.core.files import csv_text, read_csv
from seinfer.reports.listening.records import DESIGNS, RATING_COLUMNS, DesignName
from tests.browser import findings_of_axe, visit
from tests.reports.listening.scripted_rater import enter, rate_session, rate_trial, rows_of, set_volume, trials_of

from .example_test import KEY_SHA256, stimulus, write_example

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")

_MEASURED = ("rt_ms", "utc", "output_sample_rate")
_DONE = "#done"
_STATUS = "#status"


def quality(stimulus_id: str) -> float:
    return 1 + int(stimulus_id, 16) % 5


@pytest.fixture
def p835(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Open a p835 session of a training trial and two trials."""
    with visit(browser, write_example(tmp_path, "p835")) as page:
        yield page


def vote(page: Page, index: int) -> None:
    rate_trial(page, "p835", trials_of(page)[index], quality)
    page.keyboard.press("Enter")


def enter_test(page: Page) -> None:
    """Go to the first trial after the training."""
    enter(page)
    vote(page, 0)
    expect(page.locator("#pause")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(_DONE)).to_have_attribute("value", "1")


# --- The rating file

# design -> trial, position, stimulus, scale, rating, plays. The qualities of stimuli 0 to 5 are 1, 2, 3, 4, 5, 1.
_EXPECTED: dict[DesignName, list[tuple[object, ...]]] = {
    "p835": [
        (trial, 1, stimulus(index), scale, rating, 1)
        for trial, index, rating in ((1, 0, 1), (2, 2, 3), (3, 4, 5))
        for scale in ("SIG", "BAK", "OVRL")
    ],
    "mushra": [
        (trial, position, stimulus(4 * (trial - 1) + position - 1), "MUSHRA", rating, 1)
        for trial, ratings in ((1, (0, 20, 40)), (2, (100, 0, 20)), (3, (70, 100, 0)))
        for position, rating in enumerate(ratings, start=1)
    ],
    "ccr": [(1, 0, stimulus(1), "CCR", 1, 1), (2, 0, stimulus(4), "CCR", 1, 1), (3, 0, stimulus(7), "CCR", 1, 1)],
    "ab": [(1, 0, stimulus(1), "AB", 1, 1), (2, 0, stimulus(4), "AB", 1, 1), (3, 0, stimulus(7), "AB", 1, 1)],
    "abx": [(1, 0, stimulus(2), "ABX", 2, 1), (2, 0, stimulus(6), "ABX", 2, 1), (3, 0, stimulus(10), "ABX", 1, 1)],
}
_TESTED = ("trial", "position", "stimulus_id", "scale", "rating", "n_plays")


@pytest.mark.parametrize("design", DESIGNS)
def test_session_rated_by_keyboard_gives_every_vote(browser: Browser, tmp_path: Path, design: DesignName) -> None:
    with visit(browser, write_example(tmp_path, design)) as page:
        text = rate_session(page, quality)
    rows = rows_of(text)
    assert text.splitlines()[0] == ",".join(RATING_COLUMNS)
    assert [tuple(row[name] for name in _TESTED) for row in rows] == [tuple(map(str, row)) for row in _EXPECTED[design]]
    common = ("test_id", "key_sha256", "session_id", "rater_id", "design", "played_ms", "page_version", "comment")
    assert {tuple(row[name] for name in common) for row in rows} == {
        ("t0123456789", KEY_SHA256, "s0a1b2c3d4", "rater1", design, "300", "1", "")
    }
    for row in rows:
        assert int(row["rt_ms"]) >= 300
        assert int(row["output_sample_rate"]) >= 8_000
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["utc"])


def test_download_is_the_text_that_is_shown_and_its_name_tells_nothing(p835: Page, tmp_path: Path) -> None:
    text = rate_session(p835, quality)
    with p835.expect_download() as download:
        p835.locator("#download").click()
    assert download.value.suggested_filename == "ratings-s0a1b2c3d4-rater1.csv"
    assert Path(download.value.path()).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("comment", ["=1+1", 'a "quoted", word', "'-x", "-3", "été, 好"])
def test_comment_is_written_as_other_tables_write_it_and_read_back(p835: Page, tmp_path: Path, comment: str) -> None:
    enter(p835)
    for index in range(3):
        rate_trial(p835, "p835", trials_of(p835)[index], quality)
        if index == 0:
            p835.locator("#comment").fill(comment)
            p835.locator("#comment").press("Enter")
            expect(p835.locator("#pause")).to_be_visible()
        p835.keyboard.press("Enter")
        if index < 2:
            expect(p835.locator(_DONE)).to_have_attribute("value", str(index + 1))
    expect(p835.locator("#end")).to_be_visible()
    path = tmp_path / "ratings.csv"
    path.write_text(p835.locator("#csv").input_value(), encoding="utf-8")
    rows = read_csv(path)
    assert [row["comment"] for row in rows] == [comment, *[""] * 8]
    assert csv_text(RATING_COLUMNS, rows) == path.read_text(encoding="utf-8")


# --- Locked, one vote, no way back


def test_question_before_the_sample_has_ended_is_locked(p835: Page) -> None:
    enter(p835)
    for key in ("5", "Enter"):
        p835.keyboard.press(key)
        expect(p835.locator(_STATUS)).to_have_text("Locked: play the sample to its end, then rate.")
    assert p835.locator("#questions input:enabled").count() == 0
    expect(p835.locator("#next")).to_have_attribute("aria-disabled", "true")
    p835.locator("#next").click(force=True)
    expect(p835.locator(_DONE)).to_have_attribute("value", "0")
    p835.keyboard.press("Space")  # the click has not taken the key away from the sample
    expect(p835.locator("#questions input:enabled")).to_have_count(15)


def test_sample_stopped_before_its_end_stays_locked(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, write_example(tmp_path, "ab")) as page:
        enter(page)
        page.keyboard.press("a")
        expect(page.locator(".heard").first).to_have_text("heard")
        page.keyboard.press("Space")  # plays A again, then B
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_have_text("Play all")
        expect(page.locator(".heard").nth(1)).to_have_text("not heard yet")
        expect(page.locator("#lock")).to_contain_text("Locked")
        assert page.locator("#questions input:enabled").count() == 0


def test_slider_of_a_sample_that_was_not_heard_is_locked(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, write_example(tmp_path, "mushra")) as page:
        enter(page)
        page.keyboard.press("b")
        expect(page.locator("#questions input:enabled")).to_have_count(1)
        expect(page.locator("#trial .heard")).to_have_text(["not heard yet", "not heard yet", "heard", "not heard yet"])
        page.keyboard.press("7")
        page.keyboard.press("ArrowRight")
        expect(page.locator("output").nth(1)).to_have_text("71")
        page.keyboard.press("Enter")
        expect(page.locator(_STATUS)).to_have_text("Play the reference and each sample to its end first.")


def test_sample_heard_in_two_parts_is_unlocked_when_nothing_of_it_is_missing(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, write_example(tmp_path, "mushra")) as page:
        enter(page)
        hearing = "parts => { const one = new Hearing(10); for (const part of parts) one.add(...part); return %s }"
        state = hearing % "[one.isComplete, one.heardS, one.nPlays, one.playedS]"
        assert page.evaluate(state, [[5, 10]]) == [False, 5, 1, 5]
        assert page.evaluate(state, [[5, 10], [0, 4], [2, 2]]) == [False, 9, 2, 9]
        assert page.evaluate(state, [[5, 10], [0, 4], [3, 5]]) == [True, 10, 3, 11]
        assert page.evaluate(state, [[0, 4], [4.02, 9.98]])[0]


def test_vote_with_a_question_open_is_refused_and_says_how_many(p835: Page) -> None:
    enter(p835)
    p835.keyboard.press("Space")
    expect(p835.locator("#questions input").first).to_be_enabled()
    p835.keyboard.press("4")
    p835.keyboard.press("Enter")
    expect(p835.locator(_STATUS)).to_have_text("2 of 3 questions are not answered yet.")
    expect(p835.locator(_DONE)).to_have_attribute("value", "0")


def test_answer_changed_before_the_vote_is_the_one_that_counts(p835: Page) -> None:
    enter_test(p835)
    rate_trial(p835, "p835", trials_of(p835)[1], quality)
    p835.locator("input[name=SIG][value='1']").check()
    p835.keyboard.press("Enter")
    expect(p835.locator(_DONE)).to_have_attribute("value", "2")
    vote(p835, 2)
    expect(p835.locator("#end")).to_be_visible()
    ratings = [row["rating"] for row in rows_of(p835.locator("#csv").input_value())]
    assert ratings[3:6] == ["1", "3", "3"]


def test_enter_pressed_twice_votes_once(p835: Page) -> None:
    enter_test(p835)
    rate_trial(p835, "p835", trials_of(p835)[1], quality)
    p835.keyboard.press("Enter")
    p835.keyboard.press("Enter")
    expect(p835.locator(_DONE)).to_have_attribute("value", "2")
    rate_trial(p835, "p835", trials_of(p835)[2], quality)
    p835.keyboard.press("Enter")
    p835.keyboard.press("Enter")
    expect(p835.locator("#end")).to_be_visible()
    assert len(rows_of(p835.locator("#csv").input_value())) == 9


def test_button_pressed_twice_votes_once(p835: Page) -> None:
    enter_test(p835)
    rate_trial(p835, "p835", trials_of(p835)[1], quality)
    p835.locator("#next").dblclick()
    expect(p835.locator(_DONE)).to_have_attribute("value", "2")
    vote(p835, 2)
    expect(p835.locator("#end")).to_be_visible()
    assert len(rows_of(p835.locator("#csv").input_value())) == 9


def test_shortcuts_turned_off_leave_all_keys_to_the_browser(p835: Page) -> None:
    enter(p835)
    p835.locator("#shortcuts").evaluate("box => { box.checked = false }")
    p835.locator("#play").press("Space")
    expect(p835.locator("#questions input").first).to_be_enabled()
    p835.keyboard.press("5")
    assert p835.locator("input:checked[type=radio]").count() == 0
    for scale in ("SIG", "BAK", "OVRL"):
        p835.locator(f"input[name={scale}][value='2']").press("Space")
    p835.locator("#next").press("Enter")
    expect(p835.locator("#pause")).to_be_visible()


# Holds back the decoding of samples until the page's function `release` is called.
_SLOW_DECODER = """
const decode = BaseAudioContext.prototype.decodeAudioData;
const gate = new Promise((resolve) => { window.release = resolve; });
BaseAudioContext.prototype.decodeAudioData = async function (data) { await gate; return decode.call(this, data); };
"""


def test_key_pressed_before_the_sample_is_loaded_plays_it_then(p835: Page) -> None:
    p835.add_init_script(_SLOW_DECODER)
    p835.reload()
    p835.locator("#rater").fill("rater1")
    p835.locator("#agree").check()
    p835.keyboard.press("Enter")
    p835.keyboard.press("Space")
    p835.keyboard.press("Space")
    expect(p835.locator(_STATUS)).to_have_text("Loading")
    p835.evaluate("release()")
    expect(p835.locator(_STATUS)).to_have_text("If the volume is right, go on.")


# --- Nothing is lost


def test_reload_goes_on_after_the_last_vote(p835: Page) -> None:
    enter_test(p835)
    vote(p835, 1)
    expect(p835.locator(_DONE)).to_have_attribute("value", "2")
    p835.reload()
    expect(p835.locator("#resume")).to_contain_text("You have rated 2 of 3 trials as rater1.")
    p835.keyboard.press("Enter")
    set_volume(p835)
    expect(p835.locator("#trial-title")).to_have_text("Trial 2 of 2")
    vote(p835, 2)
    expect(p835.locator("#end")).to_be_visible()
    text = p835.locator("#csv").input_value()
    assert [row["trial"] for row in rows_of(text)] == ["1"] * 3 + ["2"] * 3 + ["3"] * 3
    p835.reload()
    expect(p835.locator("#end")).to_be_visible()
    assert p835.locator("#csv").input_value() == text


def test_start_again_deletes_the_saved_ratings(p835: Page) -> None:
    enter_test(p835)
    p835.reload()
    p835.locator("summary").click()
    p835.locator("#forget").click()
    expect(p835.locator("#start")).to_be_visible()
    p835.reload()
    expect(p835.locator("#start")).to_be_visible()


def test_browser_that_saves_nothing_is_told_to_the_rater(browser: Browser, tmp_path: Path) -> None:
    with visit(browser, write_example(tmp_path, "ab")) as page:
        page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('no storage') }")
        page.reload()
        text = rate_session(page, quality)
        expect(page.get_by_role("alert")).to_contain_text("This browser does not save your ratings.")
    assert len(rows_of(text)) == 3


def test_second_window_of_a_session_cannot_vote_for_a_trial_again(p835: Page) -> None:
    enter_test(p835)
    other = p835.context.new_page()
    other.goto(p835.url)
    other.keyboard.press("Enter")
    set_volume(other)
    rate_trial(other, "p835", trials_of(other)[1], quality)
    other.keyboard.press("Enter")
    expect(other.locator(_DONE)).to_have_attribute("value", "2")
    p835.bring_to_front()
    vote(p835, 1)
    expect(p835.get_by_role("alert")).to_contain_text("another window")


# --- Accessible to everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "abx"])
def test_screens_have_no_serious_finding_of_axe(
    browser: Browser, tmp_path: Path, design: DesignName, scheme: str
) -> None:
    findings: dict[str, list[str]] = {}
    path = write_example(tmp_path, design, n_trials=1)
    with visit(browser, path, bypass_csp=True, color_scheme=scheme) as page:
        findings["start"] = findings_of_axe(page)
        page.locator("#rater").fill("rater1")
        page.locator("#agree").check()
        page.keyboard.press("Enter")
        findings["level"] = findings_of_axe(page)
        page.keyboard.press("Space")
        expect(page.locator(_STATUS)).to_have_text("If the volume is right, go on.")
        page.keyboard.press("Enter")
        findings["instructions"] = findings_of_axe(page)
        page.keyboard.press("Enter")
        expect(page.locator("#trial")).to_be_visible()
        findings["locked trial"] = findings_of_axe(page)
        rate_trial(page, design, trials_of(page)[0], quality)
        findings["rated trial"] = findings_of_axe(page)
        page.keyboard.press("Enter")
        expect(page.locator("#end")).to_be_visible()
        findings["end"] = findings_of_axe(page)
        page.goto((tmp_path / "index.html").as_uri())
        findings["index"] = findings_of_axe(page)
    assert {screen: found for screen, found in findings.items() if found} == {}


@pytest.mark.parametrize("design", ["p835", "mushra"])
def test_trial_fits_into_a_narrow_window(browser: Browser, tmp_path: Path, design: DesignName) -> None:
    with visit(browser, write_example(tmp_path, design), viewport={"width": 400, "height": 800}) as page:
        enter(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
