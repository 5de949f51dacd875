"""What other programs get: files that their parsers read, every stimulus that they name, and no name from the key."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from seinfer.core.errors import IntegrityError, UsageError
from seinfer.pipeline.journal import read_journal
from seinfer.reports.listening.exchange.export import FORMATS, export
from seinfer.reports.listening.exchange.yaml import yaml_text
from seinfer.reports.listening.make import make_test
from seinfer.reports.listening.records import DESIGNS, DesignName
from tests.helpers import rows
from tests.reports.listening.listening_run import request, write_run
from tests.reports.listening.small_test import CLIPS, MODELS, SmallTest, make, shuffled

URL = "https://example.org/clips"
SUPPORTED = {"webmushra": ("mushra", "p835", "abx"), "p808": ("p835", "ccr"), "beaqlejs": ("mushra", "abx", "ab")}
_CASES = [(form, design) for form, designs in SUPPORTED.items() for design in designs]


def against_noisy(rng: random.Random, _: list[str]) -> list[str]:
    return rng.sample(["noisy", "rnnoise"], 2)


def pages(out: Path, session_id: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((out / f"{session_id}.yaml").read_text())
    found: list[dict[str, Any]] = document["pages"]
    return found


@pytest.mark.parametrize(("form", "design"), _CASES)
def test_export_contains_no_name_and_every_stimulus_that_it_names(
    tmp_path: Path, form: str, design: DesignName
) -> None:
    test = make(tmp_path, design, model_order=against_noisy if design == "ccr" else shuffled)
    done = export(test.folder, test.key_path, form, tmp_path / "out", URL)
    texts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert set(texts) == set(done.files)
    named = {match for text in texts.values() for match in re.findall(r"([0-9a-f]{10})\.wav", text)}
    assert named == {path.stem for path in (tmp_path / "out" / "stimuli").iterdir()}
    assert len(named) == done.n_stimuli > 0
    for text in texts.values():
        assert not [name for name in (*MODELS, *CLIPS, "clean", "hidden") if name in text]
        assert test.key.salt not in text


@pytest.mark.parametrize(
    ("form", "design"), [(form, design) for form in FORMATS for design in DESIGNS if (form, design) not in _CASES]
)
def test_export_of_a_design_without_a_page_raises_usage_error(tmp_path: Path, form: str, design: DesignName) -> None:
    test = make(tmp_path, design)
    with pytest.raises(UsageError, match=f"for the design {design}; expected"):
        export(test.folder, test.key_path, form, tmp_path / "out", URL)
    assert not (tmp_path / "out").exists()


def test_export_of_mushra_leaves_the_hidden_reference_to_webmushra(tmp_path: Path) -> None:
    test = make(tmp_path, "mushra")
    export(test.folder, test.key_path, "webmushra", tmp_path / "out")
    hidden = {item.stimulus_id for item in test.key.items if item.role == "hidden_ref"}
    for session in test.test.sessions:
        *trials, finish = pages(tmp_path / "out", session.session_id)
        for page, trial in zip(trials, session.trials, strict=True):
            assert set(page["stimuli"]) == set(trial.stimuli) - hidden
            assert page["reference"].endswith(f"/{trial.reference}.wav")
            assert (page["randomize"], page["showConditionNames"], page["createAnchor35"]) == (True, False, False)
        assert (finish["type"], finish["showResults"], finish["writeResults"]) == ("finish", False, True)


@pytest.mark.parametrize("form", ["webmushra", "beaqlejs"])
def test_export_of_a_repeated_mushra_trial_leaves_the_copy_of_the_hidden_reference_out(
    tmp_path: Path, form: str
) -> None:
    made = make_test(read_journal(write_run(tmp_path)).results(), request(tmp_path, design="mushra", n_raters=1))
    export(tmp_path / "test", tmp_path / "test.key.json", form, tmp_path / "out")
    [path] = [path for path in (tmp_path / "out").iterdir() if path.is_file()]
    copies = {item.stimulus_id for item in made.key.items if item.role == "repeat" and item.model == "clean"}
    assert len(copies) == 3  # of the hidden reference and of two anchors
    named = set(re.findall(r"([0-9a-f]{10})\.wav", path.read_text()))
    assert len(copies & named) == 2


def test_export_of_p835_asks_three_questions_on_each_stimulus(tmp_path: Path) -> None:
    test = make(tmp_path)
    export(test.folder, test.key_path, "webmushra", tmp_path / "out")
    session = test.test.sessions[0]
    found = pages(tmp_path / "out", session.session_id)
    assert len(found) == 3 * len(session.trials) + 1
    assert [page["id"].rsplit("_")[-1] for page in found[:3]] == ["SIG", "BAK", "OVRL"]
    assert [one["value"] for one in found[0]["response"]] == ["5", "4", "3", "2", "1"]
    assert found[2]["response"][0]["label"] == "Excellent"


def test_export_to_beaqlejs_is_a_script_with_json(tmp_path: Path) -> None:
    test = make(tmp_path, "ab")
    export(test.folder, test.key_path, "beaqlejs", tmp_path / "out")
    session = test.test.sessions[0]
    text = (tmp_path / "out" / f"{session.session_id}.js").read_text()
    document = json.loads(text.removeprefix("var TestConfig = ").rstrip(";\n"))
    first, second = session.trials[0].stimuli
    assert document["Testsets"][0]["Files"] == {"A": f"audio/{first}.wav", "B": f"audio/{second}.wav"}
    assert not document["ShowFileIDs"]
    assert not document["ShowResults"]


def test_export_of_pairs_to_p808_takes_the_unprocessed_clip_as_reference(tmp_path: Path) -> None:
    test = make(tmp_path, "ccr", model_order=against_noisy)
    export(test.folder, test.key_path, "p808", tmp_path / "out", URL)
    model = {f"{URL}/{item.stimulus_id}.wav": item.model for item in test.key.items}
    table = rows(tmp_path / "out" / "rating_clips.csv")
    assert len(table) == len(CLIPS)
    assert {(model[row["rating_clips"]], model[row["references"]]) for row in table} == {("rnnoise", "noisy")}


def test_export_to_p808_with_two_references_of_a_clip_raises_usage_error(tmp_path: Path) -> None:
    orders = iter((["noisy", "deepfilternet3"], ["rnnoise", "deepfilternet3"]) * 20)
    test = make(tmp_path, "ccr", session_order=lambda _, clips: clips[:1] * 2, model_order=lambda *_: next(orders))
    with pytest.raises(UsageError, match="make the test with --pairs baseline"):
        export(test.folder, test.key_path, "p808", tmp_path / "out", URL)


def test_export_to_p808_without_an_address_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    with pytest.raises(UsageError, match="--url-prefix is ''"):
        export(test.folder, test.key_path, "p808", tmp_path / "out")


def test_export_into_the_test_folder_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    with pytest.raises(UsageError, match="inside the test folder"):
        export(test.folder, test.key_path, "webmushra", test.folder / "out")


def test_export_with_a_foreign_key_raises_integrity_error(tmp_path: Path) -> None:
    test, other = make(tmp_path / "a"), make(tmp_path / "b", n_sessions=2)
    with pytest.raises(IntegrityError):
        export(test.folder, other.key_path, "webmushra", tmp_path / "out")


@pytest.mark.parametrize(
    "value",
    ["a: b", "- x", '"', "\\", "# no", "yes", "null", "1e5", "", "line\nbreak", "{}", "ü", "'", "%a", "@b", "[x]"],
)
def test_yaml_of_any_text_is_read_back_as_it_was(value: str) -> None:
    document = {
        "a": value,
        "list": [value, {"b": value, "c": [1, True, 2.5, {"d": []}]}],
        "0123456789": {"12e4": value},
    }
    assert yaml.safe_load(yaml_text(document)) == document


def exported(test: SmallTest, form: str) -> Path:
    """Export beside the test folder."""
    out = test.folder.parent / "out"
    export(test.folder, test.key_path, form, out, URL)
    return out
