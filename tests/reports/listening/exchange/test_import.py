"""Result files of other programs, made from what was exported to them, give back the ratings of the raters."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from seinfer.core.errors import UsageError
from seinfer.core.files import Cell
from seinfer.reports.listening.exchange.p808_results import P808Results
from seinfer.reports.listening.exchange.votes import rating_rows
from seinfer.reports.listening.exchange.webmushra_results import WebMushraResults
from seinfer.reports.listening.records import RATING_COLUMNS
from tests.helpers import rows
from tests.reports.listening.exchange.test_export import against_noisy, exported, pages
from tests.reports.listening.small_test import SmallTest, make

RATINGS = {"noisy": 2, "rnnoise": 3, "deepfilternet3": 4, "clean": 5}
Ratings = list[dict[str, Cell]]


def write(path: Path, columns: Sequence[str], lines: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *lines])
    return path


def models(test: SmallTest) -> Mapping[str, str]:
    return {item.stimulus_id: item.model for item in test.key.items}


def from_webmushra(test: SmallTest, path: Path) -> Ratings:
    return rating_rows(test.key, WebMushraResults(test.key).votes([path]))


def from_p808(test: SmallTest, *paths: Path) -> Ratings:
    return rating_rows(test.key, P808Results(test.key).votes(paths))


def study(test: SmallTest) -> str:
    return f"{test.test.test_id}_{test.test.key_sha256[:12]}"


def rated_pages(test: SmallTest, out: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return (rater, page) for one rater per session."""
    return [
        (f"rater{number}", page)
        for number, session in enumerate(test.test.sessions)
        for page in pages(out, session.session_id)
        if page["type"] != "finish"
    ]


def mushra_file(test: SmallTest, path: Path) -> Path:
    model = models(test)
    lines = []
    for rater, page in rated_pages(test, exported(test, "webmushra")):
        for one in [*page["stimuli"], "reference"]:
            rating = 20 * RATINGS[model.get(one, "clean")]
            lines.append([study(test), rater, "uuid", page["id"], one, rating, 1234, "null"])
    columns = ("session_test_id", "rater_id", "session_uuid", "trial_id", "rating_stimulus", "rating_score")
    return write(path, (*columns, "rating_time", "rating_comment"), lines)


def test_import_of_mushra_gives_every_vote_with_its_position_and_the_hidden_reference(tmp_path: Path) -> None:
    test = make(tmp_path, "mushra")
    found = from_webmushra(test, mushra_file(test, tmp_path / "mushra.csv"))
    model, trials = models(test), {s.session_id: s.trials for s in test.test.sessions}
    assert len(found) == sum(len(trial.stimuli) for session in test.test.sessions for trial in session.trials)
    for row in found:
        assert tuple(row) == RATING_COLUMNS
        trial = trials[str(row["session_id"])][int(row["trial"] or 0) - 1]
        assert trial.stimuli[int(row["position"] or 0) - 1] == row["stimulus_id"]
        assert row["rating"] == 20 * RATINGS[model[str(row["stimulus_id"])]]
        assert (row["key_sha256"], row["scale"], row["comment"]) == (test.test.key_sha256, "MUSHRA", "")
    assert {row["rater_id"] for row in found} == {"rater0", "rater1", "rater2"}


def test_import_of_p835_from_webmushra_gives_three_scales(tmp_path: Path) -> None:
    test = make(tmp_path)
    model, lines = models(test), []
    for rater, page in rated_pages(test, exported(test, "webmushra")):
        [one] = page["stimuli"]
        scale = page["id"].rsplit("_", 1)[1]
        rating = RATINGS[model[one]] + (scale == "BAK") - (scale == "SIG")
        lines.append([study(test), rater, page["id"], f" {rating} ", one, 900])
    path = write(
        tmp_path / "lss.csv",
        ("session_test_id", "rater_id", "trial_id", "stimuli_rating", "stimuli", "rating_time"),
        lines,
    )
    found = from_webmushra(test, path)
    assert len(found) == len(lines)
    for row in found:
        expected = RATINGS[model[str(row["stimulus_id"])]] + (row["scale"] == "BAK") - (row["scale"] == "SIG")
        assert row["rating"] == expected
    assert [row["scale"] for row in found[:3]] == ["SIG", "BAK", "OVRL"]


def test_import_of_abx_gives_the_position_that_was_chosen(tmp_path: Path) -> None:
    test = make(tmp_path, "abx")
    lines = [
        [study(test), rater, page["id"], "reference", next(iter(page["stimuli"])), "correct", 800, ""]
        for rater, page in rated_pages(test, exported(test, "webmushra"))
    ]
    lines[0][5] = "incorrect"
    columns = ("session_test_id", "rater_id", "trial_id", "choice_reference", "choice_non_reference", "choice_answer")
    found = from_webmushra(test, write(tmp_path / "pc.csv", (*columns, "choice_time", "choice_comment"), lines))
    twins = {item.stimulus_id: item.same_as for item in test.key.items}
    trials = {s.session_id: s.trials for s in test.test.sessions}
    correct = 0
    for row in found:
        trial = trials[str(row["session_id"])][int(row["trial"] or 0) - 1]
        assert row["stimulus_id"] == trial.stimuli[-1]
        correct += trial.stimuli[int(row["rating"] or 0) - 1] == twins[trial.stimuli[-1]]
    assert correct == len(found) - 1


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, "other_test", "line 3: session_test_id is 'other_test'"),
        (3, "0123456789_001", "line 3: trial_id is '0123456789_001', which is no trial"),
        (4, "0123456789", "line 3: rating_stimulus is '0123456789', which is no stimulus of the trial"),
        (5, "101", "line 3: rating_score is '101'; expected a number from 0 to 100"),
        (5, "NA", "line 3: rating_score is 'NA'; expected a number from 0 to 100"),
    ],
)
def test_import_of_a_foreign_line_names_the_line(tmp_path: Path, column: int, value: str, message: str) -> None:
    test = make(tmp_path, "mushra")
    path = mushra_file(test, tmp_path / "mushra.csv")
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    cells[column] = value
    path.write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]))
    with pytest.raises(UsageError, match=message):
        from_webmushra(test, path)


