"""`seinfer check`: text, JSON, exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.enhancement.test_check import QUESTIONS
from tests.helpers import RATE, seinfer, speech_like, table, write_audio


def test_check_prints_one_line_per_question_and_ends_with_0() -> None:
    result = seinfer("check", "rnnoise")
    assert result.returncode == 0, result.stderr
    first, *others = result.stdout.splitlines()
    assert first == "rnnoise on fan_16k.flac, cpu"
    assert len(others) == len(QUESTIONS)
    assert all(line.startswith("  ok") for line in others)


def test_check_json_of_another_clip_has_the_same_questions(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", speech_like(1.0, RATE))
    document = json.loads(seinfer("check", "rnnoise", tmp_path / "x.wav", "--json").stdout)
    assert [verdict["question"] for verdict in document] == QUESTIONS


def test_check_model_wired_wrong_ends_with_5(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", speech_like(1.0, RATE))
    (tmp_path / "late.py").write_text(LATE)
    (tmp_path / "mine.toml").write_text(table("late", backend='"late:load"'))
    command = ("check", "late", "x.wav", "--models-file", "mine.toml")
    result = seinfer(*command, cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    assert result.returncode == 5, result.stderr
    assert "  WRONG delay: " in result.stdout


def test_check_shows_no_notices_of_a_framework(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", speech_like(1.0, RATE))
    (tmp_path / "noticing.py").write_text(NOTICING)
    (tmp_path / "mine.toml").write_text(table("noticing", backend='"noticing:load"'))
    command = ("check", "noticing", "x.wav", "--models-file", "mine.toml", "--device", "cpu")
    result = seinfer(*command, cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    assert (result.returncode, result.stderr) == (0, "")


def test_check_model_with_its_own_interpreter_prints_the_command_for_that_interpreter(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(table("mine", python=json.dumps(sys.executable)))
    result = seinfer("check", "mine", "--models-file", tmp_path / "mine.toml")
    assert result.returncode == 2
    assert f"check it there: {sys.executable} -m seinfer check mine" in result.stderr


# A backend that returns its input 256 samples late.
LATE = """
import numpy as np
from seinfer.backends.noisy import Passthrough

class Late(Passthrough):
    def enhance(self, batch):
        return [np.concatenate([np.zeros(256, np.float32), row])[: len(row)] for row in batch.rows()]

def load(spec, weights, *, device, threads):
    return Late(spec.sample_rate)
"""

# A backend whose framework writes a notice to standard error while it is loaded.
NOTICING = """
import os
from seinfer.backends.noisy import Passthrough

def load(spec, weights, *, device, threads):
    os.write(2, b"custom operations are on\\n")
    return Passthrough(spec.sample_rate)
"""
