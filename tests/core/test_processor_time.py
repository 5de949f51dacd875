"""Processor time of other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seinfer.core.processor_time import parse_ps_time, peak_rss_mib, peak_rss_mib_of, processor_s
from tests.helpers import wait_until

LOOP = "print(flush=True)\nwhile True: pass"
LARGE_PARENT = """
import subprocess, sys
memory = b"x" * (300 << 20)
code = "from seinfer.core.processor_time import peak_rss_mib; print(peak_rss_mib())"
subprocess.run([sys.executable, "-c", code], check=True)
"""
IN_A_CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.mark.parametrize("code", [LOOP, IN_A_CHILD], ids=["itself", "a process that it started"])
def test_processor_s_of_a_process_that_computes_grows(processes: Callable[[], list[int]], code: str) -> None:
    with subprocess.Popen([sys.executable, "-c", code, LOOP], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        before_s = processor_s(process.pid)
        wait_until(lambda: processor_s(process.pid) > before_s + 0.2)
        for process_id in processes():
            os.kill(process_id, 9)


def test_processor_s_of_a_process_that_sleeps_stays_the_same() -> None:
    with subprocess.Popen(["sleep", "3600"]) as process:
        assert processor_s(process.pid) <= 0.05
        process.kill()


def test_processor_s_of_no_process_is_zero() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert processor_s(process.pid) == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("  0:01.50\n", 1.5), ("00:02:03", 123), ("2-03:04:05", 183_845), ("", 0), ("TIME", 0)],
)
def test_parse_ps_time_of_each_form(text: str, seconds: float) -> None:
    assert parse_ps_time(text) == seconds


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux reports it")
def test_peak_rss_mib_of_a_process_with_a_large_parent_is_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE_PARENT], check=True, capture_output=True, text=True)
    assert 5 < float(done.stdout) < 100


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux reports it")
def test_peak_rss_mib_without_proc_is_that_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_mib = peak_rss_mib_of(os.getpid())
    monkeypatch.setattr("seinfer.core.processor_time._PROC", tmp_path)
    assert peak_rss_mib() >= 0.95 * own_mib > 5  # it may also contain the peak of the parent


def test_peak_rss_mib_of_a_process_that_has_ended_is_0() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert peak_rss_mib_of(process.pid) == 0.0
