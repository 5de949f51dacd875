"""The format of a journal: its version, and the types of everything that the tables read of a plan.

Each plan states the format of the lines that follow it, and the version of seinfer that wrote them. A reader ignores
keys that it does not know, so only a change that this is not enough for needs a new FORMAT or a new kind of line; an
older seinfer then refuses the folder. Folders without a format are from before it was stated, and have format 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.checking import check, checked_record
from ..core.records import Published

FORMAT = 1

# What the tables read of a header, and its type; the other keys only go into run.json.
_MODEL_FACTS = {
    "not_run": str,
    "folder": str,
    "sha256": str,
    "license_code": str,
    "license_weights": str,
    "sample_rate": int | None,
    "n_parameters": int | None,
    "weights_bytes": int | None,
    "latency_ms": float | None,
    "causal": bool | None,
    "training_data": tuple[str, ...],
    "published": tuple[Mapping[str, Any], ...],
}
_METRICS_FOR = {"with_reference": tuple[str, ...], "without_reference": tuple[str, ...]}
_PARTS = {
    "shard": {
        "index": int,
        "count": int,
        "n_clips": int,
        "clips": str,
        "samples": Mapping[str, str],
        "has_cost": bool,
    },
    "merged": {"count": int, "n_clips": int, "clips": str, "missing": tuple[int, ...]},
}
_HEADER = {
    "run_id": str,
    "models": Mapping[str, Mapping[str, Any]],
    "lost_models": Mapping[str, str],
    "n_kept": int,
    "metrics": Mapping[str, str],
    "metrics_for": _METRICS_FOR,
    "settings": Mapping[str, Any],
    "report": {
        "baseline": str,
        "by": tuple[str, ...],
        "dnsmos_csv": bool,
        "html": bool,
        "embed_limit_mb": float,
    },
    "notes": tuple[str, ...],
    **_PARTS,
}


class LaterFormatError(Exception):
    """A line can only be read by a later version of seinfer; the message says why."""


def check_plan(line: Mapping[str, Any]) -> None:
    """Check the types of everything that the tables read of a plan, except for its clips.

    Raises:
        TypeError, ValueError, KeyError, LaterFormatError: see `Journal.add_line`.
    """
    check(line, {"format": int, "seinfer": str, "clips": tuple[Any, ...], "header": _HEADER}, "the line")
    if line.get("format", 1) > FORMAT:
        raise LaterFormatError(f"it has the format {line['format']}")
    if absent := _METRICS_FOR.keys() - line.get("header", {}).get("metrics_for", _METRICS_FOR).keys():
        raise KeyError(f"'metrics_for' has no {min(absent)}")
    for name, keys in _PARTS.items():
        if absent := keys.keys() - line.get("header", {}).get(name, keys).keys():
            raise KeyError(f"'{name}' has no {min(absent)}")
    for model, facts in line.get("header", {}).get("models", {}).items():
        check(facts, _MODEL_FACTS, f"the model {model!r}")
        if not facts.get("not_run") and (absent := {"license_code", "license_weights"} - facts.keys()):
            raise KeyError(f"the model {model!r} has no {min(absent)}")
        for figure in facts.get("published", ()):
            checked_record(Published, figure)
