"""Child processes on a Ray cluster: messages, crashes, and workers that are lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from seinfer.core.cluster import Cluster
from seinfer.core.process import Process
from tests.ray_cluster import TwoNodes

# Answers each line; ends itself at the line "end".
_ECHO = """
import json, os, sys
for line in sys.stdin:
    message = json.loads(line)
    if message["text"] == "end":
        os._exit(3)
    print(json.dumps({**message, "of": os.environ["OWNER"], "parent": os.getppid()}), flush=True)
"""
_WAIT_S = 60


@pytest.fixture
def cluster(ray_cluster: TwoNodes) -> Iterator[Cluster]:
    with closing(Cluster(ray_cluster.address, {"OWNER": "cluster"})) as connected:
        yield connected


def start(cluster: Cluster, program: str = _ECHO) -> Process:
    return cluster.launcher(cores=0.5)([sys.executable, "-c", program], {}, "echo")


def test_cluster_counts_the_cores_of_all_nodes(cluster: Cluster) -> None:
    assert (cluster.n_cores, cluster.n_gpus) == (2, 0)


def test_child_answers_in_order_with_the_environment_of_the_cluster(cluster: Cluster) -> None:
    child = start(cluster)
    for index in range(20):
        child.send({"text": str(index)})
    answers = [child.receive(_WAIT_S) for _ in range(20)]
    assert [answer and (answer["text"], answer["of"]) for answer in answers] == [(str(i), "cluster") for i in range(20)]
    child.kill()
    assert child.receive(_WAIT_S) is None


def test_child_that_ends_is_described_and_not_lost(cluster: Cluster) -> None:
    child = start(cluster)
    child.send({"text": "end"})
    assert child.receive(_WAIT_S) is None
    assert (child.describe_exit(), child.is_lost) == ("exit code 3", False)


def test_child_whose_actor_is_killed_is_lost(cluster: Cluster) -> None:
    child = start(cluster)
    child.send({"text": "hello"})
    answer = child.receive(_WAIT_S)
    assert answer is not None
    os.kill(answer["parent"], signal.SIGKILL)
    assert child.receive(_WAIT_S) is None
    assert child.is_lost
    assert child.describe_exit().startswith("its actor of Ray ended: ")


def test_child_of_an_unknown_program_is_not_lost(cluster: Cluster) -> None:
    child = cluster.launcher(cores=0.5)(["/no/such/python"], {}, "absent")
    assert child.receive(_WAIT_S) is None
    assert not child.is_lost
    assert "/no/such/python" in child.describe_exit()
