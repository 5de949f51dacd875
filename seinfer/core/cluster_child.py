"""The two ends of a child process on a Ray cluster: the actor beside it, and its stand-in in this program.

The actor starts the child on its machine and passes the messages on. So a child does the same as on this machine, a
crash ends the child and not the actor, and a child may have an interpreter of its own.

An actor that ends by itself was lost with its machine. Ray kills the actors of a program that has ended; the children
end with their actors (see core/lifetime.py). Neither end imports ray.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from .errors import BackendError
from .messages import shortened
from .process import Child, Message, OnMessage, next_message

PYTHON = "{python}"
"""Stands in a command for the interpreter that runs seinfer on the machine of the child."""
_POLL_S = 0.5
"""Longest wait of a call for messages: so often is the processor time of a child known anew."""
_CHECK_S = 30.0
"""Time without an answer after which it is checked that answers can still arrive."""
_JOIN_S = 5.0

log = logging.getLogger(__name__)


class Host:
    """The actor: starts one child process on its machine and passes the messages on."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], name: str, release: str, folder: str
    ) -> None:
        if version("seinfer") != release:
            raise BackendError(
                f"{os.uname().nodename} has seinfer {version('seinfer')}; expected {release}, as where the command runs"
            )
        self._lock = threading.Lock()
        self._early: dict[int, Message] = {}
        self._n_sent = 0
        with suppress(OSError):  # where this folder is not shared, only absolute paths can be used
            os.chdir(folder)
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        here = [sys.executable if part == PYTHON else part for part in command]
        self._child = Child(here, environment, name, lambda _, message: self._messages.put(message))

    def send(self, index: int, message: Message) -> None:
        """Send a message to the child, without waiting.

        Args:
            index: number of the message, from 0 on: calls may arrive in another order, messages are sent in this one.
            message: the message.
        """
        with self._lock:
            self._early[index] = message
            while (following := self._early.pop(self._n_sent, None)) is not None:
                self._child.send(following)
                self._n_sent += 1

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

    def __init__(
        self, ray: Any, actor: Any, name: str, is_connected: Callable[[], bool], on_message: OnMessage | None = None
    ) -> None:
        """Pass the messages on from now on.

        Args:
            ray: the package.
            actor: a `Host`; it may still wait for its place in the cluster.
            name: its name in the log.
            is_connected: see `Cluster.is_connected`.
            on_message: called on a reading thread with each message, instead of filling `inbox`.
        """
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self.is_lost = False
        self._ray = ray
        self._actor = actor
        self._name = name
        self._indices = itertools.count()
        self._is_connected = is_connected
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
            self._actor.send.remote(next(self._indices), dict(message))

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """Return the next message, None when the child has ended.

        Raises:
            TimeoutError: no message came in time.
        """
        return next_message(self.inbox, timeout_s)

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
        while (messages := self._receive()) is not None:
            for message in messages:
                self._on_message(self, message)
        self._on_message(self, None)

    def _receive(self) -> list[Message] | None:
        """Return the next messages; None at the end."""
        if self._has_ended:
            return None
        try:
            messages, (self._processor_s, self._peak_rss_mib), how = self._answer(self._actor.receive.remote(_POLL_S))
        except ConnectionError as error:
            self.is_lost, self._how = True, str(error)
            return None
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

    def _answer(self, call: Any) -> Any:
        """Return the answer of the actor; it may wait for a place in the cluster first, for any time.

        Raises:
            ConnectionError: no answer can arrive any more.
        """
        while True:
            try:
                return self._ray.get(call, timeout=_CHECK_S)
            except self._ray.exceptions.GetTimeoutError:
                if not self._is_connected():
                    raise ConnectionError("Ray has ended on this machine or on the first one of the cluster") from None


def _reason(error: Exception) -> str:
    """Return the line of an error of Ray that names the cause: the last one."""
    return next((line for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
