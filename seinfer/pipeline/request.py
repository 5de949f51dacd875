"""Everything that a command or call asks for, as one frozen value: cli/ or api.py builds it, the pipeline runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.settings import TableSettings
from ..clips.external import ExternalFolder
from ..clips.pairing import ClipSet
from ..metrics.choice import MetricSelection
from ..models.selection import Selection


@dataclass(frozen=True)
class RaySettings:
    """A Ray cluster and what a worker of a model takes of it.

    Attributes:
        address: "auto", "ray://HOST:PORT" or "HOST:PORT".
        worker_cores: processor cores of each worker.
        worker_gpus: GPUs of each worker, for models that run on a GPU; a part of one is possible.
    """

    address: str = "auto"
    worker_cores: int = 1
    worker_gpus: float = 1.0


@dataclass(frozen=True)
class Request:
    """What the commands `run`, `compare`, `score` and `demo`, and the functions `compare` and `score` ask for.

    Attributes:
        out: run folder.
        clips: the clips, with their clean references if there are any.
        selection: models to run, in this order, and those that cannot run here.
        external: folders of files that other programs made; each is one row of the table.
        metrics: metrics to compute for each clip; none to enhance only.
        score_rate: Hz to score at, 0 for the rate of each clip.
        score_cache: whether scores are read from and kept in the user's score cache.
        mono: average the channels before enhancing.
        subtype: of the written files; empty for that of the input.
        device: where the models run: "auto", "cpu" or "cuda".
        threads: processor cores to use.
        jobs: models to run at the same time.
        timeout_s: seconds without progress and without use of the processor after which a model counts as hung; 5
            times as many while it computes.
        has_cost: measure the cost of each model alone after the run.
        resume: keep what an earlier command did in this run folder.
        tables: settings of the tables.
        limit: largest number of clips that was asked for; None for all. `clips` holds no more than these.
        ray: the cluster to use; None for this machine.
        command: the command or call as run.json keeps it.
        config: the file of options and the options that came from it; empty if there was none.
    """

    out: Path
    clips: ClipSet
    selection: Selection
    external: tuple[ExternalFolder, ...] = ()
    metrics: MetricSelection = field(default_factory=MetricSelection)
    score_rate: int = 16000
    score_cache: bool = True
    mono: bool = False
    subtype: str = ""
    device: str = "cpu"
    threads: int = 1
    jobs: int = 1
    timeout_s: float = 300.0
    has_cost: bool = False
    resume: bool = True
    tables: TableSettings = field(default_factory=TableSettings)
    limit: int | None = None
    ray: RaySettings | None = None
    command: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
