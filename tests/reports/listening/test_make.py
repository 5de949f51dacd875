"""A whole listening test made out of a small run: what is in the folder, how it sounds, and all or nothing."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from seinfer.analysis.results import Results
from seinfer.audio.levels import speech_level
from seinfer.core.errors import AudioError, IntegrityError, MissingExtraError, RunFolderError, UsageError
from seinfer.core.hashing import sha256_of
from seinfer.pipeline.journal import read_journal
from seinfer.reports.listening import extra, make
from seinfer.reports.listening.documents import read_test
from seinfer.reports.listening.key import commitment, read_key, verify
from seinfer.reports.listening.make import Made, make_test
from seinfer.reports.listening.records import DESIGNS, RATING_COLUMNS, SCALES, DesignName, Item
from tests.helpers import gain_db, lag_samples

from .listening_run import BAD_DB, GOOD_DB, GOOD_DELAY, MODELS, RATE, request, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    folder = tmp_path_factory.mktemp("listening")
    return folder, read_journal(write_run(folder)).results()


@pytest.fixture(scope="module")
def tests(run: tuple[Path, Results]) -> dict[DesignName, tuple[Path, Made]]:
    """Make a test of every design."""
    folder, results = run
    made = {}
    for design in DESIGNS:
        asked = request(folder, design=design, out=folder / design, key=folder / f"{design}.key.json")
        made[design] = (folder / design, make_test(results, asked))
    return made


def sound(folder: Path, stimulus_id: str) -> np.ndarray:
    return np.asarray(soundfile.read(folder / "stimuli" / f"{stimulus_id}.wav")[0])


def items(made: Made, *roles: str) -> list[Item]:
    return [item for item in made.key.items if item.role in roles]


@pytest.mark.parametrize("design", DESIGNS)
def test_made_folder_has_the_files_of_its_test_and_the_key_fits(
    tests: dict[DesignName, tuple[Path, Made]], design: DesignName
) -> None:
    folder, made = tests[design]
    assert read_test(folder) == made.test
    key = read_key(folder.parent / f"{design}.key.json")
    assert key == made.key
    verify(key, read_test(folder))
    sessions = {session.session_id for session in made.test.sessions}
    assert {path.name for path in folder.iterdir()} == {"index.html", "sessions", "sheets", "stimuli", "test.json"}
    assert {path.stem for path in (folder / "sheets").iterdir()} == sessions
    assert {path.stem for path in (folder / "sessions").iterdir()} == sessions
    assert {path.stem for path in (folder / "stimuli").iterdir()} == {item.stimulus_id for item in key.items}
    for session in made.test.sessions:
        assert len(made.key.kinds[session.session_id]) == len(session.trials)
        for kind, trial in zip(made.key.kinds[session.session_id], session.trials, strict=True):
            assert trial.is_training == (kind == "training")


@pytest.mark.parametrize("design", DESIGNS)
def test_made_stimuli_differ_in_nothing_but_sound(
    tests: dict[DesignName, tuple[Path, Made]], design: DesignName
) -> None:
    folder, made = tests[design]
    files = sorted((folder / "stimuli").iterdir())
    contents = [path.read_bytes() for path in files]
    assert len({len(content) for content in contents}) == 1
    assert len({content[:44] for content in contents}) == 1
    assert len(set(contents)) == len(contents)
    assert len({path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}) == 1
    for item in made.key.items:
        assert item.sha256_out == sha256_of(folder / "stimuli" / f"{item.stimulus_id}.wav")
    for item in items(made, "repeat", "x"):
        assert np.abs(sound(folder, item.stimulus_id) - sound(folder, item.same_as)).max() <= 3 * 2.0**-15


@pytest.mark.parametrize("design", DESIGNS)
def test_made_folder_names_no_model_and_no_clip(tests: dict[DesignName, tuple[Path, Made]], design: DesignName) -> None:
    folder, made = tests[design]
    secrets = [made.key.salt, "talk", *(f'"{model}"' for model in MODELS)]
    for path in folder.rglob("*.*"):
        assert not [secret for secret in secrets if secret in path.name]
        if path.suffix in (".json", ".csv"):
            text = path.read_text(encoding="utf-8")
            assert not [secret for secret in secrets if secret in text]


def test_made_stimuli_have_the_same_speech_level_and_no_delay(tests: dict[DesignName, tuple[Path, Made]]) -> None:
    folder, made = tests["mushra"]
    n_samples = {f"talk{i}": RATE * (3 + i % 2) // 2 for i in range(4)}  # without the zeros at the end
    references = {item.clip_id: sound(folder, item.stimulus_id) for item in items(made, "hidden_ref")}
    common_db = made.rendered.common_gain_db
    for item in items(made, "test", "noisy", "reference"):
        reference, estimate = references[item.clip_id], sound(folder, item.stimulus_id)
        assert speech_level(reference[: n_samples[item.clip_id]], RATE).active_db == pytest.approx(
            -26 + common_db, abs=0.1
        )
        assert lag_samples(reference=reference, estimate=estimate) == 0
        assert gain_db(reference=reference, estimate=estimate) == pytest.approx(0, abs=0.05)
        assert item.delay_samples == (GOOD_DELAY if item.model == "good" else 0)
    gains = {(item.clip_id, item.model): item.gain_db for item in items(made, "test", "hidden_ref")}
    for clip_id in references:
        assert gains[clip_id, "good"] - gains[clip_id, "clean"] == pytest.approx(-GOOD_DB, abs=0.3)
        assert gains[clip_id, "bad"] - gains[clip_id, "clean"] == pytest.approx(-BAD_DB, abs=0.3)


def test_made_anchors_are_low_passed_references(tests: dict[DesignName, tuple[Path, Made]]) -> None:
    folder, made = tests["mushra"]
    for item in items(made, "anchor35"):
        power = np.abs(np.fft.rfft(sound(folder, item.stimulus_id))) ** 2
        frequencies = np.fft.rfftfreq(made.test.n_samples, 1 / RATE)
        assert power[frequencies > 4_050].sum() < 1e-5 * power.sum()
        assert item.model == "clean"


@pytest.mark.parametrize("design", DESIGNS)
def test_made_sheets_have_a_row_for_every_vote(tests: dict[DesignName, tuple[Path, Made]], design: DesignName) -> None:
    folder, made = tests[design]
    for session in made.test.sessions:
        with open(folder / "sheets" / f"{session.session_id}.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert tuple(rows[0]) == RATING_COLUMNS
        n_votes = sum(len(trial.stimuli) if design in ("p835", "mushra") else 1 for trial in session.trials)
        assert len(rows) == n_votes * len(SCALES[design])
        assert {row["key_sha256"] for row in rows} == {made.test.key_sha256}
        for row in rows:
            trial = session.trials[int(row["trial"]) - 1]
            position = int(row["position"])
            assert row["stimulus_id"] == (trial.stimuli[position - 1] if position else trial.stimuli[-1])
            assert row["rating"] == ""


def test_made_sessions_ask_for_the_background_first_in_half_of_the_sessions(
    tests: dict[DesignName, tuple[Path, Made]],
) -> None:
    for design in DESIGNS:
        first = Counter(session.is_background_first for session in tests[design][1].test.sessions)
        assert first == ({True: 2, False: 2} if design == "p835" else {False: 4})


def test_make_with_the_same_seed_and_salt_gives_the_same_bytes(run: tuple[Path, Results], tmp_path: Path) -> None:
    folder, results = run
    made = [
        make_test(results, request(folder, n_raters=2, out=tmp_path / name, key=tmp_path / f"{name}.key.json"))
        for name in ("one", "two")
    ]
    assert made[0].key == made[1].key
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_make_without_a_given_salt_draws_one_and_keeps_the_plan(run: tuple[Path, Results], tmp_path: Path) -> None:
    folder, results = run
    made = [
        make_test(results, request(folder, n_raters=1, salt="", out=tmp_path / name, key=tmp_path / f"{name}.json"))
        for name in ("one", "two")
    ]
    assert made[0].plan == made[1].plan
    salts = {one.key.salt for one in made}
    assert len(salts) == 2 and {len(salt) for salt in salts} == {64}
    assert not {item.stimulus_id for item in made[0].key.items} & {item.stimulus_id for item in made[1].key.items}
    with pytest.raises(IntegrityError):
        verify(made[0].key, made[1].test)


def test_make_of_clips_without_clean_files_works_and_counts_approximate_levels(tmp_path: Path) -> None:
    results = read_journal(write_run(tmp_path, has_clean=False)).results()
    made = make_test(results, request(tmp_path, n_raters=1))
    assert made.rendered.n_approximate == len(made.key.items)
    assert {item.model for item in items(made, "gold", "trap")} == {"distorted"}


def test_make_turns_all_stimuli_down_together_if_one_would_be_too_loud(
    run: tuple[Path, Results], tmp_path: Path
) -> None:
    folder, results = run
    out = {"out": tmp_path / "test", "key": tmp_path / "key.json"}
    made = make_test(results, request(folder, n_raters=1, level="p56:-10", **out))
    assert made.rendered.common_gain_db < 0
    peaks = [np.abs(sound(tmp_path / "test", item.stimulus_id)).max() for item in made.key.items]
    assert 20 * np.log10(max(peaks)) == pytest.approx(-1, abs=0.01)
    gains = {(item.clip_id, item.model): item.gain_db for item in made.key.items}
    for clip_id in made.sources.clips:
        difference = gains[clip_id, "good"] - gains[clip_id, "bad"]
        assert difference == pytest.approx(BAD_DB - GOOD_DB, abs=0.3)


def test_make_with_incomplete_blocks_writes_only_what_is_heard(run: tuple[Path, Results], tmp_path: Path) -> None:
    folder, results = run
    out = {"out": tmp_path / "test", "key": tmp_path / "key.json"}
    made = make_test(results, request(folder, n_raters=1, max_minutes=3.5, **out))
    assert made.plan.n_clips_each == 2
    heard = {one for session in made.test.sessions for trial in session.trials for one in trial.stimuli}
    assert heard == {item.stimulus_id for item in made.key.items}


def refused(folder: Path, results: Results, **changes: Any) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises((UsageError, RunFolderError, AudioError, MissingExtraError)):
        make_test(results, request(folder, n_raters=1, **changes))
    assert sorted(folder.rglob("*")) == before


def test_make_that_is_refused_or_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = read_journal(write_run(tmp_path)).results()
    (tmp_path / "there").mkdir()
    (tmp_path / "there.json").touch()
    refused(tmp_path, results, out=tmp_path / "there")
    refused(tmp_path, results, key=tmp_path / "there.json")
    refused(tmp_path, results, key=tmp_path / "test" / "key.json")
    refused(tmp_path, results, level="loud")
    refused(tmp_path, results, title="Is GOOD better?")
    refused(tmp_path, results, out=tmp_path / "there.json" / "test")

    def full(*_: object) -> None:
        raise RunFolderError("the disk is full")

    monkeypatch.setattr(make, "write_key", full)
    refused(tmp_path, results)


def test_make_whose_folder_cannot_get_its_name_removes_the_key_too(
    run: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, results = run

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(RunFolderError, match="No space left"):
        make_test(results, request(folder, n_raters=1, out=tmp_path / "test", key=tmp_path / "key.json"))
    assert list(tmp_path.iterdir()) == []


def test_make_that_is_interrupted_after_the_key_was_written_leaves_nothing(
    run: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, results = run

    def interrupt(folder: Path) -> None:
        assert (tmp_path / "key.json").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "_set_times", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_test(results, request(folder, n_raters=1, out=tmp_path / "test", key=tmp_path / "key.json"))
    assert list(tmp_path.iterdir()) == []


def test_make_without_the_extra_is_an_error_with_the_install_line(
    run: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "version_of", lambda name: "")
    with pytest.raises(MissingExtraError, match=r"jinja2: .* install .*\[listening\]"):
        make_test(run[1], request(tmp_path))


def test_make_of_clips_without_speech_is_an_error_that_names_the_clip(tmp_path: Path) -> None:
    results = read_journal(write_run(tmp_path, has_clean=False)).results()
    rows = dict(results.rows)
    soundfile.write(tmp_path / "run/audio/noisy/talk2.wav", np.zeros(2 * RATE), RATE)
    row = rows["talk2", "noisy"]
    assert row.enhancement is not None
    digest = sha256_of(tmp_path / "run/audio/noisy/talk2.wav")
    rows["talk2", "noisy"] = replace(row, enhancement=replace(row.enhancement, estimate_sha256=digest))
    with pytest.raises(AudioError, match=r"talk2: it contains no active speech.*--level none"):
        make_test(replace(results, rows=rows), request(tmp_path))
    assert not (tmp_path / "test").exists() and not (tmp_path / "test.key.json").exists()


def test_commitment_is_printed_in_the_public_test_and_nothing_else_of_the_key(
    tests: dict[DesignName, tuple[Path, Made]],
) -> None:
    folder, made = tests["p835"]
    text = (folder / "test.json").read_text(encoding="utf-8")
    assert commitment(made.key) in text
    assert "gold" not in text and "repeat" not in text and "noisy" not in text
