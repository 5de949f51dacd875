"""Processor time of other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from seinfer.core.processor_time import parse_ps_time, peak_rss_mib, peak_rss_mib_of, processor_s
from tests.helpers import wait_until

LOOP = "print(flush=True)\nwhile True: pass"
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
def test_peak_rss_mib_of_this_process_is_the_same_from_outside() -> None:
    assert peak_rss_mib_of(os.getpid()) == pytest.approx(peak_rss_mib(), rel=0.05)


def test_peak_rss_mib_of_a_process_that_has_ended_is_0() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert peak_rss_mib_of(process.pid) == 0.0
