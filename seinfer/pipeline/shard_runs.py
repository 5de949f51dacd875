"""The run folders of shards, and the checks before they are merged: one run, all shards, each once and finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ..core.counts import counted
from ..core.errors import RunFolderError, UsageError
from ..core.records import Clip
from .compact import Slot
from .journal import Journal, read_journal
from .shards import Shard

_MAX_LINES = 10
_ABSENT = "absent"
# What the scores or the tables depend on. Not compared: threads, machine, and the folders of the clips.
_SINGLE = ("device", "resampler", "limit")
_DEVICE = ("device",)  # as asked for: compared if it is not known for each model where it ran
_GROUPS = ("settings", "metrics", "diagnostics", "versions", "report", "metrics_for")
_NOT_COMPARED = ("not_run",)


@dataclass(frozen=True)
class ShardRun:
    """The run folder of one shard."""

    path: Path
    journal: Journal

    @property
    def header(self) -> Mapping[str, Any]:
        """What its run.json says."""
        return self.journal.header

    @property
    def facts(self) -> Mapping[str, Any]:
        """What `shard_facts` returned for it."""
        facts: Mapping[str, Any] = self.header["shard"]
        return facts

    @property
    def shard(self) -> Shard:
        """Which part of the run it is."""
        return Shard(self.facts["index"], self.facts["count"])

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """Its clips."""
        return self.journal.clips

    @property
    def slots(self) -> Iterator[Slot]:
        """(clip_id, model) for each row of its tables."""
        models = [model for model, facts in self.header["models"].items() if "not_run" not in facts]
        return ((clip.clip_id, model) for clip in self.clips for model in models)


def read_shards(folders: Sequence[Path]) -> list[ShardRun]:
    """Read the run folders of shards.

    Returns:
        The shards, by index.

    Raises:
        RunFolderError: one is not a run folder, is damaged, or its run was stopped before it began.
        UsageError: one is not a shard.
    """
    shards = []
    for folder in folders:
        journal = read_journal(folder)
        journal.results([])  # raises an error if the run has not begun
        if "shard" not in journal.header:
            kind = "a merged run" if "merged" in journal.header else "a run of all clips"
            raise UsageError(f"{folder} is {kind}; expected the folders of runs with --shard")
        run = ShardRun(folder, journal)
        _require_plain_names(run)
        shards.append(run)
    return sorted(shards, key=lambda run: run.shard.index)


def _require_plain_names(run: ShardRun) -> None:
    """Check that no name of a clip or model leads out of a run folder: files are written under these names.

    Raises:
        RunFolderError: one does; seinfer writes no such name.
    """
    for name in (*run.header["models"], *(clip.clip_id for clip in run.clips)):
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\0" in name:
            raise RunFolderError(
                f"{run.path} has the name {name!r}, which leads out of the folder; run the shard again"
            )


# --- One run


def require_same_run(shards: Sequence[ShardRun]) -> None:
    """Check that shards are of the same clips, with the same models, weights, metrics, versions and settings.

    Raises:
        UsageError: they are not; the message names every difference between two of them.
    """
    first, *others = shards
    for other in others:
        if lines := [*_other_clips(first, other), *_other_facts(first, other)]:
            n_more = len(lines) - _MAX_LINES
            raise UsageError(
                f"{other.path} and {first.path} are not shards of the same run; run the shards that differ again, with "
                "the same command, weights and packages",
                *(f"  {line}" for line in lines[:_MAX_LINES]),
                *([f"  and {n_more} more"] if n_more > 0 else []),
            )


def _other_clips(first: ShardRun, other: ShardRun) -> Iterator[str]:
    for key, name in (("count", "number of shards"), ("n_clips", "number of clips in all shards")):
        if first.facts[key] != other.facts[key]:
            yield _difference(name, other.facts[key], first.facts[key])
    if first.facts["clips"] != other.facts["clips"]:
        yield "the lists of all clips differ in names, categories, or in which clips have a clean file"
    both = first.facts["samples"].keys() & other.facts["samples"].keys()
    for clip_id in sorted(clip for clip in both if first.facts["samples"][clip] != other.facts["samples"][clip]):
        yield f"the files of the clip {clip_id} differ in content"


def _other_facts(first: ShardRun, other: ShardRun) -> Iterator[str]:
    here, there = _facts(first.header), _facts(other.header)
    devices = first.header.get("devices", {}), other.header.get("devices", {})
    if devices[0] and devices[0].keys() == devices[1].keys():  # "auto" on a cluster may be the same as "cpu" here
        here, there = ({key: fact for key, fact in facts.items() if key != _DEVICE} for facts in (here, there))
    for key in sorted(here.keys() | there.keys()):
        one, two = here.get(key, _ABSENT), there.get(key, _ABSENT)
        is_detail_of_missing_model = len(key) > 2 and _ABSENT in (one, two)  # one line for the model is enough
        if one != two and not is_detail_of_missing_model:
            yield _difference(" ".join(key), two, one)
    for model in sorted(devices[0].keys() & devices[1].keys()):
        if devices[0][model] != devices[1][model]:
            yield _difference(f"device of {model}", devices[1][model], devices[0][model])


def _facts(header: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return all that must be equal: name -> value. A name of three parts is a detail of a model."""
    facts: dict[tuple[str, ...], Any] = {(key,): header.get(key) for key in _SINGLE}
    for group in _GROUPS:
        facts |= {(group, key): value for key, value in header.get(group, {}).items()}
    for model, known in header["models"].items():
        # Not the reason: it may contain the name of the machine.
        facts["model", model] = "not run" if "not_run" in known else "run"
        facts |= {("model", model, key): value for key, value in known.items() if key not in _NOT_COMPARED}
    return facts


