"""A child process that exchanges JSON lines with its parent."""

from __future__ import annotations

import queue
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from seinfer.core.process import Child, Message, thread_variables

START = "import os, sys, time\nfrom seinfer.core.process import Channel\nchannel = Channel()\n"
ECHO = "while (message := channel.receive()) is not None: channel.send({'echo': message})\n"
Start = Callable[..., Child]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a child with some code; every child is killed at the end."""
    children: list[Child] = []

    def start_child(code: str, on_message: Callable[[Child, Message | None], None] | None = None) -> Child:
        children.append(Child([sys.executable, "-c", START + code], thread_variables(1), "test", on_message))
        return children[-1]

    yield start_child
    for child in children:
        child.kill()


def test_send_and_receive_messages_in_order_then_none(start: Start) -> None:
    child = start(ECHO)
    child.send({"n": 1, "text": "é\n\u2028"})
    child.send({"n": 2})
    assert child.receive(30) == {"echo": {"n": 1, "text": "é\n\u2028"}}
    assert child.receive(30) == {"echo": {"n": 2}}
    child.stop()
    assert child.receive(30) is None


def test_receive_nothing_in_time_is_a_timeout(start: Start) -> None:
    with pytest.raises(TimeoutError):
        start(ECHO).receive(0.01)


def test_print_of_a_library_is_not_a_message_and_goes_to_the_log(start: Start) -> None:
    child = start("print('{\"echo\": 0}'); os.write(1, b'from C\\n'); channel.send({'n': 1})\n")
    assert child.receive(30) == {"n": 1}
    assert child.receive(30) is None
    assert child.describe_exit() == "exit code 0; from C"


@pytest.mark.parametrize(
    ("code", "description"),
    [
        ("sys.exit(3)", "exit code 3"),
        ("print('last words', file=sys.stderr); os._exit(4)", "exit code 4; last words"),
        ("os.kill(os.getpid(), 11)", "killed by SIGSEGV"),
    ],
)
def test_describe_exit_has_the_code_or_signal_and_the_last_line(start: Start, code: str, description: str) -> None:
    child = start(code)
    assert child.receive(30) is None
    assert child.describe_exit() == description


def test_send_to_a_child_that_has_ended_does_nothing(start: Start) -> None:
    child = start("")
    assert child.receive(30) is None
    for _ in range(3):
        child.send({"n": 1})


@pytest.mark.parametrize("line", ["y", "1", "[]", "[" * 100_000, '{"n": '])
def test_receive_line_that_is_no_message_ends_the_child_with_the_line_in_the_reason(start: Start, line: str) -> None:
    child = start(f"while True: channel._out.write({line!r} + '\\n')\n")
    assert child.receive(30) is None
    assert (
        child.describe_exit()
        == f"it wrote {(line + chr(10))[:40]!r}, which is not a message: it is no worker of seinfer"
    )


def test_stop_kills_a_child_that_ignores_the_end_of_its_input(start: Start) -> None:
    child = start("channel.send({})\nwhile True: time.sleep(1)\n")
    assert child.receive(30) == {}
    child.stop(grace_s=0.1)
    assert child.describe_exit() == "killed by SIGKILL"


def test_on_message_gets_every_message_and_the_end(start: Start) -> None:
    events: queue.SimpleQueue[tuple[Child, Message | None]] = queue.SimpleQueue()
    child = start("channel.send({'n': 1})\n", lambda source, message: events.put((source, message)))
    assert events.get(timeout=30) == (child, {"n": 1})
    assert events.get(timeout=30) == (child, None)


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (["yes"], "y"),
        (["head", "-c", "200000000", "/dev/zero"], "x00"),
        (["echo", "[" * 100_000], r"\[\["),
        (["echo", "5"], "5"),
    ],
    ids=["yes", "zeros", "brackets", "number"],
)
def test_another_program_in_place_of_a_worker_is_ended_and_named(command: list[str], written: str) -> None:
    child = Child(command, {}, "test")
    assert child.receive(60) is None
    assert re.search(f"it wrote '.*{written}.*', which is not a message", child.describe_exit())


def test_send_to_a_child_that_reads_nothing_does_not_wait(start: Start) -> None:
    child = start("channel.send({})\ntime.sleep(3600)\n")
    assert child.receive(30) == {}
    for _ in range(10):
        child.send({"text": "x" * 100_000})  # more than a pipe holds
    child.kill()


def test_child_that_closes_its_output_without_ending_is_ended(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seinfer.core.process._EXIT_S", 0.1)
    child = start("channel.send({})\nos.closerange(0, 256)\ntime.sleep(3600)\n")
    assert child.receive(30) == {}
    assert child.receive(30) is None
    assert child.describe_exit() == "killed by SIGKILL"


def test_thread_variables_limit_every_numeric_library() -> None:
    variables = thread_variables(3)
    assert {name for name, value in variables.items() if value == "3"} == {
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    }
    assert variables["OMP_WAIT_POLICY"] == "PASSIVE"
