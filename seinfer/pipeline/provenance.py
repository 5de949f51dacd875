"""What a run was done with: versions, machine, models, settings. Goes into run.json, so that a figure can be traced."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from ..core.devices import machine
from ..core.hashing import fingerprint
from ..core.records import ModelSpec
from ..metrics.choice import MetricSelection, with_diagnostics
from ..metrics.table import load_table
from ..models import weights
from ..models.extras import versions


def model_facts(spec: ModelSpec, digest: str) -> dict[str, Any]:
    """Return what a table must say beside a model's figures; `digest` is `weights_digest`."""
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
    }


def weights_bytes(spec: ModelSpec) -> int | None:
    """Return the size of a model's files; None where it has none of its own or one is not there."""
    paths = [weights.path_of(spec, file) for file in spec.files]
    return sum(path.stat().st_size for path in paths) if paths and all(path.is_file() for path in paths) else None


def weights_digest(spec: ModelSpec) -> str:
    """Return the digest of a model's weights: the file's own where there is one, one over all of them otherwise."""
    digests = [check.sha256 for check in weights.verify(spec)]
    if len(digests) <= 1:
        return "".join(digests)
    return fingerprint(sorted(digests))


def model_key(spec: ModelSpec, digest: str) -> str:
    """Return a fingerprint of all that a model's output depends on beside the clip."""
    return fingerprint(spec.name, spec.backend, dict(spec.options), digest, version("seinfer"))


def environment(specs: Iterable[ModelSpec], choice: MetricSelection) -> dict[str, Any]:
    """Return the part of run.json that every command writes alike: what was typed, on what, with what."""
    table = load_table().metrics
    metrics = [table[name] for name in with_diagnostics(choice.names)]
    return {
        "argv": ["seinfer", *sys.argv[1:]],
        "metrics": {metric.name: metric.implementation for metric in metrics if not metric.is_diagnostic},
        "metrics_for": {"with_reference": choice.with_reference, "without_reference": choice.without_reference},
        "diagnostics": {metric.name: metric.implementation for metric in metrics if metric.is_diagnostic},
        "versions": versions([*specs, *metrics]),
        "machine": machine(),
    }
