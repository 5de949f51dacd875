"""Cached scores are found for the same files only, and a broken cache costs only time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.records import Clip, Score
from seinfer.metrics import REASONS, REMARKS
from seinfer.scoring import cache as scorecache
from seinfer.scoring.cache import ScoreCache, cache_path, may_change, open_cache, score_key

VOLATILE = (
    *("pesq_crash", "metric_crash: killed", "metric_error: x", "unreadable: x"),
    *("mean of 2 pieces after a crash", "mean of 2 pieces after a crash in pesq_wb"),
    *("not_computed: pesq_wb pesq_crash", "silent_est, pesq_crash in 1 of 2 channels"),
)
VOLATILE_CODES = {"pesq_crash", "metric_crash", "metric_error", "unreadable"}
LASTING = ("silent_ref in 1 of 2 channels", "mean of 3 pieces", "mean of 3 pieces in pesq_wb")
SCORE = Score("x", "m", 16_000, {"sdr": 1.25}, {"stoi": "not_enough_speech"}, 3, -0.5, 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEINFER_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def known(path: Path, *keys: str) -> list[str]:
    cache = ScoreCache(path)
    found = [key for key in keys if cache.get(key, "x", "m")]
    cache.close()
    return found


def test_get_after_reopening_returns_the_score_under_the_new_names(folder: Path) -> None:
    cache = ScoreCache(cache_path())
    cache.put("k", SCORE)
    cache.close()
    cache = ScoreCache(cache_path())
    assert cache.get("k", "y", "other") == replace(SCORE, clip_id="y", model="other")
    assert cache.get("another", "y", "other") is None
    cache.close()


@pytest.mark.parametrize("reason", VOLATILE)
def test_may_change_after_a_crash_or_an_unreadable_file_is_true(reason: str) -> None:
    assert may_change(replace(SCORE, reasons={"pesq_wb": reason}))
    assert may_change(replace(SCORE, reasons={"sdr": "identical", "pesq_wb": reason}))


@pytest.mark.parametrize("reason", [*(code for code in (*REASONS, *REMARKS) if code not in VOLATILE_CODES), *LASTING])
def test_may_change_with_a_reason_in_the_signals_is_false(reason: str) -> None:
    assert not may_change(replace(SCORE, reasons={"pesq_wb": reason}))


def test_may_change_without_reasons_is_false() -> None:
    assert not may_change(replace(SCORE, reasons={}))


@pytest.mark.parametrize("reason", VOLATILE)
def test_put_score_that_may_change_stores_nothing(folder: Path, reason: str) -> None:
    cache = ScoreCache(cache_path())
    cache.put("k", replace(SCORE, reasons={"pesq_wb": reason}))
    cache.close()
    assert known(cache_path(), "k") == []


def test_score_key_depends_on_everything_that_scores_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Clip("x", "noisy.wav", "clean.wav", noisy_sha256="a", clean_sha256="b")
    keys = [
        score_key(clip, "est", ["sdr"], 16_000),
        score_key(replace(clip, clean_sha256="c"), "est", ["sdr"], 16_000),
        score_key(replace(clip, clean_path="", noisy_sha256="b"), "est", ["sdr"], 16_000),
        score_key(clip, "other", ["sdr"], 16_000),
        score_key(clip, "est", ["sdr", "stoi"], 16_000),
        score_key(clip, "est", ["sdr"], 0),
        score_key(clip, "est", [], 16_000),
        score_key(clip, "est", ["wer"], 16_000),
        score_key(replace(clip, category={"transcript": "one"}), "est", ["wer"], 16_000),
        score_key(replace(clip, category={"transcript": "two"}), "est", ["wer"], 16_000),
    ]
    category = {"transcript": "one"}
    same = Clip("y", "n.wav", "c.wav", noisy_sha256="another mixture", clean_sha256="b", category=category)
    assert score_key(same, "est", ["sdr"], 16_000) == keys[0], "names, the noisy file and a transcript do not matter"
    monkeypatch.setattr(scorecache, "_environment", lambda: "another release of pesq, or of our own code")
    keys.append(score_key(clip, "est", ["sdr"], 16_000))
    assert len(set(keys)) == len(keys)


def test_put_beyond_the_limit_deletes_the_least_recently_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorecache, "_BATCH", 1)
    clock = iter(range(1000))
    monkeypatch.setattr(scorecache.time, "time", lambda: float(next(clock)))
    cache = ScoreCache(cache_path(), max_entries=8)
    for index in range(8):
        cache.put(f"k{index}", SCORE)
    assert cache.get("k0", "x", "m")  # the oldest, but used
    for index in range(8, 40):
        cache.put(f"k{index}", SCORE)
        cache.get("k0", "x", "m")
        with sqlite3.connect(cache_path()) as database:
            assert database.execute("SELECT COUNT(*) FROM scores").fetchone()[0] <= 8
        database.close()
    cache.close()
    assert {"k0", "k39"} <= set(known(cache_path(), *(f"k{index}" for index in range(40))))


WRITER = """
import sys
from pathlib import Path
from seinfer.core.records import Score
from seinfer.scoring.cache import ScoreCache
cache = ScoreCache(Path(sys.argv[1]))
for index in range(int(sys.argv[3])):
    cache.put(f"{sys.argv[2]}{index}", Score("x", "m", 16000, {"sdr": float(index)}))
    if index == 100:
        print("going", flush=True)
cache.close()
"""


def writer(path: Path, name: str, n_scores: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(n_scores)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_put_from_two_processes_at_once_stores_all_of_both(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite"
    processes = [writer(path, name, 500) for name in "ab"]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    keys = [f"{name}{index}" for name in "ab" for index in range(500)]
    assert known(path, *keys) == keys


def test_put_from_a_killed_process_leaves_an_intact_file(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite"
    process = writer(path, "a", 1_000_000)
    assert process.stdout and process.stdout.readline() == "going\n"
    process.kill()
    process.communicate()
    assert len(known(path, *(f"a{index}" for index in range(96)))) == 96  # three whole batches
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_open_damaged_file_warns_and_creates_a_new_one_later(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache_path().parent.mkdir()
    cache_path().write_bytes(b"no database, and longer than its header would be " * 10)
    cache = open_cache()
    cache.put("k", SCORE)
    assert cache.get("k", "x", "m") is None
    cache.close()
    assert "cannot be used" in caplog.text and str(cache_path()) in caplog.text
    cache = open_cache()
    cache.put("k", SCORE)
    cache.close()
    assert known(cache_path(), "k") == ["k"]


def test_open_without_a_possible_folder_warns_and_continues(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "cache").write_text("a file")
    cache = open_cache()
    cache.put("k", SCORE)
    assert cache.get("k", "x", "m") is None
    cache.close()
    assert "cannot be used" in caplog.text
    assert (folder / "cache").read_text() == "a file"
