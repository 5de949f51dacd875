"""A run that is killed at any moment and started again ends with the same tables."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from seinfer.clips.discovery import JOURNAL
from tests import helpers
from tests.helpers import finish, lines, rows, tables, wait_until, write_paired_set

N_CLIPS = 8
# With pesq_wb and without the cache, so that there is a scoring process to kill.
COMPARE = ("compare", "--models", "noisy,rnnoise", "--metrics", "si_sdr,pesq_wb", "--no-score-cache", "--no-cost")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills")
    write_paired_set(folder / "set", N_CLIPS)
    return folder


def start(folder: Path, out: str, *options: str) -> subprocess.Popen[str]:
    return helpers.start(*COMPARE, *options, "--out", out, "set", cwd=folder, preexec_fn=_accept_ctrl_c)


def _accept_ctrl_c() -> None:
    """Accept SIGINT: a shell makes background processes and their children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def complete(folder: Path, out: str) -> None:
    """Run the command to its end, without an error."""
    result = finish(start(folder, out))
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a run that nothing interrupts."""
    complete(folder, "expected")
    return tables(folder / "expected")


def enhanced(out: Path) -> list[tuple[str, str]]:
    """Return (clip_id, model) of each line of the journal about a finished enhancement, in order."""
    found = [json.loads(line) for line in lines(out, "enhancement")]
    return [(line["clip_id"], line["model"]) for line in found if line["status"] == "ok"]


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
    folder: Path, expected: dict[str, list[dict[str, str]]], seed: int
) -> None:
    """Five runs with four kills each: twice the parent, once a worker, once a scoring process, in random order."""
    out = f"killed{seed}"
    randomness = random.Random(seed)
    victims = ["parent", "parent", "seinfer.enhancement.worker", "seinfer.scoring.worker"]
    randomness.shuffle(victims)
    for victim in victims:
        process = start(folder, out)
        time.sleep(randomness.uniform(0.2, 2.0))  # the random moment
        for process_id in [process.pid] if victim == "parent" else children(process, victim):
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        finish(process)
    complete(folder, out)
    assert tables(folder / out) == expected
    twice = [slot for slot, count in Counter(enhanced(folder / out)).items() if count > 1]
    assert not twice, f"{twice} were enhanced twice"
    assert not list((folder / out).rglob("*.part"))


def test_compare_killed_leaves_no_process(folder: Path, processes: Callable[[], list[int]]) -> None:
    process = start(folder, "alone")
    wait_until(lambda: enhanced(folder / "alone") and children(process, "seinfer.scoring.worker"))
    process.kill()
    finish(process)
    wait_until(lambda: not processes())


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_compare_after_power_loss_cut_the_journal_gives_the_same_tables(
    folder: Path, expected: dict[str, list[dict[str, str]]], share: float
) -> None:
    out = folder / f"cut{share}"
    shutil.copytree(folder / "expected", out)
    journal = out / JOURNAL
    content = journal.read_bytes()
    journal.write_bytes(content[: int(len(content) * share)])
    complete(folder, out.name)
    assert tables(out) == expected
    assert len(set(enhanced(out))) == 2 * N_CLIPS


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_compare_interrupted_stops_keeps_finished_work_and_prints_how_to_continue(
    folder: Path, how: signal.Signals
) -> None:
    out = f"interrupted{how.name}"
    process = start(folder, out)
    wait_until(lambda: enhanced(folder / out))
    process.send_signal(how)
    result = finish(process)
    assert result.returncode == 130
    assert "stopped; finished work is kept, continue with: seinfer compare --models noisy,rnnoise" in result.stderr
    assert len(lines(folder / out, "score")) < 2 * N_CLIPS, "it ran to the end instead of stopping"
    kept = set(enhanced(folder / out))
    complete(folder, out)
    assert kept <= set(enhanced(folder / out))
    assert max(Counter(enhanced(folder / out)).values()) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_compare_interrupted_again_and_again_ends_like_after_the_first_time(folder: Path, how: signal.Signals) -> None:
    out = f"again{how.name}"
    process = start(folder, out)
    wait_until(lambda: enhanced(folder / out))
    while process.poll() is None:
        process.send_signal(how)
        time.sleep(0.01)  # each signal is noticed: two at the same moment would be one
    result = finish(process)
    assert result.returncode == 130, result.stderr
    assert result.stderr.count("stopped; finished work is kept, continue with: ") == 1
    kept = set(enhanced(folder / out))
    complete(folder, out)
    assert kept <= set(enhanced(folder / out))
    assert max(Counter(enhanced(folder / out)).values()) == 1


def test_compare_interrupted_while_it_measures_costs_keeps_scores_and_finished_costs(
    folder: Path, expected: dict[str, list[dict[str, str]]]
) -> None:
    process = start(folder, "measuring", "--cost")
    wait_until(lambda: lines(folder / "measuring", "cost") or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    assert finish(process).returncode == 130
    assert len(lines(folder / "measuring", "cost")) == 1, "it ran to the end instead of stopping"
    report = finish(helpers.start("report", "measuring", cwd=folder))
    assert report.returncode == 0, report.stderr
    assert tables(folder / "measuring") == expected
    assert [row["model"] for row in rows(folder / "measuring" / "costs.csv")] == ["noisy"]


def test_compare_run_folder_in_use_is_refused_with_the_process_id(folder: Path) -> None:
    process = start(folder, "shared")
    wait_until((folder / "shared" / JOURNAL).exists)
    second = finish(start(folder, "shared"))
    assert second.returncode == 1
    assert f"in use by process {process.pid}" in second.stderr
    first = finish(process)
    assert first.returncode == 0, first.stderr
