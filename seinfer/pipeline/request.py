"""What a user asked for, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..analysis.settings import ReportSettings
from ..clips.external import ExternalFolder
from ..clips.pairing import ClipSet
from ..core.records import ModelSpec
from ..metrics.choice import MetricSelection


@dataclass(frozen=True)
class Request:
    """A run or a comparison.

    Attributes:
        out: run folder.
        clips: what to enhance, and what it is compared with.
        specs: models to run, in this order.
        not_run: model -> why it does not run here.
        metrics: what each clip gets; none to enhance only.
        score_rate: Hz to score at, 0 for the clips' own.
        mono: average the channels first.
        subtype: of the written files; empty for the input's.
        device: where the models run.
        threads: cores to use.
        jobs: models to run side by side.
        resume: keep what an earlier command in this folder did.
        is_strict: a model that cannot be loaded ends the run.
        score_cache: take and keep figures in the user's score cache.
        added: folders of files that other programs made, a row each.
        report: what the tables depend on beside the rows.
    """

    out: Path
    clips: ClipSet
    specs: tuple[ModelSpec, ...]
    not_run: Mapping[str, str] = field(default_factory=dict)
    metrics: MetricSelection = field(default_factory=MetricSelection)
    score_rate: int = 16000
    mono: bool = False
    subtype: str = ""
    device: str = "cpu"
    threads: int = 1
    jobs: int = 1
    resume: bool = True
    is_strict: bool = True
    score_cache: bool = True
    added: tuple[ExternalFolder, ...] = ()
    report: ReportSettings = field(default_factory=ReportSettings)
