"""Pulling in several processes, and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from seinfer.models.weights import pull
from tests.helpers import ROOT, wait_until
from tests.models.toy_models import CONTENT, file_of, names_in, spec_of

from .bad_server import BadServer

PULL = """
import sys
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, file_of, spec_of
print(pull(spec_of(file_of(CONTENT, sys.argv[1])))["net.th"])
"""


def start_pull(url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PULL, url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_pull_two_processes_at_once_both_succeed(weights_folder: Path, server: BadServer) -> None:
    server.files["net.th"] = CONTENT
    running = [start_pull(server.url("slow-1500", "net.th")) for _ in range(2)]
    for process in running:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert Path(out.strip()).read_bytes() == CONTENT
    assert len(server.requests) == 1  # the second waited for the first
    assert names_in(weights_folder) == ["toy/net.th"]


def test_pull_killed_process_leaves_a_partial_file_that_the_next_continues(
    weights_folder: Path, server: BadServer
) -> None:
    server.files["net.th"] = CONTENT
    process = start_pull(server.url("stall-120000", "net.th"))
    partial = weights_folder / "toy" / "net.th.part"
    wait_until(lambda: partial.exists() and partial.stat().st_size > 100_000)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    kept_bytes = partial.stat().st_size
    assert kept_bytes > 100_000
    server.sent_bytes = 0
    assert pull(spec_of(file_of(CONTENT, server.url("ok", "net.th"))))["net.th"].read_bytes() == CONTENT
    assert server.sent_bytes == len(CONTENT) - kept_bytes
