"""Child process: score estimates against a reference, all estimates of a clip in one go.

The file that was written is scored. With equal numbers of channels, each channel is compared with its own reference and
the values are averaged; a mono reference is compared with every channel, and a mono estimate with the mean of the
reference's channels.

An estimate that no metric can use is an error (`Score.error`), and its clip counts as failed: its file cannot be
decoded or contains NaN, it is silent although neither the reference nor the noisy clip is, or its length or channels do
not fit the reference. A reason that is only about one metric, such as a clip that is too short for PESQ, is no error.
Neither is a noisy or clean file that is silent, or a clean file with NaN: a model can do nothing about these.

Messages in: {"task": ScoringTask}. Messages out: {"event": "ready"}; {"event": "metric"} before each metric, so that a
crash can be attributed to it; {"event": "score", ...Score} for an estimate; {"event": "done"} for a task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..audio import reading, resampling
from ..audio.reading import Audio
from ..audio.resampling import Samples
from ..core.errors import AudioError
from ..core.process import Channel
from ..core.records import Score, ScoringTask, from_json, to_json
from ..metrics.diagnostics import gain_db, lag_samples
from ..metrics.errors import MetricError
from ..metrics.evaluate import evaluate
from ..metrics.metric import Metric
from ..metrics.pair import Reference, trimmed_pair
from ..metrics.signals import SILENCE_PEAK, check
from ..metrics.table import load_table
from .references import QUALITY, ReferenceCache, References

T = TypeVar("T")
Announce = Callable[[str, str], None]
_ERRORS_OF_ESTIMATES = ("silent_est", "nonfinite", "length_mismatch")
# A scoring process stays below 1.5 GiB: the metrics take up to 80 bytes per sample with a reference and 30 without one,
# in addition to 0.5 GiB for the networks of DNSMOS (see benchmarks/memory.py). Most metrics compute at _METRIC_RATE.
MAX_SAMPLES_WITH_REFERENCE, MAX_SAMPLES_WITHOUT = 10_000_000, 30_000_000
_METRIC_RATE = 16_000


def main() -> None:
    """Process tasks until the parent closes the channel."""
    channel = Channel()

    def announce(model: str, metric: str) -> None:
        channel.send({"event": "metric", "model": model, "metric": metric})

    cache = ReferenceCache()
    channel.send({"event": "ready"})
    while (message := channel.receive()) is not None:
        for score in score_task(from_json(ScoringTask, message["task"]), announce, cache):
            channel.send({"event": "score", **to_json(score)})
        channel.send({"event": "done"})


def score_task(task: ScoringTask, announce: Announce, cache: ReferenceCache | None = None) -> Iterator[Score]:
    """Yield the score of each estimate of a task.

    Args:
        task: the files and the metrics.
        announce: called with (model, metric) right before a metric is computed.
        cache: references of earlier tasks; None for none.
    """
    path = task.reference or task.noisy
    known = ReferenceCache() if cache is None else cache
    try:
        references = known.get(path, task.sample_rate, lambda: _read(path, task))
    except AudioError as error:
        for model in task.estimates:
            yield replace(_unscored(task, model, error), error="")  # the estimates may be good
        return
    for model, path in task.estimates.items():
        try:
            yield _score(task, model, references, _read(path, task), partial(announce, model))
        except AudioError as error:
            yield _unscored(task, model, error)


def _read(path: str, task: ScoringTask) -> Audio:
    """Decode a file.

    Raises:
        AudioError: it cannot be read; `too_long`: its scores would need too much memory.
    """
    limit = MAX_SAMPLES_WITH_REFERENCE if task.reference else MAX_SAMPLES_WITHOUT
    return reading.read(Path(path), max_samples=limit, at_rate=max(task.sample_rate, _METRIC_RATE))


def _unscored(task: ScoringTask, model: str, error: AudioError) -> Score:
    known = {"nonfinite": "nonfinite", "empty": "too_short", "channels": "channels"}
    kind = "too_long" if error.reason == "too_long" else "unreadable"
    reasons = dict.fromkeys(task.metrics, known.get(error.reason) or f"{kind}: {error}")
    return Score(task.clip_id, model, task.sample_rate, reasons=reasons, error=f"{error.reason}: {error}")


def _score(
    task: ScoringTask, model: str, references: References, decoded: Audio, announce: Callable[[str], None]
) -> Score:
    estimates = resampling.resample(decoded.samples, decoded.sample_rate, references.sample_rate, QUALITY)
    excluded = _excluded(task, model)
    metrics = [metric for name, metric in load_table().metrics.items() if name in task.metrics and name not in excluded]
    pairs = list(zip(references.for_channels(len(estimates)), estimates, strict=True))
    channels = [_compare(signal, estimate, metrics, announce, task=task) for signal, estimate in pairs]
    values, reasons = _over_channels(channels)
    n_expected = round(references.n_samples * decoded.sample_rate / references.file_rate)
    lags = [channel.lag_samples for channel in channels if channel.lag_samples is not None]
    gains_db = [channel.gain_db for channel in channels if channel.gain_db is not None]
    return Score(
        clip_id=task.clip_id,
        model=model,
        sample_rate=references.sample_rate,
        values=values,
        reasons={name: why for name in task.metrics if (why := {**reasons, **excluded}.get(name))},
        lag_samples=max(lags, key=abs, default=None),
        gain_db=float(np.mean(gains_db)) if gains_db else None,
        len_diff_samples=decoded.samples.shape[1] - n_expected,
        error="" if values else _error_of_estimate(task, pairs),
    )


def _error_of_estimate(task: ScoringTask, pairs: Iterable[tuple[Reference, Samples]]) -> str:
    """Return why no metric can use any channel of an estimate, as "reason: message"; "" if that is not its fault."""
    usable = [(signal, estimate) for signal, estimate in pairs if signal.problem is None]
    found = (_error_of_channel(signal, estimate, is_clean=bool(task.reference)) for signal, estimate in usable)
    errors = [error for error in found if error]
    if not errors or len(errors) < len(usable):
        return ""
    reason, message = errors[0]
    if reason != "silent_est":
        return f"{reason}: {message}"
    return "" if _is_silent(task.noisy) else f"{reason}: {message}; expected sound, as in the clip"


def _error_of_channel(signal: Reference, estimate: Samples, *, is_clean: bool) -> tuple[str, str] | None:
    """Return the reason and the message; None if the channel can be used, or is not to blame."""
    try:
        if is_clean:
            trimmed_pair(signal, estimate, signal.sample_rate)
        else:
            check(estimate, "estimate")
    except MetricError as error:
        return (error.reason, str(error)) if error.reason in _ERRORS_OF_ESTIMATES else None
    return None


def _is_silent(noisy: str) -> bool:
    """Return whether a noisy file is silent; False if there is none, or if it cannot be read."""
    try:
        return bool(noisy) and float(np.abs(reading.read(Path(noisy)).samples).max()) < SILENCE_PEAK
    except AudioError:
        return False


def _excluded(task: ScoringTask, model: str) -> dict[str, str]:
    """Return metric -> reason, for the metrics that crashed with this model and for those computed from them."""
    known = load_table().metrics
    excluded = {metric: why for key, why in task.excluded.items() for name, metric in [key.split(" ")] if name == model}
    for metric in task.metrics:
        for needed in known[metric].needs if metric in known else ():
            if needed in excluded and metric not in excluded:
                excluded[metric] = f"not_computed: {needed} {excluded[needed]}"
    return excluded


@dataclass(frozen=True)
class _Compared:
    """The results for one channel."""

    values: Mapping[str, float]
    reasons: Mapping[str, str]
    lag_samples: int | None
    gain_db: float | None


def _compare(
    reference: Reference,
    estimate: Samples,
    metrics: Sequence[Metric],
    announce: Callable[[str], None],
    *,
    task: ScoringTask,
) -> _Compared:
    """Score one channel against the clean signal; lag and gain against the noisy one if there is no clean signal."""
    sample_rate = reference.sample_rate
    values, reasons = evaluate(
        reference=reference if task.reference else None,
        estimate=estimate,
        sample_rate=sample_rate,
        metrics=metrics,
        announce=announce,
        resample=_resample_waveform,
        crashed=task.crashed,
        transcript=task.transcript,
    )
    signals = {"reference": reference.samples, "estimate": estimate, "sample_rate": sample_rate}
    return _Compared(values, reasons, _or_none(lag_samples, signals), _or_none(gain_db, signals))


def _resample_waveform(waveform: npt.NDArray[np.float64], source_rate: int, target_rate: int) -> Samples:
    resampled: Samples = resampling.resample(waveform[None].astype(np.float32), source_rate, target_rate, QUALITY)[0]
    return resampled


def _or_none(diagnose: Callable[..., T], signals: Mapping[str, Any]) -> T | None:
    """Return a diagnostic value, None if the signals have none: silence has no delay."""
    try:
        return diagnose(**signals)
    except MetricError:
        return None


def _over_channels(channels: Sequence[_Compared]) -> tuple[dict[str, float], dict[str, str]]:
    """Average each metric over the channels that have a value; the reasons report how many channels have none."""
    names = dict.fromkeys(name for channel in channels for name in (*channel.values, *channel.reasons))
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for name in names:
        available = [channel.values[name] for channel in channels if name in channel.values]
        if available:
            values[name] = float(np.mean(available))
        found = dict.fromkeys(channel.reasons[name] for channel in channels if name in channel.reasons)
        n_lacking = len(channels) - len(available)
        count = f" in {n_lacking} of {len(channels)} channels" if available and n_lacking else ""
        if found:
            reasons[name] = ", ".join(found) + count
    return values, reasons


if __name__ == "__main__":
    main()
