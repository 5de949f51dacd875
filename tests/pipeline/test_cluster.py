"""Requests on a Ray cluster of two nodes: the same tables as on this machine, also if a node is killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import seinfer
from seinfer.clips.external import open_folder
from seinfer.clips.pairing import collect
from seinfer.core.errors import UsageError
from seinfer.core.progress import State
from seinfer.core.records import ModelSpec
from seinfer.metrics.choice import choose
from seinfer.models.registry import load_registry
from seinfer.models.selection import Selection
from seinfer.pipeline.pipeline import execute_here
from seinfer.pipeline.request import ALL_MODELS, RaySettings, Request
from tests.helpers import TIMINGS, rows, write_paired_set
from tests.ray_cluster import TwoNodes

pytestmark = pytest.mark.xdist_group("ray")
N_CLIPS = 6
MODELS = ("noisy", "rnnoise")


class OnAdvance:
    """Calls a function once, when a stage has made its first step."""

    def __init__(self, stage: str = "", call: Callable[[], None] = lambda: None) -> None:
        self.steps: dict[str, int] = {}
        self._stage, self._call = stage, call

    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None: ...

    def change(self, stage: str, state: State) -> None: ...

    def advance(self, stage: str) -> None:
        self.steps[stage] = self.steps.get(stage, 0) + 1
        if stage == self._stage and self.steps[stage] == 1:
            self._call()


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    write_paired_set(tmp_path / "set", N_CLIPS)
    return Request(
        out=tmp_path / "local",
        clips=collect([tmp_path / "set"]),
        selection=Selection(tuple(load_registry().specs[name] for name in MODELS), {}, is_named=True),
        metrics=choose("si_sdr,pesq_wb", n_with=N_CLIPS, n_without=0),
        score_cache=False,
    )


def on_ray(request: Request, cluster: TwoNodes, **changes: Any) -> Request:
    return replace(request, ray=RaySettings(cluster.address), **{"out": request.out.with_name("ray"), **changes})


def tables(folder: Path) -> dict[str, object]:
    """Return the CSV files of a run without the columns of time and memory, and the digest of each estimate."""
    per_clip = [{k: v for k, v in row.items() if k not in TIMINGS} for row in rows(folder / "per_clip.csv")]
    others = {name: (folder / name).read_bytes() for name in ("clips.csv", "pairwise.csv")}
    return {"per_clip": per_clip, **others}


def estimates(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "audio").rglob("*.wav")}


def test_execute_on_two_nodes_writes_the_files_of_the_local_engine(request_: Request, ray_cluster: TwoNodes) -> None:
    execute_here(request_, OnAdvance())
    asked = on_ray(request_, ray_cluster)
    execute_here(asked, OnAdvance())
    assert tables(asked.out) == tables(request_.out)
    assert len(estimates(asked.out)) == N_CLIPS * len(MODELS)
    assert estimates(asked.out) == estimates(request_.out)


def test_execute_continues_the_folder_of_the_other_engine(request_: Request, ray_cluster: TwoNodes) -> None:
    execute_here(replace(request_, selection=replace(request_.selection, specs=specs("noisy"))), OnAdvance())
    results = execute_here(on_ray(request_, ray_cluster, out=request_.out), OnAdvance())
    assert results.header["n_kept"] == N_CLIPS
    results = execute_here(request_, OnAdvance())
    assert results.header["n_kept"] == N_CLIPS * len(MODELS)


@pytest.mark.parametrize("stage", ["rnnoise", "scoring"])
def test_execute_node_killed_during_the_run_costs_nothing(request_: Request, ray_cluster: TwoNodes, stage: str) -> None:
    execute_here(request_, OnAdvance())
    asked = on_ray(request_, ray_cluster)
    results = execute_here(asked, OnAdvance(stage, ray_cluster.replace_second))
    assert all(row.is_ok for row in results.by_clip)
    assert tables(asked.out) == tables(request_.out)


def test_execute_from_another_machine_through_the_client_of_ray(request_: Request, ray_cluster: TwoNodes) -> None:
    asked = replace(request_, out=request_.out.with_name("ray"), ray=RaySettings(ray_cluster.client_address))
    results = execute_here(asked, OnAdvance())
    assert len(results.by_clip) == N_CLIPS * len(MODELS)
    assert all(row.is_ok for row in results.by_clip)


def test_functions_of_the_python_api_use_the_cluster(ray_cluster: TwoNodes, tmp_path: Path) -> None:
    folder = write_paired_set(tmp_path / "set", N_CLIPS)
    on_cluster: dict[str, Any] = {"engine": "ray", "address": ray_cluster.address, "metrics": "si_sdr"}
    compared = seinfer.compare(folder, "noisy", out=tmp_path / "compared", **on_cluster)
    scored = seinfer.score(folder / "noisy", folder / "clean", out=tmp_path / "scored", **on_cluster)
    assert [row["si_sdr"] for row in scored.per_clip] == [row["si_sdr"] for row in compared.per_clip]
    assert len(scored.per_clip) == N_CLIPS
    with pytest.raises(UsageError, match="no connection to a Ray cluster"):
        seinfer.compare(folder, "noisy", **{**on_cluster, "address": "127.0.0.1:1"})


def test_execute_score_only_request_scores_on_the_cluster(request_: Request, ray_cluster: TwoNodes) -> None:
    folder = Path(request_.clips.clips[0].noisy_path).parent
    row = open_folder("other", folder, {clip.clip_id for clip in request_.clips.clips}, [])
    asked = on_ray(request_, ray_cluster, selection=Selection((), {}, is_named=True), external=(row,))
    execute_here(asked, OnAdvance())
    assert [(row["model"], row["pesq_wb"] > "1") for row in rows(asked.out / "per_clip.csv")] == [
        ("other", True)
    ] * N_CLIPS


def test_execute_address_without_a_cluster_is_refused(request_: Request) -> None:
    with pytest.raises(UsageError, match=r"no connection to a Ray cluster .*`ray start --head`"):
        execute_here(replace(request_, ray=RaySettings("127.0.0.1:1")), OnAdvance())


def test_execute_worker_larger_than_every_machine_is_refused(request_: Request, ray_cluster: TwoNodes) -> None:
    asked = replace(request_, ray=RaySettings(ray_cluster.address, cores={ALL_MODELS: 64}))
    with pytest.raises(UsageError, match=r"takes 32 cores .*--worker-cores"):
        execute_here(asked, OnAdvance())


def specs(*names: str) -> tuple[ModelSpec, ...]:
    return tuple(load_registry().specs[name] for name in names)
