"""The journal of a run folder: what was planned, what is done, and with which input, weights and settings.

`journal.jsonl` is only appended to, one JSON document per line, so that a crash loses only the line being written. A
later line about the same clip and model replaces an earlier one. Only one process at a time can use a run folder.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from ..analysis.results import Results, results_of
from ..audio.writing import PART_SUFFIX
from ..clips.discovery import JOURNAL
from ..core.checking import check, checked_record
from ..core.errors import RunFolderError
from ..core.records import Clip, Cost, Enhancement, Score, to_json
from .compact import CompactRecords, RecordStore
from .journal_format import FORMAT, LaterFormatError, check_plan

LOCK = "run.lock"
_BLOCK_BYTES = 1 << 20
_CLIPS_IN_PIECE = 1000


class Journal:
    """The content of a journal.

    Attributes:
        path: its file, for messages.
        plan: what the last command was going to do, as JSON values without its clips; empty before the first.
        enhancements: slot -> (fingerprint of what it depends on, result).
        scores: slot -> (fingerprint of what they depend on, scores).
        costs: model -> (fingerprint of what it depends on, measurement of the model alone).
    """

    def __init__(self, path: Path = Path(JOURNAL)) -> None:
        self.path = path
        self.plan: Mapping[str, Any] = {}
        store = RecordStore()
        self.enhancements = CompactRecords(Enhancement, store)
        self.scores = CompactRecords(Score, store)
        self._clips: tuple[Clip, ...] = ()
        self.costs: dict[str, tuple[str, Cost]] = {}

    def add_line(self, line: Mapping[str, Any]) -> None:
        """Add the content of one line.

        Raises:
            TypeError, ValueError, KeyError: the line is not in the form that we write.
            LaterFormatError: a later version of seinfer wrote it.
        """
        kind = line.get("kind")
        if kind == "plan":
            check_plan(line)
            clips = line.get("clips", ())
            self.add_plan(line, tuple(c if isinstance(c, Clip) else checked_record(Clip, c) for c in clips))
        elif kind == "enhancement":
            self._add_enhancement(str(line["key"]), checked_record(Enhancement, line))
        elif kind == "score":
            score = checked_record(Score, line)
            self.scores[score.clip_id, score.model] = (str(line["key"]), score)
        elif kind == "cost":
            cost = checked_record(Cost, line)
            self.costs[cost.model] = (str(line["key"]), cost)
        elif isinstance(kind, str):
            raise LaterFormatError(f"it is of the kind {kind!r}")
        else:
            raise TypeError(f"its kind is {kind!r}, expected a text")

    def add_plan(self, plan: Mapping[str, Any], clips: tuple[Clip, ...]) -> None:
        """Replace what the last command was going to do; a plan without clips keeps those of the plan before."""
        self.plan = {**self.plan, **{key: value for key, value in plan.items() if key != "clips"}}
        self._clips = clips or self._clips

    @property
    def has_clips(self) -> bool:
        """Whether a command has listed its clips."""
        return bool(self._clips)

    def lists(self, clips: Sequence[Clip]) -> bool:
        """Return whether the last command had exactly these clips."""
        return bool(self._clips) and self._clips == tuple(clips)

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield the lines of a journal with this content."""
        yield {**self.plan, "clips": map(to_json, self._clips)}
        for key, enhancement in self.enhancements.values():
            yield _line("enhancement", key, enhancement)
        for key, score in self.scores.values():
            yield _line("score", key, score)
        for key, cost in self.costs.values():
            yield _line("cost", key, cost)

    def _require(self, what: str, found: object) -> None:
        if not found:
            raise RunFolderError(
                f"{self.path} lists no {what}: the run was stopped before it began; repeat the command that made it"
            )

    def _add_enhancement(self, key: str, enhancement: Enhancement) -> None:
        """Add an estimate; the scores of another file in its place are dropped."""
        slot = (enhancement.clip_id, enhancement.model)
        earlier = self.enhancements.get(slot)
        if earlier and earlier[1].estimate_sha256 != enhancement.estimate_sha256:
            self.scores.pop(slot, None)
        self.enhancements[slot] = (key, enhancement)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips of the last command.

        Raises:
            RunFolderError: there are none.
        """
        self._require("clips", self._clips)
        return self._clips

    def results(self, clips: Sequence[Clip] | None = None) -> Results:
        """Return the rows of the last command; `clips` may replace its clips by ones with other categories.

        Raises:
            RunFolderError: the journal lists no clips or no models, because the command was stopped before it began.
        """
        self._require("models", {"models", "lost_models"} <= self.header.keys())
        costs = {model: cost for model, (_, cost) in self.costs.items()}
        own_clips = self.clips if clips is None else clips
        return results_of(self.header, own_clips, self.enhancements.records, self.scores.records, costs)

    @property
    def header(self) -> Mapping[str, Any]:
        """The header of the last command."""
        header: Mapping[str, Any] = self.plan.get("header", {})
        return header


def plan_line(header: Mapping[str, Any], clips: Sequence[Clip]) -> dict[str, Any]:
    """Return the line of a journal that says what a command is going to do."""
    return {
        "kind": "plan",
        "format": FORMAT,
        "seinfer": version("seinfer"),
        "header": header,
        "clips": map(to_json, clips),
    }


def _line(kind: str, key: str, record: Enhancement | Score | Cost) -> dict[str, Any]:
    return {"kind": kind, "key": key, **to_json(record)}


def _encoded(line: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a line in pieces as it is written; its clips may be an iterator, and are never in memory all at once."""
    others = json.dumps({key: value for key, value in line.items() if key != "clips"}, allow_nan=False).encode()
    if "clips" not in line:
        yield others + b"\n"
        return
    yield others[:-1] + b', "clips": ['
    clips, separator = iter(line["clips"]), ""
    while some := list(islice(clips, _CLIPS_IN_PIECE)):
        yield (separator + ", ".join(json.dumps(clip, allow_nan=False) for clip in some)).encode()
        separator = ", "
    yield b"]}\n"


