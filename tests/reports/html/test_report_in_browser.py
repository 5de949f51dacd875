"""report.html in Chromium: players with one position, keys, sorting, levels; no JavaScript; accessibility."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seinfer.reports.html.report import write_html_report
from seinfer.reports.run_files import write_reports
from tests.browser import findings_of_axe, visit
from tests.reports.html.example_page import DURATION_S, write_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")

WIDTHS = (400, 1280, 1920)
LONG = "a model with a very long name " + "x" * 90


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a run of 7 clips, with one model of a long name."""
    folder = tmp_path_factory.mktemp("run")
    models = {"noisy": 1.0, "good": 0.5, "small": 0.25, LONG: 1.0}
    write_reports(folder, write_run(folder, n_clips=7, models=models, report={"by": ["noise"]}))
    return folder / "report.html"


def player(page: Page, number: int, clip: int = 1) -> str:
    """Return an expression for a player: `clip` and `number` from 1."""
    return f"document.querySelectorAll('.clip')[{clip - 1}].querySelectorAll('audio')[{number - 1}]"


def wait_for(page: Page, expression: str) -> None:
    """Wait until an expression is true; the policy of the page forbids `wait_for_function`."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"it never became true: {expression}")


def test_every_player_can_play_and_has_the_duration_of_its_clip(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.evaluate("for (const one of document.querySelectorAll('audio')) one.preload = 'auto'")
        wait_for(page, "[...document.querySelectorAll('audio')].every((one) => one.readyState >= 1)")
        durations = page.evaluate("[...document.querySelectorAll('audio')].map((one) => one.duration)")
        assert len(durations) == 7 * 5
        # Chromium adds the samples that it skips at the start (6.5 ms) to the duration, but does not play them.
        assert durations == pytest.approx([DURATION_S] * len(durations), abs=0.007)  # s


def test_decoded_audio_of_the_models_is_aligned_with_the_clean_file(browser: Browser, report: Path) -> None:
    """The estimates of this run are the clean file at other levels, so the decoded samples must agree at lag 0."""
    with visit(browser, report, bypass_csp=True) as page:
        lags = page.evaluate(
            """async () => {
              const context = new OfflineAudioContext(1, 48000, 48000);
              const decode = async (player) => {
                const bytes = Uint8Array.from(atob(player.src.split(",")[1]), (one) => one.charCodeAt(0));
                return (await context.decodeAudioData(bytes.buffer)).getChannelData(0);
              };
              const players = [...document.querySelector(".clip").querySelectorAll("audio")];
              const [clean, ...models] = await Promise.all(players.slice(1).map(decode));
              return models.map((samples) => {
                const at = (lag) => {
                  let sum = 0;
                  for (let i = 12000; i < 36000; i++) sum += clean[i] * samples[i + lag];
                  return sum;
                };
                const sums = Array.from({ length: 401 }, (_, i) => at(i - 200));
                return sums.indexOf(Math.max(...sums)) - 200;
              });
            }"""
        )
        assert lags == [0, 0, 0]  # samples at 48 kHz


def test_key_switches_the_version_and_keeps_the_position(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.keyboard.press("1")
        wait_for(page, f"{player(page, 1)}.currentTime > 0.2")
        before = page.evaluate(f"{player(page, 1)}.currentTime")
        page.keyboard.press("3")
        wait_for(page, f"!{player(page, 3)}.paused && {player(page, 3)}.readyState >= 2")
        assert page.evaluate(f"{player(page, 3)}.currentTime") >= before
        assert page.evaluate(f"{player(page, 1)}.paused")
        assert page.locator(".clip").first.locator(".card.is-active h4").inner_text().endswith("good")


def test_key_while_paused_switches_without_playing_and_p_continues_there(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.keyboard.press("2")
        wait_for(page, f"{player(page, 2)}.currentTime > 0.1")
        page.keyboard.press("p")
        position = page.evaluate(f"{player(page, 2)}.currentTime")
        page.keyboard.press("4")
        wait_for(page, f"Math.abs({player(page, 4)}.currentTime - {position}) < 0.01")
        assert page.evaluate(f"{player(page, 4)}.paused")
        page.keyboard.press("p")
        wait_for(page, f"{player(page, 4)}.currentTime > {position}")


def test_start_of_another_player_by_mouse_takes_over_the_position(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.evaluate(f"{player(page, 1)}.play()")
        wait_for(page, f"{player(page, 1)}.currentTime > 0.2")
        page.evaluate(f"{player(page, 2)}.play()")
        wait_for(page, f"{player(page, 2)}.currentTime > 0.2 && {player(page, 1)}.paused")


def test_only_one_clip_plays_at_a_time_and_each_keeps_its_own_position(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.evaluate(f"{player(page, 1)}.play()")
        wait_for(page, f"{player(page, 1)}.currentTime > 0.3")
        page.evaluate(f"{player(page, 1, clip=2)}.play()")
        wait_for(page, f"{player(page, 1)}.paused")
        assert page.evaluate(f"{player(page, 1, clip=2)}.currentTime") < 0.3  # s


def test_keys_do_nothing_when_they_are_switched_off(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.uncheck("#keys")
        page.keyboard.press("1")
        page.keyboard.press("p")
        assert page.evaluate("[...document.querySelectorAll('audio')].every((one) => one.paused)")


def test_equal_loudness_attenuates_to_the_softest_and_never_amplifies(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.check("#match")
        volumes = [page.evaluate(f"{player(page, i)}.volume") for i in (2, 3, 5)]  # clean, good, small
        assert volumes == pytest.approx([0.25, 0.5, 1.0], rel=0.01)
        page.uncheck("#match")
        assert page.evaluate("[...document.querySelectorAll('audio')].every((one) => one.volume === 1)")


def test_heading_sorts_the_table_best_first_and_again_the_other_way(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        names = page.locator("#leaderboard tbody th")
        assert names.first.inner_text() == "noisy"
        heading = page.locator("#leaderboard thead th").nth(1)
        heading.locator("button").focus()
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == "descending"
        assert names.first.inner_text() == "good"
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == "ascending"
        assert names.first.inner_text() == "noisy"
        page.locator("#leaderboard thead th").first.locator("button").click()
        assert names.all_inner_texts() == sorted(names.all_inner_texts(), key=str.lower)
        assert heading.get_attribute("aria-sort") is None


def test_page_without_javascript_shows_everything_but_the_controls(browser: Browser, report: Path) -> None:
    with visit(browser, report, java_script_enabled=False) as page:
        assert page.locator("audio").count() == 7 * 5
        assert page.locator("audio").first.is_visible()
        assert not page.locator(".controls").is_visible()
        assert page.locator("th button").count() == 0
        for section in ("summary", "leaderboard", "groups", "figures", "clips", "methods", "files"):
            assert page.locator(f"#{section}").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_page_has_no_serious_finding_of_axe_and_never_scrolls_sideways(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 900}
    with visit(browser, report, bypass_csp=True, viewport=size, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert findings_of_axe(page) == []


def test_linked_audio_files_play(browser: Browser, tmp_path: Path) -> None:
    path = write_html_report(tmp_path, write_run(tmp_path, n_clips=1, report={"embed_limit_mb": 0.0}))
    with visit(browser, path) as page:
        page.keyboard.press("3")
        wait_for(page, f"{player(page, 3)}.currentTime > 0.1")


def test_printed_page_has_text_and_no_players(browser: Browser, report: Path) -> None:
    with visit(browser, report) as page:
        page.emulate_media(media="print")
        assert not page.locator("audio").first.is_visible()
        assert page.locator(".card img").first.is_visible()
        assert page.pdf()[:5] == b"%PDF-"
