"""Everything that a command or call asks for, as one frozen value: cli/ or api.py builds it, the pipeline runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.settings import TableSettings
from ..clips.external import ExternalFolder
from ..clips.pairing import ClipSet
from ..clips.remote import RemoteFiles
from ..metrics.choice import MetricSelection
from ..models.selection import Selection
from .remote_out import RemoteRunFolder
from .shards import Shard

ALL_MODELS = ""
"""Key of settings for all models that are not named."""


@dataclass(frozen=True)
class RaySettings:
    """A Ray cluster and what a worker of a model takes of it.

    Attributes:
        address: "auto", "ray://HOST:PORT" or "HOST:PORT".
        cores: model -> processor cores of each of its workers; ALL_MODELS for models that are not named.
        gpus: model -> GPUs of each of its workers if there are any, a part of one is possible; 0 to run on the CPU.
    """

    address: str = "auto"
    cores: Mapping[str, float] = field(default_factory=dict)
    gpus: Mapping[str, float] = field(default_factory=dict)

    def cores_of(self, model: str) -> int:
        """Return the processor cores of each worker of a model, 1 if nothing is set."""
        return int(self.cores.get(model, self.cores.get(ALL_MODELS, 1)))

    def gpus_of(self, model: str) -> float:
        """Return the GPUs of each worker of a model, 1 if nothing is set."""
        return self.gpus.get(model, self.gpus.get(ALL_MODELS, 1.0))


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
        block_ms: enhance the clips through streams, in blocks of this length; 0 for whole clips.
        device: where the models run: "auto", "cpu" or "cuda".
        precision: in which the models compute: "float32", "bf16" or "fp16".
        threads: processor cores to use.
        jobs: models to run at the same time.
        timeout_s: seconds without progress and without use of the processor after which a model counts as hung; 5
            times as many while it computes.
        has_cost: measure the cost of each model alone after the run.
        resume: keep what an earlier command did in this run folder.
        tables: settings of the tables.
        limit: largest number of clips that was asked for; None for all. `clips` holds no more than these.
        shard: the part of the clips that this run is for; None for all. `clips` holds those of all shards.
        remote: the URLs among the inputs; the paths of `clips` and `external` are those of local copies.
        remote_out: the run folder at a URL that `out` is the local copy of; None for a local run.
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
    block_ms: float = 0.0
    device: str = "cpu"
    precision: str = "float32"
    threads: int = 1
    jobs: int = 1
    timeout_s: float = 300.0
    has_cost: bool = False
    resume: bool = True
    tables: TableSettings = field(default_factory=TableSettings)
    limit: int | None = None
    shard: Shard | None = None
    remote: RemoteFiles = field(default_factory=RemoteFiles)
    remote_out: RemoteRunFolder | None = None
    ray: RaySettings | None = None
    command: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reduced_precision(self) -> tuple[str, ...]:
        """The precision as a further part of fingerprints; empty for float32."""
        return () if self.precision == "float32" else (self.precision,)
