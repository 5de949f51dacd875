"""The log file, and the redirected output of libraries."""

from __future__ import annotations

import ctypes
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.errors import UsageError
from seinfer.core.logs import LOGGER, log_library_output, open_log
from seinfer.core.process import Child
from tests.helpers import speech_like

RATE = 16_000


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Restore the logging settings after each test."""
    loggers = [logging.getLogger(name) for name in (LOGGER, "py.warnings")]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
            logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def test_log_file_of_a_run_has_its_events_as_json_lines(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", speech_like(0.3, RATE), RATE)
    (tmp_path / "bad.wav").write_text("text")
    command = [sys.executable, "-m", "seinfer", "run", "--model", "rnnoise", "--log-file", "logs/run.jsonl", "."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 5
    lines = [json.loads(line) for line in (tmp_path / "logs" / "run.jsonl").read_text().splitlines()]
    messages = [line["message"] for line in lines]
    for message in ("started", "model loaded", "enhanced", "ended"):
        assert message in messages
    assert all({"time", "level", "logger"} <= set(line) for line in lines)
    enhanced = next(line for line in lines if line["message"] == "enhanced")
    assert (enhanced["clip_id"], enhanced["model"]) == ("good", "rnnoise")


def test_run_with_failures_ends_with_counts_and_the_table_of_failures(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", speech_like(0.3, RATE), RATE)
    (tmp_path / "bad.wav").write_text("text")
    command = [sys.executable, "-m", "seinfer", "run", "--model", "rnnoise", "."]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 ok, 1 failed, see seinfer-out/failures.csv; written to seinfer-out" in first.stderr
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 ok (1 of them from before), 1 failed" in again.stderr
    failures = (tmp_path / "seinfer-out" / "failures.csv").read_text().splitlines()
    assert failures[0] == "clip_id,model,stage,reason,message"
    assert failures[1].startswith("bad,rnnoise,read,unreadable,")


def test_log_library_output_is_logged_and_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    open_log(tmp_path / "log.jsonl")
    libc = ctypes.CDLL(None)
    with log_library_output("libc"):
        libc.write(2, b"C library text\n", 15)
    libc.write(2, b"later\n", 6)
    assert capfd.readouterr().err == "later\n"
    [line] = [json.loads(text) for text in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert (line["message"], line["source"]) == ("C library text", "libc")


def test_child_that_writes_to_standard_error_is_logged_with_its_name(tmp_path: Path) -> None:
    open_log(tmp_path / "log.jsonl")
    child = Child([sys.executable, "-c", "import sys; print('a library warns', file=sys.stderr)"], {}, "dpcrn-tf")
    assert child.inbox.get(timeout=30) is None
    child.stop()
    [line] = [json.loads(text) for text in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert (line["message"], line["source"]) == ("a library warns", "dpcrn-tf")
    assert line["worker_pid"] > 0


def test_open_log_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        open_log(tmp_path / "file" / "log.jsonl")


def test_truncated_mp3_reports_its_reason_without_the_output_of_the_decoder(tmp_path: Path) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal(48_000)
    soundfile.write(tmp_path / "x.mp3", samples, 48_000)
    content = (tmp_path / "x.mp3").read_bytes()
    (tmp_path / "x.mp3").write_bytes(content[: len(content) // 2])
    command = [sys.executable, "-m", "seinfer", "run", "--model", "noisy", "."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "Warning: Xing" not in result.stderr
    assert "truncated" in result.stderr
