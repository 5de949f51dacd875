"""Child processes on the machines of a Ray cluster. Only this module imports ray, and only when it connects.

Each child process is started by an actor of its own, on the machine where Ray places it (see cluster_child.py); the
actor holds the share of cores and GPUs that the child uses.
"""

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .cluster_child import PYTHON, Host, RemoteChild
from .errors import BackendError, UsageError
from .messages import shortened
from .process import Launch, OnMessage

_CONNECT_S = 10.0
_MAX_ATTEMPTS = 3
"""The server for ray:// starts a process for each client by a fork of a program with threads: it fails now and then."""
_CLIENT_PORT = "10001"  # that Ray takes for ray://HOST


class Cluster:
    """A connection to a Ray cluster. Close it at the end; Ray then ends all actors that are left.

    Attributes:
        n_cores: processor cores of all machines.
        n_gpus: GPUs of all machines.
    """

    def __init__(self, address: str, environment: Mapping[str, str]) -> None:
        """Connect.

        Args:
            address: "auto" for the cluster that runs on this machine, "ray://HOST:PORT" or "HOST:PORT".
            environment: variables for all child processes, in addition to those of their machines.

        Raises:
            UsageError: there is no such cluster, or it has another release of Ray or Python.
        """
        import ray

        self._ray: Any = ray  # its types do not know the options of actors
        self._environment = environment
        self._is_own = not ray.is_initialized()
        if self._is_own:
            try:
                _check_port(address)
                _connect(ray, address)
            except (OSError, RuntimeError, ValueError) as error:
                raise UsageError(
                    f"--address {address}: no connection to a Ray cluster ({shortened(str(error))}); start one with "
                    "`ray start --head`, and check that all machines have the same releases of Python and ray"
                ) from None
        self._own_node = ray.get_runtime_context().get_node_id()
        self._head = "" if _is_client() else ray.get_runtime_context().gcs_address
        self._nodes: list[Mapping[str, float]] = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        self.n_cores = int(self._total("CPU"))
        self.n_gpus = int(self._total("GPU"))

    def _total(self, name: str) -> float:
        return sum(node.get(name, 0.0) for node in self._nodes)

    def is_connected(self) -> bool:
        """Return whether Ray still runs here and on the first machine: without them no answer arrives.

        The first machine is asked for a connection only: without it, the list of nodes would not come, and Ray itself
        would end this process after a minute.
        """
        if self._head:
            try:
                _check_port(self._head)
            except OSError:
                return False
        return any(node["Alive"] and node["NodeID"] == self._own_node for node in self._ray.nodes())

    def launcher(self, *, cores: float, gpus: float = 0.0) -> Launch:
        """Return a function that starts child processes.

        Args:
            cores: processor cores that Ray reserves for each; a part of one is possible.
            gpus: GPUs that Ray reserves for each; a part of one is possible.

        Raises:
            UsageError: no machine of the cluster has as many.
        """
        if not any(node.get("CPU", 0.0) >= cores and node.get("GPU", 0.0) >= gpus for node in self._nodes):
            raise UsageError(
                f"a worker takes {cores:g} cores and {gpus:g} GPUs, and no machine of the Ray cluster has as many; "
                "expected fewer: see --worker-cores and --worker-gpus"
            )
        options = {"num_cpus": cores, "num_gpus": gpus, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        # Two calls at once: one waits for messages of the child, the other sends one to it.
        return partial(self._launch, self._ray.remote(max_concurrency=2, **options)(Host))

    def _launch(
        self,
        host: Any,
        command: Sequence[str],
        environment: Mapping[str, str],
        name: str,
        on_message: OnMessage | None = None,
    ) -> RemoteChild:
        if not self.is_connected():
            raise BackendError(
                "Ray has ended on this machine or on the first one of the cluster; start it and run the same command "
                "again: finished work is kept"
            )
        here = [PYTHON if part == sys.executable else part for part in command]
        actor = host.remote(here, {**self._environment, **environment}, name, version("seinfer"), str(Path.cwd()))
        return RemoteChild(self._ray, actor, name, self.is_connected, on_message)

    def close(self) -> None:
        """Disconnect."""
        if self._is_own:
            self._ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    """Connect to a cluster that answers.

    Raises:
        OSError, RuntimeError, ValueError: Ray refuses.
    """
    for attempts_left in reversed(range(_MAX_ATTEMPTS)):
        try:
            with warnings.catch_warnings():
                # About GPUs of actors that reserve none; a worker on the CPU is told so by its device.
                warnings.filterwarnings("ignore", "Tip: In future versions of Ray", FutureWarning)
                ray.init(address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
            return
        except ConnectionAbortedError:
            _client().disconnect()  # without it, Ray could not be used in this process any more
            if not attempts_left:
                raise


def _client() -> Any:
    """Return the client of Ray, for addresses with ray://; it has no types."""
    from ray.util import client

    return client.ray


def _is_client() -> bool:
    """Return whether this program uses Ray through its client (ray://); the first machine may not be reachable then."""
    return bool(_client().is_connected())


def _check_port(address: str) -> None:
    """Check that something answers at an address with a port: Ray itself would try for a minute and end the process.

    Raises:
        OSError: nothing answers.
        ValueError: the port is no number.
    """
    is_client = address.startswith("ray://")
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if is_client and not colon:
        host, colon, port = port, ":", _CLIENT_PORT
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
