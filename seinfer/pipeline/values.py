"""Single values of a command or call -> the checked values of a request. Prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.errors import UsageError

if TYPE_CHECKING:
    from ..clips.pairing import ClipSet
    from ..metrics.choice import MetricSelection
    from .request import RaySettings

# Largest memory of a worker with a framework, measured by benchmarks/models.py.
_WORKER_MIB = 2560


def subtype(text: str, *, option: str = "--subtype") -> str:
    """Return the subtype of the written files; empty for that of the input.

    Raises:
        UsageError: there is no such subtype.
    """
    from ..audio.writing import SUBTYPES

    if text and text not in SUBTYPES:
        raise UsageError(f"{option} is {text!r}; expected one of {', '.join(SUBTYPES)}")
    return text


def ray_settings(engine: str, address: str, *, option: str = "--engine") -> RaySettings | None:
    """Return the cluster that an engine and an address name; None for the local engine.

    Raises:
        UsageError: there is no such engine.
        MissingExtraError: the extra ray is not installed.
    """
    from ..models.extras import require_extra
    from .request import RaySettings

    if engine not in ("local", "ray"):
        raise UsageError(f"{option} is {engine!r}; expected local or ray")
    if engine == "local":
        return None
    require_extra("ray", f"{option} ray")
    return RaySettings(address)


def sample_rate(option: str, text: str) -> int:
    """Return the value of an option that takes Hz or "native"; 0 for native.

    Raises:
        UsageError: it is neither.
    """
    if text == "native":
        return 0
    if not text.isdecimal() or not 8000 <= int(text) <= 192_000:
        raise UsageError(f"{option} is {text!r}; expected native, or Hz from 8000 to 192000")
    return int(text)


def fitting_jobs(wanted: int, n_models: int, n_threads: int) -> int:
    """Return how many models run at the same time: as many as asked for, within the cores and the memory."""
    from ..core.devices import available_mib

    free_mib = available_mib()
    fitting = n_threads if free_mib is None else min(n_threads, free_mib // _WORKER_MIB)
    return max(1, min(wanted, n_models, fitting))


def chosen_metrics(text: str, clips: ClipSet) -> MetricSelection:
    """Return the metrics that a text such as the value of --metrics names for these clips.

    Raises:
        UsageError, MissingExtraError: see `metrics.choice.choose`.
    """
    from ..metrics.choice import choose

    n_with = sum(bool(clip.clean_path) for clip in clips.clips)
    return choose(text, n_with=n_with, n_without=len(clips.clips) - n_with)