def read_journal(folder: Path) -> Journal:
    """Read the journal of a run folder; an incomplete last line is ignored.

    Raises:
        RunFolderError: the folder is not a run folder, a line before the last is damaged, or it is from a later version
            of seinfer.
    """
    path = folder / JOURNAL
    journal = Journal(path)
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    _read_line(journal, path, number, line)
    except FileNotFoundError:
        raise RunFolderError(
            f"{folder} is not a run folder: it has no {JOURNAL}; expected the --out folder of a run"
        ) from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
    return journal


def _read_line(journal: Journal, path: Path, number: int, line: bytes) -> None:
    try:
        values = json.loads(line, object_hook=_clip_or_object if b'"noisy_path"' in line else None)
        check(values, Mapping[str, Any], "the line")
        journal.add_line(values)
    except LaterFormatError as error:
        ours = version("seinfer")
        writer = values.get("seinfer") or journal.plan.get("seinfer") or ours
        needed = f"seinfer {writer}" if writer != ours else f"a version later than {ours}"
        raise RunFolderError(
            f"{path} line {number} cannot be read by seinfer {ours}: {error}; it needs {needed}: install it, or choose "
            "another folder"
        ) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:  # not JSON, or not in the form that we write
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise RunFolderError(f"{path} line {number} is damaged ({reason}); remove that line and run again") from error


def _clip_or_object(values: dict[str, Any]) -> Clip | dict[str, Any]:
    """Return a clip of a plan at once, so that the JSON objects of all clips are never in memory together.

    A damaged one stays an object, for `Journal.add_line` to report after it has checked the format of the plan.
    """
    if "noisy_path" in values and "clip_id" in values:
        with suppress(TypeError, ValueError, KeyError):
            return checked_record(Clip, values)
    return values


