"""Child processes on a Ray cluster: messages, crashes, and workers that are lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from seinfer.core.cluster import Cluster
from seinfer.core.cluster_child import RemoteChild
from seinfer.core.errors import BackendError, UsageError
from seinfer.core.process import Process
from tests.helpers import ROOT
from tests.ray_cluster import TwoNodes

pytestmark = pytest.mark.xdist_group("ray")

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


@pytest.mark.parametrize("address", ["ray://127.0.0.2", "ray://127.0.0.2:1", "127.0.0.2:1"])
def test_cluster_at_an_address_where_nothing_answers_is_refused_at_once(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match=r"no connection to a Ray cluster .*refused"):
        Cluster(address, {})


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


class _UnansweredError(Exception):
    """Stands in for the error of ray.get after its time limit."""


def test_child_without_an_answer_is_lost_when_ray_has_ended_on_this_machine() -> None:
    checks = iter([True, True, False])  # at first the actor only waits for its place

    def get(call: object, timeout: float) -> None:
        raise _UnansweredError

    no_error = type("RayActorError", (Exception,), {})
    ray = SimpleNamespace(
        get=get, kill=Mock(), exceptions=Mock(GetTimeoutError=_UnansweredError, RayActorError=no_error)
    )
    child = RemoteChild(ray, Mock(), "echo", lambda: next(checks))
    assert child.receive(_WAIT_S) is None
    assert child.is_lost
    assert child.describe_exit() == "Ray has ended on this machine or on the first one of the cluster"
    assert not list(checks)


def test_child_cannot_be_started_when_ray_has_ended_on_this_machine(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = cluster.launcher(cores=0.5)
    monkeypatch.setattr(cluster, "is_connected", lambda: False)
    with pytest.raises(BackendError, match=r"Ray has ended on .* of the cluster; start it and run"):
        launch([sys.executable, "-c", _ECHO], {}, "echo")


def test_cluster_is_connected_while_the_first_node_runs(cluster: Cluster) -> None:
    assert cluster.is_connected()


# In a process of its own, because Ray ends a process that asks a cluster without its first machine for anything.
_END_OF_THE_CLUSTER = """
from seinfer.core.cluster import Cluster
from tests.ray_cluster import TwoNodes
nodes = TwoNodes()
cluster = Cluster(nodes.address, {})
nodes.close()
print("connected:", cluster.is_connected())
cluster.close()
"""


def test_cluster_is_not_connected_after_its_first_machine_has_ended() -> None:
    pytest.importorskip("ray")
    ended = subprocess.run([sys.executable, "-c", _END_OF_THE_CLUSTER], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "connected: False\n"), ended.stderr


@pytest.mark.parametrize("n_failures", [1, 3])
def test_cluster_server_that_could_not_start_its_process_is_asked_again(
    ray_cluster: TwoNodes, monkeypatch: pytest.MonkeyPatch, n_failures: int
) -> None:
    import ray

    failures, init = iter(range(n_failures)), ray.init

    def fail_first(address: str, **options: Any) -> None:
        if next(failures, None) is not None:
            raise ConnectionAbortedError("Initialization failure from server")
        init(address, **options)

    monkeypatch.setattr(ray, "init", fail_first)
    if n_failures == 3:
        with pytest.raises(UsageError, match="Initialization failure from server"):
            Cluster(ray_cluster.address, {})
    with closing(Cluster(ray_cluster.address, {})) as connected:
        assert connected.is_connected()
