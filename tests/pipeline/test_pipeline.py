"""The whole flow with the real engine on a few short clips."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seinfer.analysis.cautions import cautions
from seinfer.clips.pairing import collect
from seinfer.core.errors import RunFolderError
from seinfer.core.progress import State
from seinfer.enhancement.engines.local import LocalEngine
from seinfer.metrics.choice import choose
from seinfer.models.registry import load_registry
from seinfer.models.selection import Selection
from seinfer.pipeline.journal import RunFolder, read_journal
from seinfer.pipeline.pipeline import execute
from seinfer.pipeline.request import Request
from tests.helpers import rows, write_paired_set


class NoProgress:
    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None: ...

    def change(self, stage: str, state: State) -> None: ...

    def advance(self, stage: str) -> None: ...


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    write_paired_set(tmp_path / "set", 2)
    (tmp_path / "set" / "noisy" / "bad.wav").write_text("not audio")
    return Request(
        out=tmp_path / "out",
        clips=collect([tmp_path / "set"]),
        selection=Selection((load_registry().specs["noisy"],), {"absent": "not installed"}, is_named=False),
        metrics=choose("si_sdr", n_with=2, n_without=1),
        score_cache=False,
    )


def test_execute_returns_the_rows_that_journal_and_files_contain(request_: Request) -> None:
    results = execute(request_, LocalEngine("cpu", 1), NoProgress())
    assert {row.clip.clip_id: row.is_ok for row in results.by_clip} == {"bad": False, "c0": True, "c1": True}
    assert read_journal(request_.out).results().rows == results.rows
    found = rows(request_.out / "per_clip.csv")
    assert [(row["clip_id"], row["status"], bool(row["si_sdr"])) for row in found] == [
        ("bad", "failed", False),
        ("c0", "ok", True),
        ("c1", "ok", True),
    ]


def test_execute_header_has_models_that_ran_and_models_that_did_not(request_: Request) -> None:
    execute(request_, LocalEngine("cpu", 1), NoProgress())
    header = json.loads((request_.out / "run.json").read_text(encoding="utf-8"))
    assert header["models"]["absent"] == {"not_run": "not installed"}
    assert header["models"]["noisy"]["license_weights"]
    assert header["devices"] == {"noisy": "cpu"}
    assert header["metrics_for"]["with_reference"] == ["si_sdr"]


def test_execute_leaves_no_lock_and_no_partial_files(request_: Request) -> None:
    request_.out.mkdir()
    (request_.out / ".seinfer-1-x.part").touch()  # as a killed process leaves it
    execute(request_, LocalEngine("cpu", 1), NoProgress())
    assert not list(request_.out.rglob("*.part"))
    RunFolder(request_.out).close()


def test_execute_in_a_folder_that_is_in_use_is_refused(request_: Request) -> None:
    folder = RunFolder(request_.out)
    with pytest.raises(RunFolderError, match="in use by process"):
        execute(request_, LocalEngine("cpu", 1), NoProgress())
    folder.close()


def test_execute_in_bf16_states_the_error_also_when_resumed_and_float32_enhances_again(request_: Request) -> None:
    spec = replace(load_registry().specs["noisy"], name="half", backend="tests.enhancement.misbehaving:load_reducible")
    selection = Selection((*request_.selection.specs, spec), {}, is_named=False)
    in_bf16 = replace(request_, selection=selection, precision="bf16")

    def header(request: Request) -> dict[str, Any]:
        execute(request, LocalEngine("cpu", 1, precision=request.precision), NoProgress())
        found: dict[str, Any] = json.loads((request.out / "run.json").read_text(encoding="utf-8"))
        return found

    for n_kept in (0, 4):  # two models, two clips that can be read
        found = header(in_bf16)
        assert found["n_kept"] == n_kept
        assert found["settings"]["precision"] == "bf16"
        assert found["precisions"]["half"]["precision"] == "bf16"
        assert found["precisions"]["half"]["snr_to_float32_db"] == pytest.approx(40, abs=0.1)
        assert "noisy" not in found["precisions"]
    kinds = [caution.kind for caution in cautions(read_journal(request_.out).results())]
    assert kinds.count("precision") == 1
    found = header(replace(in_bf16, precision="float32"))
    assert (found["n_kept"], "precisions" in found, "precision" in found["settings"]) == (0, False, False)