def _difference(name: str, value: object, expected: object) -> str:
    return f"{name}: {value} and {expected}"


# --- All shards, finished


def missing_shards(shards: Sequence[ShardRun], *, is_allowed: bool) -> list[int]:
    """Return the indices of the shards that are not there.

    Raises:
        UsageError: a shard is there twice, or one is missing and this is not allowed.
    """
    known: dict[int, ShardRun] = {}
    for run in shards:
        if earlier := known.get(run.shard.index):
            raise UsageError(f"{earlier.path} and {run.path} are both shard {run.shard}; leave one of them out")
        known[run.shard.index] = run
    count = shards[0].shard.count
    missing = [index for index in range(1, count + 1) if index not in known]
    if missing and not is_allowed:
        them, their = ("it", "its") if len(missing) == 1 else ("them", "their")
        raise UsageError(
            f"{counted(len(missing), 'shard')} of {count} missing: {_ranges(missing)}; run {them}, or give "
            f"--allow-missing for tables without {their} clips"
        )
    return missing


def _ranges(numbers: Sequence[int]) -> str:
    """Return sorted numbers in the form of a job array, such as "1-3,7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def require_finished(shards: Sequence[ShardRun]) -> None:
    """Check that every row of each shard was reached; a row that failed was.

    Raises:
        RunFolderError: some are not finished; the message names them.
    """
    if left := {run: n for run in shards if (n := _n_unfinished(run))}:
        names = [f"  shard {run.shard} in {run.path}: {counted(n, 'result')} missing" for run, n in left.items()]
        raise RunFolderError(
            f"{counted(len(left), 'shard')} not finished: {_ranges([run.shard.index for run in left])}; run the same "
            "commands again, they continue where they stopped",
            *names[:_MAX_LINES],
            *([f"  and {len(names) - _MAX_LINES} more"] if len(names) > _MAX_LINES else []),
        )


def _n_unfinished(run: ShardRun) -> int:
    """Return how many estimates, scores and costs of a shard are missing."""
    results = run.journal.results(run.clips)
    has_metrics = bool(run.header.get("metrics"))
    n_rows = sum(
        row.enhancement is None or (has_metrics and row.is_ok and row.score is None)
        for row in results.by_clip
        if not row.clip.problem
    )
    has_rows = bool(results.models) and any(not clip.problem for clip in results.clips)
    measured = [model for model in results.models if not run.header["models"][model].get("folder")]
    n_costs = sum(model not in results.costs for model in measured) if has_rows and run.facts["has_cost"] else 0
    return n_rows + n_costs
