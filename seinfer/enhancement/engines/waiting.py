"""Waits for a worker, and tells one that is slow from one that hangs: the meaning of `--timeout`."""

from __future__ import annotations

import logging
from dataclasses import replace

from ...core.messages import shortened
from ...core.process import Message, Process
from ...core.records import Enhancement, from_json

log = logging.getLogger(__name__)

BUSY_FACTOR = 5
"""A worker that computes all the while counts as hung after this many times the time-out: it may be in an endless
loop, which cannot be told from slow work."""
# A worker stands still if it uses less than this share of one core: idle threads wake up now and then.
_MIN_SHARE = 0.01
_ADVICE = "raise --timeout if this machine is slow"


def receive(child: Process, timeout_s: float) -> Message | None:
    """Return the next message of a worker, None when it has ended.

    Time counts only while this process runs: a command that is stopped (Ctrl-Z) and continued does not end its workers.

    Args:
        child: the worker. It has work to do.
        timeout_s: longest time without a message and without use of the processor, in seconds; it may be BUSY_FACTOR
            times as long while it uses the processor.

    Raises:
        TimeoutError: it hangs; the message says how.
    """
    step_s = min(1.0, timeout_s / 10)
    silent_s = still_s = 0.0
    before_s, wait_s = -1.0, step_s / 4  # its processor time is first read here: most messages come sooner
    while True:
        try:
            return child.receive(wait_s)
        except TimeoutError:
            silent_s, still_s = silent_s + wait_s, still_s + wait_s
        used_s = child.processor_s
        if before_s < 0:
            before_s, wait_s = used_s, step_s - wait_s
            continue
        wait_s = step_s
        if used_s >= before_s + _MIN_SHARE * timeout_s:
            before_s, still_s = used_s, 0.0
        before_s = min(before_s, used_s)  # less: a process that it started has ended
        if still_s >= timeout_s:
            raise TimeoutError(f"the worker made no progress for {timeout_s:g} s, and did not compute; {_ADVICE}")
        if silent_s >= BUSY_FACTOR * timeout_s:
            limit_s = BUSY_FACTOR * timeout_s
            raise TimeoutError(
                f"the worker made no progress for {limit_s:g} s ({BUSY_FACTOR} times --timeout), although it computed; "
                f"{_ADVICE}"
            )


def receive_result(child: Process, timeout_s: float, model: str) -> Enhancement | None:
    """Return the next result of a worker, None when it has ended. A long message of an error is cut, and logged whole.

    Args:
        child: the worker. It has work to do.
        timeout_s: see `receive`; a finished block of a long clip counts as a message.
        model: its name, for the log.

    Raises:
        TimeoutError: it hangs; the message says how.
    """
    while (message := receive(child, timeout_s)) is not None:
        if message.get("event") == "clip":
            enhancement = from_json(Enhancement, message)
            return replace(enhancement, error=cut(enhancement.error, model))
    return None


def cut(text: str, model: str) -> str:
    """Return the message of an error in the length that tables and terminal show; log it whole if it is longer."""
    short = shortened(text)
    if short != text:
        log.warning("long message", extra={"model": model, "whole": text})
    return short
