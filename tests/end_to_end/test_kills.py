"""A run that is killed at any moment and started again ends with the same tables."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.clips.discovery import JOURNAL
from tests.helpers import lines, speech_like, tables, wait_until

RATE = 16_000
N_CLIPS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills")
    for index in range(N_CLIPS):
        clean = speech_like(1.0 + index / 10, RATE, seed=index)
        noise = 0.02 * np.random.default_rng(index).standard_normal(len(clean))
        for name, samples in (("clean", clean), ("noisy", clean + noise)):
            (folder / "set" / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / "set" / name / f"c{index}.wav", samples, RATE)
    return folder


def start(folder: Path, out: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "seinfer", "compare", "--models", "noisy,rnnoise", "--out", out, "set"]
    command += ["--metrics", "si_sdr,pesq_wb", "--no-score-cache"]  # so that there is a scoring process to kill
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_accept_ctrl_c
    )


def _accept_ctrl_c() -> None:
    """Accept SIGINT: a shell makes background processes and their children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> dict[str, list[dict[str, str]]]:
    finish(start(folder, "undisturbed"))
    return tables(folder / "undisturbed")


def done(out: Path) -> list[tuple[str, str]]:
    """Return (clip_id, model) of each line about a finished enhancement, in order."""
    if not (out / JOURNAL).exists():
        return []
    lines = [json.loads(line) for line in (out / JOURNAL).read_bytes().split(b"\n")[:-1]]
    return [
        (line["clip_id"], line["model"]) for line in lines if line["kind"] == "enhancement" and line["status"] == "ok"
    ]


def children(process: subprocess.Popen[str], module: str) -> list[int]:
    """Return the process ids of a run's children that run a module."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes().decode()
        except (OSError, ValueError):
            continue
        if parent == process.pid and module in command:
            found.append(int(entry.name))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_compare_killed_at_four_random_moments_gives_the_same_tables(
    folder: Path, undisturbed: dict[str, list[dict[str, str]]], seed: int
) -> None:
    """Five runs with four kills each: twice the parent, once a worker, once a scoring process, in random order."""
    randomness = random.Random(seed)
    victims = ["parent", "parent", "seinfer.enhancement.worker", "seinfer.scoring.worker"]
    randomness.shuffle(victims)
    for who in victims:
        process = start(folder, f"killed{seed}")
        time.sleep(randomness.uniform(0.2, 2.0))
        for victim in [process.pid] if who == "parent" else children(process, who):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        process.communicate(timeout=120)
    finish(start(folder, f"killed{seed}"))
    assert tables(folder / f"killed{seed}") == undisturbed
    twice = [slot for slot, count in Counter(done(folder / f"killed{seed}")).items() if count > 1]
    assert not twice, f"{twice} were enhanced twice"
    assert not list((folder / f"killed{seed}").rglob("*.part"))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_compare_after_power_loss_cut_the_journal_gives_the_same_tables(
    folder: Path, undisturbed: dict[str, list[dict[str, str]]], share: float
) -> None:
    out = f"cut{share}"
    finish(start(folder, out))
    journal = folder / out / JOURNAL
    content = journal.read_bytes()
    journal.write_bytes(content[: int(len(content) * share)])
    finish(start(folder, out))
    assert tables(folder / out) == undisturbed


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_compare_interrupted_stops_keeps_finished_work_and_prints_how_to_continue(
    folder: Path, how: signal.Signals
) -> None:
    out = f"interrupted{how.name}"
    process = start(folder, out)
    wait_until(lambda: done(folder / out))
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; finished work is kept, continue with: seinfer compare --models noisy,rnnoise" in errors
    assert "Traceback" not in errors
    assert len(lines(folder / out, "score")) < 2 * N_CLIPS, "it went on to the end instead of stopping"
    kept = set(done(folder / out))
    finish(start(folder, out))
    assert kept <= set(done(folder / out))
    assert max(Counter(done(folder / out)).values()) == 1


def test_compare_while_another_runs_in_the_folder_names_it(folder: Path) -> None:
    process = start(folder, "shared")
    wait_until((folder / "shared" / JOURNAL).exists)
    second = start(folder, "shared")
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"in use by process {process.pid}" in errors
    finish(process)