def test_import_of_a_vote_given_twice_names_both_lines(tmp_path: Path) -> None:
    test = make(tmp_path, "mushra")
    path = mushra_file(test, tmp_path / "mushra.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[1]]))
    with pytest.raises(UsageError, match=r"line 4: rater rater0 rates .* a second time, after line 2 of mushra\.csv"):
        from_webmushra(test, path)


def test_import_without_a_rater_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path, "mushra")
    path = mushra_file(test, tmp_path / "mushra.csv")
    path.write_text(path.read_text().replace("rater0,uuid", ","))
    with pytest.raises(UsageError, match="line 2: the rater is unknown"):
        from_webmushra(test, path)


def test_import_of_a_file_with_other_columns_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path, "mushra")
    path = write(tmp_path / "a.csv", ("session_test_id", "x"), [["a", "b"]])
    with pytest.raises(UsageError, match="has no column trial_id; its columns are session_test_id, x"):
        from_webmushra(test, path)


# --- P.808


def rated_urls(test: SmallTest) -> list[str]:
    return [row["rating_clips"] for row in rows(exported(test, "p808") / "rating_clips.csv")]


def stem(url: str) -> str:
    return url.rsplit("/", 1)[1].removesuffix(".wav")


def test_import_of_p808_votes_per_worker_gives_raters_and_scales(tmp_path: Path) -> None:
    test = make(tmp_path)
    model, urls = models(test), rated_urls(test)
    paths = []
    for scale in ("sig", "bak", "ovrl"):
        lines = [
            [worker, url, RATINGS[model[stem(url)]] - (scale == "sig"), f"MOS_{scale.upper()}"]
            for worker in ("A1", "A2")
            for url in urls
        ]
        path = tmp_path / f"batch_votes_per_worker_{scale}.csv"
        paths.append(write(path, ("workerid", "file", "vote", "question_type"), lines))
    found = from_p808(test, *paths)
    assert len(found) == 2 * 3 * len(urls)
    assert {row["rater_id"] for row in found} == {"A1", "A2"}
    assert len({row["session_id"] for row in found}) == 2  # a session belongs to one rater
    assert {row["page_version"] for row in found} == {test.test.page_version}
    for row in found:
        assert row["rating"] == RATINGS[model[str(row["stimulus_id"])]] - (row["scale"] == "SIG")
    trials = {s.session_id: s.trials for s in test.test.sessions}
    assert all(
        trials[str(row["session_id"])][int(row["trial"] or 0) - 1].stimuli == (row["stimulus_id"],) for row in found
    )


def test_import_of_p808_votes_per_clip_makes_each_vote_a_rater(tmp_path: Path) -> None:
    test = make(tmp_path)
    urls = rated_urls(test)
    lines = [[url, 2, 3.5, 0.7, 0.98, f"{stem(url)}.wav", 3, 4] for url in urls[:-1]]
    lines.append([urls[-1], 1, 5, "", "", f"{stem(urls[-1])}.wav", 5, ""])
    columns = ("file_url", "n", "MOS_BAK", "std_bak", "95%CI_bak", "short_file_name", "vote_1", "vote_2")
    reader = P808Results(test.key)
    path = write(tmp_path / "batch_votes_per_clip_bak.csv", columns, lines)
    found = rating_rows(test.key, reader.votes([path]))
    assert reader.has_unknown_raters
    assert len(found) == 2 * len(urls) - 1 == len({row["rater_id"] for row in found})
    assert {row["scale"] for row in found} == {"BAK"}
    assert sorted(int(row["rating"] or 0) for row in found) == sorted([3, 4] * (len(urls) - 1) + [5])


def test_import_of_p808_ccr_turns_the_sign_where_the_rated_clip_came_first(tmp_path: Path) -> None:
    test = make(tmp_path, "ccr", model_order=against_noisy)
    urls = rated_urls(test)
    path = write(
        tmp_path / "batch_votes_per_worker.csv", ("workerid", "file", "vote"), [["A1", url, 2] for url in urls]
    )
    found = from_p808(test, path)
    assert len(found) == len(urls)
    model = models(test)
    assert {int(row["rating"] or 0) for row in found} == {2, -2}
    for row in found:
        assert row["rating"] == (2 if model[str(row["stimulus_id"])] == "rnnoise" else -2)


def test_import_of_p808_with_an_unknown_clip_names_the_line(tmp_path: Path) -> None:
    test = make(tmp_path)
    path = write(tmp_path / "a_sig.csv", ("workerid", "file", "vote"), [["A1", "https://example.org/rnnoise_1.wav", 2]])
    with pytest.raises(UsageError, match=r"line 2: the clip is .* and 'rnnoise_1' is no rated stimulus of the test"):
        from_p808(test, path)


def test_import_of_p808_without_a_scale_in_the_name_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    path = write(tmp_path / "votes.csv", ("workerid", "file", "vote"), [["A1", "x", 2]])
    with pytest.raises(UsageError, match="does not end in _sig"):
        from_p808(test, path)


def test_import_of_a_design_that_a_program_lacks_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path, "ab")
    with pytest.raises(UsageError, match=r"P\.808 has no results for the design ab"):
        P808Results(test.key)
    with pytest.raises(UsageError, match="webMUSHRA has no results for the design ab"):
        from_webmushra(test, tmp_path / "x.csv")
