"""Whether everything in a run failed, so that nothing can be said about the models, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core.counts import counted
from ..core.records import BASELINE
from .results import Results


def why_everything_failed(results: Results) -> str:
    """Return which models failed and the most frequent reason of each; "" if any model has a result.

    The unprocessed clips count only if no model ran. A run that ended before any model failed has not failed.
    """
    models = [model for model in results.models if model != BASELINE] or list(results.models)
    if any(row.is_ok for model in models for row in results.of_model(model)):
        return ""
    reasons = [*_failed(results, models), *_not_loaded(results)]
    return f"no model has a result: {'; '.join(reasons)}" if reasons else ""


def _failed(results: Results, models: list[str]) -> Iterator[str]:
    for model in models:
        errors = Counter(row.error for row in results.of_model(model) if not row.error.startswith("not_reached"))
        if errors:
            (error, _), *_ = errors.most_common(1)
            yield f"{model} failed on {counted(errors.total(), 'clip')} ({error})"


def _not_loaded(results: Results) -> Iterator[str]:
    for model, reason in results.header.get("lost_models", {}).items():
        yield f"{model} could not be loaded ({reason.removeprefix(f'{model}: ')})"