class RunFolder:
    """A run folder that this process has locked for itself.

    Attributes:
        path: the folder.
        journal: its content; grows with every `add_...`.
    """

    def __init__(self, path: Path, *, resume: bool = True) -> None:
        """Lock the folder; make it if it does not exist.

        Args:
            path: the folder.
            resume: keep what an earlier command did; otherwise start with an empty journal.

        Raises:
            RunFolderError: it cannot be written, another process uses it, or it contains something else than a run.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = self._open_lock()
            self._file = self._open(resume)
        except OSError as error:
            raise RunFolderError(
                f"{path} cannot be used as run folder: {error.strerror or error}; choose another --out"
            ) from error
        self.journal = read_journal(path)

    def _open_lock(self) -> BinaryIO:
        """Lock the folder. The system releases the lock when this process ends, for any reason."""
        lock = open(self.path / LOCK, "a+b", buffering=0)  # noqa: SIM115 open until close()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().decode(errors="replace").strip() or "an unknown process"
            lock.close()
            raise RunFolderError(
                f"{self.path} is in use by {owner}; wait for it, stop it, or choose another --out"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        return lock

    def _open(self, resume: bool) -> BinaryIO:
        path = self.path / JOURNAL
        if not resume:
            path.unlink(missing_ok=True)
        if path.exists():
            _cut_incomplete_line(path)
        # Unbuffered: what a full disk did not accept must not be written again on closing.
        return open(path, "ab", buffering=0)

    def remove_partial_files(self) -> None:
        """Remove the incomplete files that killed processes left.

        Raises:
            RunFolderError: one cannot be removed.
        """
        try:
            for part in self.path.rglob(f".seinfer-*{PART_SUFFIX}"):
                part.unlink(missing_ok=True)
        except OSError as error:
            raise RunFolderError(
                f"{error.filename} cannot be removed: {error.strerror or error}; make {self.path} writable or "
                "choose another --out"
            ) from error

    def add_plan(self, header: Mapping[str, Any], clips: Sequence[Clip]) -> None:
        """Write what is going to be done; clips that the journal already lists are not written again."""
        plan = plan_line(header, clips)
        if self.journal.lists(clips):
            del plan["clips"]
        self._write(plan)
        self.journal.add_plan(plan, tuple(clips))

    def add_enhancement(self, key: str, enhancement: Enhancement) -> None:
        """Write the result of enhancing one clip with one model."""
        self._append(_line("enhancement", key, enhancement))

    def add_score(self, key: str, score: Score) -> None:
        """Write the scores of an estimate."""
        self._append(_line("score", key, score))

    def add_cost(self, key: str, cost: Cost) -> None:
        """Write the measurement of a model alone."""
        self._append(_line("cost", key, cost))

    def replace(self, journal: Journal) -> None:
        """Write another journal in place of this one: after a crash it is the old one or the new one as a whole.

        Raises:
            RunFolderError: it cannot be written; the old one is unchanged.
        """
        part = self.path / f".seinfer-{os.getpid()}-{JOURNAL}{PART_SUFFIX}"
        try:
            with open(part, "wb") as file:
                for line in journal.lines():
                    file.writelines(_encoded(line))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path / JOURNAL)
            self._file.close()
            self._file = open(self.path / JOURNAL, "ab", buffering=0)  # noqa: SIM115 open until close()
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise RunFolderError(
                f"{self.path / JOURNAL} cannot be written: {error.strerror or error}; fix this and run the same "
                "command again"
            ) from error
        self.journal = journal

    def _append(self, line: Mapping[str, Any]) -> None:
        self._write(line)
        self.journal.add_line(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        path = self.path / JOURNAL
        try:
            self._require_same_file(path)
            for piece in _encoded(line):
                rest = memoryview(piece)
                while rest:  # a disk that becomes full accepts a part, and reports it at the next attempt
                    rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise RunFolderError(
                f"{path} cannot be written: {error.strerror or error}; finished work is kept: "
                "fix this and run the same command again"
            ) from error

    def _require_same_file(self, path: Path) -> None:
        """Detect that the folder was removed or moved: later lines would be lost."""
        try:
            is_same = os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise OSError(errno.ENOENT, "it was removed or moved during the run; put it back")

    def close(self) -> None:
        """Release the folder."""
        self._file.close()
        self._lock.close()


def _cut_incomplete_line(path: Path) -> None:
    """Remove the incomplete line that a crash left, so that the next line starts on a line of its own."""
    with open(path, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK_BYTES)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                file.truncate(start + newline + 1)
                return
            end = start
        file.truncate(0)
