"""A Ray cluster of two nodes, which are processes of this machine: the fixture `ray_cluster`.

`python -m tests.ray_cluster` holds the cluster, because Ray leaves files open, which is an error in the tests.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers import ROOT

_SHARE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}  # the smallest store that Ray accepts has 75 MiB
_END_S = 30
_SECOND_HOST = "127.0.0.2"
"""Another address than that of the first node: a program joins a node with its own address, and must not be killed."""


class TwoNodes:
    """A cluster with one core on each of two nodes.

    Attributes:
        address: of the cluster.
        client_address: of its server for programs on other machines.
    """

    def __init__(self) -> None:
        # Workers import the modules of the tests, as workers of the local engine do from the current folder.
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self._holder = subprocess.Popen(
            [sys.executable, "-m", "tests.ray_cluster"],
            cwd=ROOT,
            env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address, self.client_address = self._answer()

    def replace_second(self) -> None:
        """Kill the processes of the second node at once, and start another node in its place."""
        assert self._holder.stdin
        self._holder.stdin.write("replace\n")
        self._holder.stdin.flush()
        self._answer()

    def close(self) -> None:
        self._holder.communicate(timeout=_END_S)

    def _answer(self) -> list[str]:
        assert self._holder.stdout
        while line := self._holder.stdout.readline():
            if line.startswith("cluster "):
                return line.split()[1:]
        raise RuntimeError(f"the cluster could not be started, exit code {self._holder.wait()}")


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[TwoNodes]:
    nodes = TwoNodes()
    yield nodes
    nodes.close()


def _add_second(cluster: Any) -> Any:
    """Start the second node and return it; programs of this machine still join the first."""
    from ray._private.services import write_node_ip_address

    second = cluster.add_node(**_SHARE, node_ip_address=_SECOND_HOST)
    cluster.wait_for_nodes()
    first = cluster.head_node  # each node writes its address into one file, where programs read that of their machine
    write_node_ip_address(first.get_session_dir_path(), first.node_ip_address)
    return second


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def _hold() -> None:
    """Start the nodes, print the address, and replace the second node for each line of input."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    port = _free_port()
    cluster.add_node(**_SHARE, include_dashboard=False, ray_client_server_port=port)
    second = _add_second(cluster)
    print("cluster", cluster.address, f"ray://127.0.0.1:{port}", flush=True)
    for _ in sys.stdin:
        cluster.remove_node(second, allow_graceful=False)
        second = _add_second(cluster)
        print("cluster", cluster.address, f"ray://127.0.0.1:{port}", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    _hold()
