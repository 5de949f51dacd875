"""What `seinfer mix` does: options in words -> one request -> a folder -> a few lines, or JSON."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..audio.writing import SUBTYPES
from ..core.errors import UsageError
from ..mixing.request import MixRequest
from ..mixing.reverberation import TARGETS
from ..mixing.sources import MIN_DURATION_S
from ..mixing.testset import MixResult, make_test_set
from ..models.extras import versions
from ..reports.progress import ProgressBars

ALL_DONE, PARTLY_FAILED = 0, 5
_MAX_FAILURES_SHOWN = 20


@dataclass(frozen=True)
class MixOptions:
    """What was typed; see `seinfer mix --help`."""

    speech: Path
    noise: Path
    out: Path
    snr: str
    all_snrs: bool
    per_speech: int
    rate: str
    level_db: str
    rir: Path | None
    target: str
    duration_s: float | None
    subtype: str
    seed: int


def mix_command(options: MixOptions, *, as_json: bool) -> int:
    """Make a test set."""
    request = request_of(options)
    with ProgressBars() as progress:
        result = make_test_set(request, {"settings": _settings(options), "versions": versions(())}, progress)
    if as_json:
        print(json.dumps({"out": str(request.out), **result.as_document()}, indent=2, allow_nan=False))
    else:
        print(_summary(result))
    for line in _remarks(result):
        print(line, file=sys.stderr)
    out = shlex.quote(str(request.out))
    print(f"written to {request.out}; next: seinfer compare --models all {out}", file=sys.stderr)
    return PARTLY_FAILED if result.failures else ALL_DONE


def request_of(options: MixOptions) -> MixRequest:
    """Read the options.

    Raises:
        UsageError: one makes no sense.
    """
    _one_of("--target", options.target, TARGETS)
    _one_of("--subtype", options.subtype, SUBTYPES)
    if options.target != "reverberant" and not options.rir:
        raise UsageError(f"--target is {options.target!r} and there is no --rir; expected both or neither")
    if options.duration_s is not None and not options.duration_s >= MIN_DURATION_S:
        raise UsageError(f"--duration-s is {options.duration_s:g}; expected at least {MIN_DURATION_S}")
    return MixRequest(
        options.speech,
        options.noise,
        options.out,
        _snrs(options.snr),
        options.all_snrs,
        options.per_speech,
        _rate(options.rate),
        _level(options.level_db),
        options.rir,
        options.target,
        options.duration_s or 0.0,
        options.subtype,
        options.seed,
    )


def _one_of(option: str, text: str, choices: tuple[str, ...]) -> None:
    if text not in choices:
        raise UsageError(f"{option} is {text!r}; expected one of {', '.join(choices)}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _snrs(text: str) -> tuple[float, ...]:
    snrs_db = tuple(_number(word) for word in text.split(","))
    if not all(map(math.isfinite, snrs_db)) or len(set(snrs_db)) < len(snrs_db):
        raise UsageError(f"--snr is {text!r}; expected numbers of dB, each once, such as -5,0,5")
    return snrs_db


def _rate(text: str) -> int:
    if text == "native":
        return 0
    if not text.isdecimal() or not 8000 <= int(text) <= 192_000:
        raise UsageError(f"--rate is {text!r}; expected native, or Hz from 8000 to 192000")
    return int(text)


def _level(text: str) -> float | None:
    if text == "keep":
        return None
    level_db = _number(text)
    if not -80 <= level_db <= 0:
        raise UsageError(f"--level-db is {text!r}; expected keep, or dBov from -80 to 0")
    return level_db


def _settings(options: MixOptions) -> Mapping[str, Any]:
    """Return the options as JSON values, for mix.json."""
    return {key: str(value) if isinstance(value, Path) else value for key, value in vars(options).items()}


def _summary(result: MixResult) -> str:
    counts = ", ".join(f"{snr_db} dB: {count}" for snr_db, count in result.n_by_snr.items())
    return f"{len(result.rows)} of {result.n_planned} clips, {result.duration_s:.1f} s in all, SNR {counts}"


def _remarks(result: MixResult) -> Iterator[str]:
    for failure in result.failures[:_MAX_FAILURES_SHOWN]:
        yield f"failed: {failure.role} {failure.source}: {failure.reason}: {failure.message}"
    if len(result.failures) > _MAX_FAILURES_SHOWN:
        yield f"failed: {len(result.failures) - _MAX_FAILURES_SHOWN} more, see mix.json"
    for note in result.notes:
        yield f"note: {note}"
