"""What a run was done with: versions, machine, models, settings. Goes into run.json, so that a score can be traced."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Protocol

from ..clips import external
from ..core.devices import machine
from ..core.hashing import fingerprint
from ..core.records import Clip, ModelSpec, to_json
from ..core.urls import redacted
from ..enhancement.engines.base import RunInfo
from ..metrics.choice import MetricSelection, with_diagnostics
from ..metrics.metric import Metric
from ..metrics.table import load_table
from ..models import weights
from ..models.extras import versions
from .request import Request


def model_facts(spec: ModelSpec, digest: str) -> dict[str, Any]:
    """Return the facts about a model that run.json keeps with its scores; `digest` is that of `weights_digest`."""
    return {
        "summary": spec.summary,
        "sha256": digest,
        "sample_rate": spec.sample_rate,
        "causal": spec.causal,
        "latency_ms": spec.latency_ms,
        "n_parameters": spec.n_parameters,
        "weights_bytes": weights_bytes(spec),
        "license_code": spec.license_code,
        "license_weights": spec.license_weights,
        "training_data": list(spec.training_data),
        "source": spec.source,
        "verified": spec.verified,
        "notes": spec.notes,
        "options": dict(spec.options),
        "published": [to_json(figure) for figure in spec.published],
    }


def weights_bytes(spec: ModelSpec) -> int | None:
    """Return the size of a model's weight files; None if it has no files or one is missing."""
    paths = [weights.path_of(spec, file) for file in spec.files]
    return sum(path.stat().st_size for path in paths) if paths and all(path.is_file() for path in paths) else None


def weights_digest(spec: ModelSpec) -> str:
    """Return the digest of a model's weights: that of its only file, or one over all its files."""
    digests = [check.sha256 for check in weights.verify(spec)]
    if len(digests) <= 1:
        return "".join(digests)
    return fingerprint(sorted(digests))


def model_key(spec: ModelSpec, digest: str) -> str:
    """Return a fingerprint of everything that a model's output depends on, except the clip."""
    return fingerprint(spec.name, spec.backend, dict(spec.options), digest, version("seinfer"))


class RunState(Protocol):
    """What the header says of a run beyond its request; `Scheduler` has it."""

    lost: dict[str, str]
    ran: dict[str, RunInfo]

    @property
    def precisions(self) -> dict[str, dict[str, Any]]:
        """Model -> its precision and the error against float32, for models not in float32."""

    @property
    def n_kept(self) -> int:
        """Number of estimates of an earlier command that are still valid."""

    @property
    def n_stale_files(self) -> int:
        """Number of enhanced files in the run folder whose clips this command does not have."""


def run_id(clips: Sequence[Clip], models: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Return the id of a run: a fingerprint of the files of its clips, of the models that ran, and of its settings."""
    files = sorted((clip.clip_id, clip.noisy_sha256, clip.clean_sha256) for clip in clips)
    return fingerprint(files, models, settings)[:12]


def run_header(
    request: Request,
    clips: Sequence[Clip],
    digests: Mapping[str, str],
    state: RunState,
    shard: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what run.json says: everything that the scores depend on, and what a reader must know about them.

    Args:
        request: what was asked for.
        clips: the clips, inspected.
        digests: model -> digest of its weights.
        state: what ran so far and where, and what could not be loaded.
        shard: the facts of `shard_facts` if the run is for a part of the clips.
    """
    specs = [spec for spec in request.selection.specs if spec.name not in state.lost]
    models = {spec.name: model_facts(spec, digests[spec.name]) for spec in specs}
    models |= {
        row.name: external.facts(request.remote.sources.get(str(row.path), row.path)) for row in request.external
    }
    not_run = {name: {"not_run": reason} for name, reason in {**request.selection.not_run, **state.lost}.items()}
    settings = {
        "mono": request.mono,
        "subtype": request.subtype or "as the input",
        "score_sample_rate": request.score_rate or "native",
        **({"streaming_block_ms": request.block_ms} if request.block_ms else {}),
        **({"precision": request.precision} if request.reduced_precision else {}),
    }
    return {
        "run_id": run_id(clips, models, settings),
        "pairing": request.clips.rule or "none: blind set",
        "settings": settings,
        "limit": request.limit,
        **({"shard": shard} if shard else {}),
        "device": request.device,
        "devices": {name: info.device for name, info in state.ran.items()},
        **({"precisions": state.precisions} if request.reduced_precision else {}),
        "threads": request.threads,
        "resampler": "soxr VHQ through the models, soxr HQ for scoring",
        "models": {**models, **not_run},
        "lost_models": state.lost,
        "n_kept": state.n_kept,
        "n_stale_files": state.n_stale_files,
        "report": request.tables.as_header(),
        "notes": [
            *request.clips.notes,
            *request.metrics.notes,
            *dict.fromkeys(info.note for info in state.ran.values() if info.note),
        ],
        "argv": [redacted(word) for word in request.command],
        "config": json.loads(redacted(json.dumps(dict(request.config)))),
        **_remote_facts(request),
        **_metric_facts(request.metrics),
        "versions": versions([*specs, *_metrics(request.metrics)]),
        "machine": machine(),
    }


def _remote_facts(request: Request) -> dict[str, Any]:
    """Return the URLs of the inputs and of the run folder, without passwords and tokens; nothing for local files."""
    if not request.remote.sources and not request.remote_out:
        return {}
    out = request.remote_out.url if request.remote_out else ""
    return {"remote": {"inputs": request.remote.sources, "out": out}}


def _metrics(choice: MetricSelection) -> list[Metric]:
    table = load_table().metrics
    return [table[name] for name in with_diagnostics(choice.names)]


def _metric_facts(choice: MetricSelection) -> dict[str, Any]:
    """Return what computed each metric, and for which clips each was asked."""
    metrics = _metrics(choice)
    return {
        "metrics": {metric.name: metric.implementation for metric in metrics if not metric.is_diagnostic},
        "metrics_for": {"with_reference": choice.with_reference, "without_reference": choice.without_reference},
        "diagnostics": {metric.name: metric.implementation for metric in metrics if metric.is_diagnostic},
    }
