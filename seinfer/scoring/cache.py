"""A cache of scores that all run folders of a user share: scoring the same files again costs hashing only.

The key of a score contains everything that the score depends on: the digests of both files, the metrics with their
releases, the sample rate, the packages that decode and resample, and the scoring code of seinfer. So an entry never
becomes wrong; it is only no longer looked up. When the cache is full, the least recently used entries are deleted. A
lost cache costs only time: if it cannot be used, scoring continues without it.

The cache is one SQLite file, which several processes may read and write at once.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from ..core.hashing import fingerprint
from ..core.records import Clip, Score, from_json, to_json
from ..metrics.errors import AFTER_CRASH
from ..metrics.table import load_table
from ..models.extras import versions
from .sources import code_digest

MAX_ENTRIES = 100_000
"""About 45 MB with the default metrics."""

_FILE = "scores.sqlite"
_BATCH = 32
_WAIT_S = 30.0
_KEPT_SHARE = 0.75
# Reasons that may not occur again: a process that crashed, a file that could not be read.
_VOLATILE_REASONS = ("pesq_crash", "metric_crash", "metric_error", "unreadable", AFTER_CRASH)
_SCHEMA = "CREATE TABLE IF NOT EXISTS scores (key TEXT PRIMARY KEY, used REAL NOT NULL, score TEXT NOT NULL)"

log = logging.getLogger(__name__)


def cache_path() -> Path:
    """Return the path of the cache file: in SEINFER_CACHE_DIR, else in seinfer's folder in the user's cache folder.

    Raises:
        RuntimeError: the path is unknown, because this user has no home folder.
    """
    import platformdirs

    own = os.environ.get("SEINFER_CACHE_DIR", "")
    folder = Path(own).expanduser() if own else platformdirs.user_cache_path("seinfer", appauthor=False)
    return folder.absolute() / _FILE


def score_key(clip: Clip, estimate_sha256: str, metrics: Iterable[str], sample_rate: int) -> str:
    """Return a fingerprint of everything that the score of an estimate depends on.

    Args:
        clip: with the digests of its files; the noisy file counts only if there is no clean file.
        estimate_sha256: digest of the estimate.
        metrics: names.
        sample_rate: Hz to score at, 0 for the rate of the files.
    """
    chosen = [load_table().metrics[name] for name in metrics]
    implementations = {metric.name: metric.implementation for metric in chosen}
    transcript = clip.transcript if any(metric.uses_transcript for metric in chosen) else ""
    reference = ("clean", clip.clean_sha256) if clip.clean_path else ("noisy", clip.noisy_sha256)
    return fingerprint(reference, estimate_sha256, implementations, sample_rate, transcript, _environment())


@cache
def _environment() -> str:
    """Return a fingerprint of the installed packages and of the code that compute scores."""
    return fingerprint(versions(()), code_digest())


def may_change(score: Score) -> bool:
    """Return whether the same files may get another score next time, because of a crash or an unreadable file."""
    return any(code in reason for reason in score.reasons.values() for code in _VOLATILE_REASONS)


class ScoreCache:
    """Scores by key. An instance is for one thread; other processes may use the same file at the same time."""

    def __init__(self, path: Path | None, max_entries: int = MAX_ENTRIES) -> None:
        """Open a cache.

        Args:
            path: its file, created if it does not exist; None: a cache that stores nothing.
            max_entries: the largest number of scores.
        """
        self._path = path
        self._max_entries = max_entries
        self._new: dict[str, Score] = {}
        self._used: set[str] = set()
        self._database: sqlite3.Connection | None = None
        if path:
            try:
                self._database = _open(path)
            except (OSError, sqlite3.Error) as error:
                self._disable(error)

    def get(self, key: str, clip_id: str, model: str) -> Score | None:
        """Return the score that is stored under a key, as the score of this clip and model; None if there is none."""
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT score FROM scores WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._disable(error)
            return None
        if row is None:
            return None
        self._used.add(key)
        return replace(from_json(Score, json.loads(row[0])), clip_id=clip_id, model=model)

    def put(self, key: str, score: Score) -> None:
        """Store a score, unless it may change next time."""
        if may_change(score):
            return
        self._new[key] = score
        if len(self._new) >= _BATCH:
            self._flush()

    def close(self) -> None:
        """Write new entries and close the file."""
        self._flush()
        if self._database is not None:
            self._database.close()

    def _flush(self) -> None:
        """Write in one short transaction, so that no process waits long for another."""
        now = time.time()
        new = [(key, now, json.dumps(to_json(score), allow_nan=False)) for key, score in self._new.items()]
        used = [(now, key) for key in self._used]
        self._new, self._used = {}, set()
        if self._database is None or not (new or used):
            return
        try:
            with self._database as database:
                database.executemany("INSERT OR REPLACE INTO scores (key, used, score) VALUES (?, ?, ?)", new)
                database.executemany("UPDATE scores SET used = ? WHERE key = ?", used)
                _make_room(database, self._max_entries)
        except sqlite3.Error as error:
            self._disable(error)

    def _disable(self, error: Exception) -> None:
        """Continue without the cache; delete a damaged file, so that the next command creates a new one."""
        log.warning("the score cache %s cannot be used (%s); scoring continues without it", self._path, error)
        if self._database is not None:
            self._database.close()
            self._database = None
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if is_damaged and self._path:
            self._path.unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_WAIT_S)
    try:
        with database:
            database.execute(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _make_room(database: sqlite3.Connection, max_entries: int) -> None:
    """Delete the least recently used entries if there are too many, and some more, so that this is rarely necessary."""
    (n_entries,) = database.execute("SELECT COUNT(*) FROM scores").fetchone()
    if n_entries > max_entries:
        n_surplus = n_entries - round(_KEPT_SHARE * max_entries)
        database.execute("DELETE FROM scores WHERE key IN (SELECT key FROM scores ORDER BY used LIMIT ?)", (n_surplus,))


def open_cache() -> ScoreCache:
    """Open the score cache of this user; if it cannot be used, return one that keeps nothing."""
    try:
        return ScoreCache(cache_path())
    except RuntimeError as error:
        log.warning("no score cache: %s; set SEINFER_CACHE_DIR to a folder, or HOME", error)
        return ScoreCache(None)
