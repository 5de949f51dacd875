"""The run folder's memory: what was planned, what is done, and with which input, weights and settings.

`journal.jsonl` is only ever appended to, one JSON document a line, so that a crash costs the line being written and
nothing else. A later line about a clip and a model replaces an earlier one. One process at a time may hold a folder.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..analysis.results import Results, results_of
from ..audio.writing import PART_SUFFIX
from ..clips.discovery import JOURNAL
from ..core.errors import RunFolderError
from ..core.records import Clip, Enhancement, Score, from_json, to_json

LOCK = "run.lock"
_BLOCK_BYTES = 1 << 20
Slot = tuple[str, str]
"""(clip_id, model)."""


class Journal:
    """What the lines of a journal say, taken together.

    Attributes:
        plan: the last command's header and clips, as JSON values; empty before the first.
        enhancements: slot -> (fingerprint of what it depends on, result).
        scores: slot -> (fingerprint, figures).
    """

    def __init__(self) -> None:
        self.plan: Mapping[str, Any] = {}
        self.enhancements: dict[Slot, tuple[str, Enhancement]] = {}
        self.scores: dict[Slot, tuple[str, Score]] = {}

    def take(self, line: Mapping[str, Any]) -> None:
        """Take one line in."""
        kind = line.get("kind")
        if kind == "plan":
            self.plan = {**self.plan, **line}  # without clips where they are those of the plan before
        elif kind == "enhancement":
            enhancement = from_json(Enhancement, line)
            self.enhancements[enhancement.clip_id, enhancement.model] = (str(line["key"]), enhancement)
        elif kind == "score":
            score = from_json(Score, line)
            self.scores[score.clip_id, score.model] = (str(line["key"]), score)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips of the last command."""
        return tuple(from_json(Clip, values) for values in self.plan.get("clips", ()))

    def results(self) -> Results:
        """Return the rows of the last command."""
        enhancements = {slot: enhancement for slot, (_, enhancement) in self.enhancements.items()}
        scores = {slot: score for slot, (_, score) in self.scores.items()}
        return results_of(self.header, self.clips, enhancements, scores)

    @property
    def header(self) -> Mapping[str, Any]:
        """The header of the last command."""
        header = self.plan.get("header", {})
        return header if isinstance(header, dict) else {}


def read_journal(folder: Path) -> Journal:
    """Read a run folder's journal; a torn last line counts as not written.

    Raises:
        RunFolderError: the folder is no run folder, or a line before the last is damaged.
    """
    journal = Journal()
    path = folder / JOURNAL
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    _take_line(journal, path, number, line)
    except FileNotFoundError:
        raise RunFolderError(f"{folder} is no run folder: it has no {JOURNAL}; give the --out of a run") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
    return journal


def _take_line(journal: Journal, path: Path, number: int, line: bytes) -> None:
    try:
        journal.take(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # no JSON, or not of the form that we write
        raise RunFolderError(f"{path} line {number} is damaged ({error}); remove that line and run again") from error


class RunFolder:
    """A run folder that this process holds.

    Attributes:
        path: the folder.
        journal: what is known so far; grows with every `add`.
    """

    def __init__(self, path: Path, *, resume: bool = True) -> None:
        """Take the folder, making it where it is not there.

        Args:
            path: the folder.
            resume: keep what an earlier command did; otherwise start from nothing.

        Raises:
            RunFolderError: it cannot be written, another process holds it, or it holds something else than a run.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = self._take_lock()
            self._file = self._open(resume)
        except OSError as error:
            raise RunFolderError(
                f"{path} cannot be used as run folder: {error.strerror or error}; choose another --out"
            ) from error
        self.journal = read_journal(path)

    def _take_lock(self) -> BinaryIO:
        """Hold the folder with a lock that the system lets go when this process ends, however it ends."""
        lock = open(self.path / LOCK, "a+b", buffering=0)  # noqa: SIM115 held until close()
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
            _cut_torn_line(path)
        # Unbuffered: what a full disk does not take must not be tried once more on closing.
        return open(path, "ab", buffering=0)

    def sweep(self) -> None:
        """Remove what processes that were killed left of files.

        Raises:
            RunFolderError: it cannot be removed.
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
        """Write down what is going to be done; clips that the journal knows already are not written once more."""
        plan: dict[str, Any] = {"kind": "plan", "header": header}
        listed = [to_json(clip) for clip in clips]
        self._append(plan if listed == self.journal.plan.get("clips") else {**plan, "clips": listed})

    def add_enhancement(self, key: str, enhancement: Enhancement) -> None:
        """Write down what came of a clip and a model."""
        self._append({"kind": "enhancement", "key": key, **to_json(enhancement)})

    def add_score(self, key: str, score: Score) -> None:
        """Write down the figures of an estimate."""
        self._append({"kind": "score", "key": key, **to_json(score)})

    def _append(self, line: Mapping[str, Any]) -> None:
        path = self.path / JOURNAL
        try:
            self._refuse_another_file(path)
            rest = memoryview(json.dumps(line, allow_nan=False).encode() + b"\n")
            while rest:  # a disk that fills takes a part, and says so on the next try
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise RunFolderError(
                f"{path} cannot be written: {error.strerror or error}; what is done is kept: "
                "mend it and give the same command again"
            ) from error
        self.journal.take(line)

    def _refuse_another_file(self, path: Path) -> None:
        """Notice that the folder was removed or moved: lines would go nowhere from then on."""
        try:
            is_ours = os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            raise OSError(errno.ENOENT, "it was removed or moved away while running, put it back")

    def close(self) -> None:
        """Let the folder go."""
        self._file.close()
        self._lock.close()


def _cut_torn_line(path: Path) -> None:
    """Remove what a crash left of a line, so that the next one starts where a line starts."""
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
