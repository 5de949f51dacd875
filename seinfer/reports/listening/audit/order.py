"""Leaks through order: of the files in a list, of the models on the pages, of times and members of an archive.

An order counts as a leak if chance alone would produce it in fewer than one of MAX_CHANCE tests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ..records import Item, PublicSession
from .findings import Check, Finding, shortened
from .folder import AuditedFolder

MAX_CHANCE = 1e-3
_MAX_DEVIATION = 4.5  # standard deviations of a normal distribution


def _file_order(folder: AuditedFolder) -> Iterator[Finding]:
    items = [folder.items[one.stimulus_id] for one in folder.stimuli if one.stimulus_id in folder.items]
    tested = [item for item in items if item.role in ("test", "noisy")]
    for kind, labels in (("model", [i.model for i in tested]), ("clip", [i.clip_id for i in tested])):
        if reason := grouped(labels):
            yield _order("file order", "stimuli", f"sorted by name, the stimuli of each {kind} {reason}")
    by_clip: dict[str, list[str]] = {}
    for item in tested:
        by_clip.setdefault(item.clip_id, []).append(item.model)
    if is_constant(list(by_clip.values())):
        first = next(iter(by_clip.values()))
        yield _order("file order", "stimuli", f"the models have the same order for each clip: {shortened(first)}")


def grouped(labels: Sequence[str]) -> str:
    """Return how labels in a row give themselves away, or "" if their order looks random."""
    counts = Counter(labels)
    n, k = len(labels), len(counts)
    if k < 2 or n == k:
        return ""
    neighbours = sum(a == b for a, b in pairwise(labels))
    if neighbours == n - k and _chance_of_blocks(counts) < MAX_CHANCE:
        return "stand together"
    for label, count in counts.items():
        ranks = [i for i, one in enumerate(labels) if one == label]
        expected, deviation = (n - 1) / 2, math.sqrt((n - count) * (n + 1) / (12 * count))
        if deviation and abs(sum(ranks) / count - expected) / deviation > _MAX_DEVIATION:
            return f"do not mix with the others ({label})"
    mean = sum(count * (count - 1) for count in counts.values()) / n
    return "stand together more often than by chance" if (neighbours - mean) / math.sqrt(mean + 1) > 6 else ""


def _chance_of_blocks(counts: Mapping[str, int]) -> float:
    """Return the probability that a random order has each label in one block: k! times the product of n_i!, / n!."""
    log = math.lgamma(len(counts) + 1) + sum(math.lgamma(n + 1) for n in counts.values())
    return math.exp(log - math.lgamma(sum(counts.values()) + 1))


def is_constant(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether rows with the same entries have them in the same order, more often than chance allows."""
    rows = [row for row in rows if len(set(row)) > 1]
    if len(rows) < 2 or any(list(row) != list(rows[0]) for row in rows):
        return False
    orders = math.lgamma(len(rows[0]) + 1) - sum(math.lgamma(n + 1) for n in Counter(rows[0]).values())
    return math.exp(-(len(rows) - 1) * orders) < MAX_CHANCE


def _session_order(folder: AuditedFolder) -> Iterator[Finding]:
    """The order of the trials: two sessions must not be the same."""
    if _are_sessions_alike(folder):
        value = f"all {len(folder.test.sessions)} sessions have the same stimuli in the same order"
        yield _order("session order", "sessions", value)


def _are_sessions_alike(folder: AuditedFolder) -> bool:
    sessions = folder.test.sessions
    rows = [[one for trial in s.trials if not trial.is_training for one in trial.stimuli] for s in sessions]
    return len(rows) > 1 and len(rows[0]) > 1 and all(row == rows[0] for row in rows)


def _model_positions(folder: AuditedFolder) -> Iterator[Finding]:
    """The models in each trial, and in each session of a test with one stimulus per trial."""
    by_session = [_tested(folder, session) for session in folder.test.sessions]
    trials = [row for rows in by_session for row in rows]
    if folder.test.design == "abx":
        answers = [str(_twin(row)) for row in trials]
        if len(set(answers)) == 1 and 2.0 ** (1 - len(answers)) < MAX_CHANCE:
            yield _order("model positions", "sessions", f"X is stimulus {answers[0]} in all {len(answers)} trials")
        return
    names = [[item.model if item.role in ("test", "noisy") else item.role for item in row] for row in trials]
    if is_constant(names):
        value = f"the models have the same positions in all {len(names)} trials: {shortened(names[0])}"
        yield _order("model positions", "sessions", value)
    orders = [[row[0].model for row in rows if len(row) == 1] for rows in by_session]
    if is_constant(orders) and not _are_sessions_alike(folder):
        yield _order("model positions", "sessions", f"the models have the same order in all {len(by_session)} sessions")


def _tested(folder: AuditedFolder, session: PublicSession) -> list[list[Item]]:
    """Return the entries in the key of the stimuli of each trial that is analysed."""
    kinds = folder.key.kinds.get(session.session_id, ()) if folder.key else ()
    rows = [trial.stimuli for trial, kind in zip(session.trials, kinds, strict=False) if kind == "test"]
    return [found for row in rows if (found := [folder.items[one] for one in row if one in folder.items])]


def _twin(row: Sequence[Item]) -> int:
    """Return the position of the stimulus that X copies; X is the last one."""
    return next((i for i, item in enumerate(row, start=1) if item.stimulus_id == row[-1].same_as), 0)


def _times(folder: AuditedFolder) -> Iterator[Finding]:
    times = {entry.modified for entry in folder.entries if entry.is_stimulus}
    if len(times) > 1:
        yield Finding(
            "file times",
            "stimuli",
            f"{len(times)} different times of the last change",
            "one time for all stimuli",
            "set them all to one time, for example `touch -d 2000-01-01 stimuli/*`, then make the archive again",
        )


def _archive_order(folder: AuditedFolder) -> Iterator[Finding]:
    paths = [entry.path for entry in folder.entries if entry.is_stimulus]
    if folder.is_archive and paths != sorted(paths):
        yield Finding(
            "archive order",
            folder.path.name,
            f"its members are not sorted: {shortened(paths)} come first",
            "members sorted by name, which is a random order",
            "make the archive from a sorted list, for example `find . -type f | sort | zip -X -@ test.zip`",
        )


def _order(leak: str, where: str, value: str) -> Finding:
    return Finding(leak, where, value, "a random, balanced order", "make the test folder with `seinfer blind make`")


CHECKS = (
    Check("file order", "order of the stimuli by name against models and clips", _file_order, needs_key=True),
    Check("session order", "order of the trials in different sessions", _session_order),
    Check("model positions", "positions of the models in trials and sessions", _model_positions, needs_key=True),
    Check("file times", "times of the last change", _times),
    Check("archive order", "order of the members of an archive", _archive_order),
)
