"""A rater with known preferences, who rates a session in the browser with the keyboard alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from seinfer.core.records import from_json
from seinfer.reports.listening.records import PublicTrial

if TYPE_CHECKING:
    from playwright.sync_api import Page

Quality = Callable[[str], float]
"""Stimulus id -> its quality as this rater hears it, 1 to 5."""


def rate_session(page: Page, quality: Quality, rater_id: str = "rater1") -> str:
    """Rate every trial of a session page, and return the rating file."""
    enter(page, rater_id)
    design, trials = design_of(page), trials_of(page)
    for number, trial in enumerate(trials, start=1):
        expect(page.locator("#done")).to_have_attribute("value", str(number - 1))
        rate_trial(page, design, trial, quality)
        page.keyboard.press("Enter")
        if trial.is_training and number < len(trials) and not trials[number].is_training:
            expect(page.locator("#pause")).to_be_visible()
            page.keyboard.press("Enter")
    expect(page.locator("#end")).to_be_visible()
    return page.locator("#csv").input_value()


def enter(page: Page, rater_id: str = "rater1") -> None:
    """Go from the first screen to the first trial."""
    page.keyboard.press("Tab")
    page.keyboard.type(rater_id)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    set_volume(page)


def set_volume(page: Page) -> None:
    """Go from the volume screen to the next trial."""
    expect(page.locator("#level")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_have_text("If the volume is right, go on.")
    page.keyboard.press("Enter")
    expect(page.locator("#instructions")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#trial")).to_be_visible()


def rate_trial(page: Page, design: str, trial: PublicTrial, quality: Quality) -> None:
    """Play and rate one trial; the vote is not given yet."""
    if design == "mushra":
        _rate_with_sliders(page, trial, quality)
        return
    page.keyboard.press("Space")
    expect(page.locator("#questions input").first).to_be_enabled()
    for key in _keys(design, [quality(name) for name in trial.stimuli]):
        page.keyboard.press(key)


def _keys(design: str, qualities: list[float]) -> str:
    if design == "p835":
        return str(round(qualities[0])) * 3
    if design == "abx":
        a, b, x = qualities
        return "1" if abs(x - a) < abs(x - b) else "2"
    difference = qualities[1] - qualities[0]
    if design == "ab":
        return str(2 + (difference > 0) - (difference < 0))
    return str(4 + max(-3, min(3, round(difference))))


def _rate_with_sliders(page: Page, trial: PublicTrial, quality: Quality) -> None:
    heard = page.locator("#trial .heard")
    for i, letter in enumerate("RABCDEFGHIJKL"[: 1 + len(trial.stimuli)]):
        page.keyboard.press(letter.lower())
        expect(heard.nth(i)).to_have_text("heard")
        if i:
            rating = quality(trial.stimuli[i - 1])
            page.keyboard.press(str(round(9 * (rating - 1) / 4)))
            if rating == 5:
                page.keyboard.press("End")


def design_of(page: Page) -> str:
    return str(_config(page)["design"])


def trials_of(page: Page) -> list[PublicTrial]:
    return [from_json(PublicTrial, trial) for trial in _config(page)["trials"]]


def _config(page: Page) -> dict:
    return json.loads(page.locator("#config").text_content() or "")


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a rating file."""
    return list(csv.DictReader(io.StringIO(text)))
