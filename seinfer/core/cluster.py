"""Child processes on the machines of a Ray cluster. Only this module imports ray, and only when it connects.

Each child process is started by an actor of its own, on the machine where Ray places it; the actor passes the messages
on, and holds the share of cores and GPUs that the child uses. So a child does the same as on this machine, a crash ends
the child and not the actor, and a child may have an interpreter of its own.

An actor that ends by itself was lost with its machine. Ray kills the actors of a program that has ended; the children
end with their actors (see core/lifetime.py).
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .errors import BackendError, UsageError
from .messages import shortened
from .process import Child, Launch, Message, OnMessage

_POLL_S = 0.5
"""Longest wait of a call for messages: so often is the processor time of a child known anew."""
_JOIN_S = 5.0
_CONNECT_S = 10.0
_PYTHON = "{python}"
"""Stands in a command for the interpreter that runs seinfer on the machine of the child."""

log = logging.getLogger(__name__)


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
                with warnings.catch_warnings():
                    # About GPUs of actors that reserve none; a worker on the CPU is told so by its device.
                    warnings.filterwarnings("ignore", "Tip: In future versions of Ray", FutureWarning)
                    ray.init(address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
            except (OSError, RuntimeError, ValueError) as error:
                raise UsageError(
                    f"--address {address}: no connection to a Ray cluster ({shortened(str(error))}); start one with "
                    "`ray start --head`, and check that all machines have the same releases of Python and ray"
                ) from None
        self._nodes: list[Mapping[str, float]] = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        self.n_cores = int(self._total("CPU"))
        self.n_gpus = int(self._total("GPU"))

    def _total(self, name: str) -> float:
        return sum(node.get(name, 0.0) for node in self._nodes)

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
        host = self._ray.remote(concurrency_groups={"send": 1, "receive": 1})(Host)
        options = {"num_cpus": cores, "num_gpus": gpus, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        return partial(self._launch, host.options(**options))

    def _launch(
        self,
        host: Any,
        command: Sequence[str],
        environment: Mapping[str, str],
        name: str,
        on_message: OnMessage | None = None,
    ) -> RemoteChild:
        here = [_PYTHON if part == sys.executable else part for part in command]
        actor = host.remote(here, {**self._environment, **environment}, name, version("seinfer"), str(Path.cwd()))
        return RemoteChild(self._ray, actor, name, on_message)

    def close(self) -> None:
        """Disconnect."""
        if self._is_own:
            self._ray.shutdown()


class Host:
    """The actor: starts one child process on its machine and passes the messages on."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], name: str, release: str, folder: str
    ) -> None:
        if version("seinfer") != release:
            raise BackendError(
                f"{os.uname().nodename} has seinfer {version('seinfer')}; expected {release}, as where the command runs"
            )
        with suppress(OSError):  # where this folder is not shared, only absolute paths can be used
            os.chdir(folder)
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        here = [sys.executable if part == _PYTHON else part for part in command]
        self._child = Child(here, environment, name, lambda _, message: self._messages.put(message))

    def send(self, message: Message) -> None:
        """Send a message to the child, without waiting."""
        self._child.send(message)

    def receive(self, wait_s: float) -> tuple[list[Message], tuple[float, float], str]:
        """Return the messages since the last call, waiting for the first.

        Args:
            wait_s: longest wait in seconds.

        Returns:
            The messages; processor seconds and largest memory in MiB of the child; how it ended, "" while it runs.
        """
        messages: list[Message] = []
        with suppress(queue.Empty):
            message = self._messages.get(timeout=wait_s)
            while message is not None:
                messages.append(message)
                message = self._messages.get_nowait()
            return messages, (0.0, 0.0), self._child.describe_exit()
        return messages, (self._child.processor_s, self._child.peak_rss_mib), ""


class RemoteChild:
    """This side of a child process on the cluster; see `process.Process`.

    Attributes:
        inbox: the messages of the child, in order; then None when it has ended.
        is_lost: its machine was lost, or Ray ended its actor.
    """

    def __init__(self, ray: Any, actor: Any, name: str, on_message: OnMessage | None) -> None:
        """Pass the messages on from now on.

        Args:
            ray: the package.
            actor: a `Host`; it may still wait for its place in the cluster.
            name: its name in the log.
            on_message: called on a reading thread with each message, instead of filling `inbox`.
        """
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self.is_lost = False
        self._ray = ray
        self._actor = actor
        self._name = name
        self._on_message = on_message or (lambda _, message: self.inbox.put(message))
        self._processor_s = self._peak_rss_mib = 0.0
        self._how = "ended by seinfer"
        self._is_killed = self._has_ended = False
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    @property
    def processor_s(self) -> float:
        """Processor seconds that the child has used, as last reported."""
        return self._processor_s

    @property
    def peak_rss_mib(self) -> float:
        """Largest resident memory of the child so far in MiB, as last reported."""
        return self._peak_rss_mib

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, without waiting. If the child has ended this does nothing."""
        if not self._is_killed:
            self._actor.send.options(concurrency_group="send").remote(dict(message))

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """Return the next message, None when the child has ended.

        Raises:
            TimeoutError: no message came in time.
        """
        try:
            return self.inbox.get(timeout=timeout_s)
        except queue.Empty as error:
            raise TimeoutError from error

    def stop(self) -> None:
        """End it; its work is done."""
        self.kill()

    def kill(self) -> None:
        """End the actor and the child at once."""
        self._is_killed = True
        self._ray.kill(self._actor)
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def describe_exit(self) -> str:
        """Return how it ended."""
        return self._how

    def _relay(self) -> None:
        """Report each message until the child or the actor has ended."""
        receive = self._actor.receive.options(concurrency_group="receive")
        while (messages := self._receive(receive)) is not None:
            for message in messages:
                self._on_message(self, message)
        self._on_message(self, None)

    def _receive(self, receive: Any) -> list[Message] | None:
        """Return the next messages; None at the end."""
        if self._has_ended:
            return None
        try:
            messages, (self._processor_s, self._peak_rss_mib), how = self._ray.get(receive.remote(_POLL_S))
        except self._ray.exceptions.RayActorError as error:
            if not self._is_killed:
                self.is_lost = not error.actor_init_failed
                self._how = f"its actor of Ray ended: {shortened(_reason(error))}"
                log.warning("actor ended", extra={"source": self._name, "reason": str(error)})
            return None
        if how:
            self._how, self._has_ended = how, True
        found: list[Message] = messages
        return found


def _check_port(address: str) -> None:
    """Check that something answers at an address with a port: Ray itself would try for a minute and end the process.

    Raises:
        OSError: nothing answers.
        ValueError: the port is no number.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()


def _reason(error: Exception) -> str:
    """Return the line of an error of Ray that names the cause: the last one."""
    return next((line for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
