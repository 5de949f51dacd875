"""`seinfer mix`: make a paired test set out of clean speech and noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.counts import counted
from ..core.errors import UsageError
from ..core.exit_codes import ALL_DONE, PARTLY_FAILED
from ..core.streams import print_json, print_line, print_message
from . import completion, resolve
from .options import Config, Json

if TYPE_CHECKING:
    from ..mixing.testset import MixResult

_MAX_FAILURES_SHOWN = 20


def mix(
    context: typer.Context,
    speech: Annotated[Path, typer.Option("--speech", help="Folder of clean speech; channels are averaged.")],
    noise: Annotated[Path, typer.Option("--noise", help="Folder of noise; channels are averaged.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the test set: new, empty, or of an earlier mix.")],
    snr: Annotated[
        str, typer.Option("--snr", help="SNRs in dB: active speech level (ITU-T P.56) minus RMS level of the noise.")
    ] = "-5,0,5,10,15",
    all_snrs: Annotated[
        bool, typer.Option("--all-snrs", help="Make each mixture at every SNR; by default at one, equally often each.")
    ] = False,
    per_speech: Annotated[int, typer.Option("--per-speech", min=1, help="Mixtures of each speech file.")] = 1,
    rate: Annotated[
        str, typer.Option("--rate", help="Sample rate of the set in Hz, or native: that of each speech file.")
    ] = "native",
    level_db: Annotated[
        str, typer.Option("--level-db", help="Active speech level in dBov, or keep: that of each speech file.")
    ] = "-26",
    rir: Annotated[
        Path | None,
        typer.Option("--rir", help="Folder of impulse responses for the speech (first channel)."),
    ] = None,
    target: Annotated[
        str, typer.Option("--target", help="With --rir, what clean/ contains: reverberant, early (50 ms) or dry.")
    ] = "reverberant",
    duration_s: Annotated[
        float | None, typer.Option("--duration-s", help="Cut longer speech to a part of this length, in seconds.")
    ] = None,
    subtype: Annotated[
        str,
        typer.Option("--subtype", autocompletion=completion.subtype, help="PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE."),
    ] = "PCM_16",
    seed: Annotated[int, typer.Option("--seed", help="Random seed.")] = 0,
    json: Json = False,
    config: Config = None,
) -> None:
    """Make a paired test set out of clean speech and noise.

    Writes OUT/noisy, OUT/clean and OUT/manifest.csv; `seinfer compare OUT` takes pairs, noise and SNR from
    the manifest. The same files, seed and options give the same bytes. With --rir, --snr and --level-db are those of
    the reverberant speech; the manifest also states SNR and level of the clean file (snr_clean_db, level_clean_db).
    """
    from ..mixing.request import MixRequest
    from ..mixing.testset import make_test_set
    from ..models.extras import versions
    from ..reports.progress import ProgressBars

    _check_target(target, rir)
    request = MixRequest(
        speech=speech,
        noise=noise,
        out=out,
        snrs_db=_snrs_db(snr),
        is_every_snr=all_snrs,
        per_speech=per_speech,
        sample_rate=resolve.sample_rate("--rate", rate),
        level_db=_level_db(level_db),
        rir=rir,
        target=target,
        max_duration_s=_max_duration_s(duration_s),
        subtype=resolve.subtype(subtype) or "PCM_16",
        seed=seed,
    )
    with ProgressBars() as progress:
        result = make_test_set(request, {"settings": _typed(context.params), "versions": versions(())}, progress)
    _print_result(result, out, as_json=json)
    raise typer.Exit(PARTLY_FAILED if result.failures else ALL_DONE)


def _typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as they were typed, as JSON values, for mix.json."""
    return {key: str(value) if isinstance(value, Path) else value for key, value in parameters.items() if key != "json"}


def _check_target(target: str, rir: Path | None) -> None:
    from ..mixing.reverberation import TARGETS

    if target not in TARGETS:
        raise UsageError(f"--target is {target!r}; expected one of {', '.join(TARGETS)}")
    if target != "reverberant" and not rir:
        raise UsageError(f"--target is {target!r} and there is no --rir; expected both or neither")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _snrs_db(text: str) -> tuple[float, ...]:
    snrs_db = tuple(_number(word) for word in text.split(","))
    if not all(map(math.isfinite, snrs_db)) or len(set(snrs_db)) < len(snrs_db):
        raise UsageError(f"--snr is {text!r}; expected numbers in dB, each once, for example -5,0,5")
    return snrs_db


def _level_db(text: str) -> float | None:
    if text == "keep":
        return None
    level_db = _number(text)
    if not -80 <= level_db <= 0:
        raise UsageError(f"--level-db is {text!r}; expected keep, or dBov from -80 to 0")
    return level_db


def _max_duration_s(duration_s: float | None) -> float:
    from ..mixing.sources import MIN_DURATION_S

    if duration_s is not None and not duration_s >= MIN_DURATION_S:
        raise UsageError(f"--duration-s is {duration_s:g}; expected at least {MIN_DURATION_S}")
    return duration_s or 0.0


def _print_result(result: MixResult, out: Path, *, as_json: bool) -> None:
    import shlex

    if as_json:
        print_json({"out": str(out), **result.as_document()})
    else:
        print_line(_summary(result))
    for line in _remarks(result):
        print_message(line)
    print_message(f"written to {out}; next: seinfer compare --models all {shlex.quote(str(out))}")


def _summary(result: MixResult) -> str:
    counts = ", ".join(f"{snr_db} dB: {count}" for snr_db, count in result.n_by_snr.items())
    return f"{len(result.rows)} of {counted(result.n_planned, 'clip')}, {result.duration_s:.1f} s in all, SNR {counts}"


def _remarks(result: MixResult) -> Iterator[str]:
    for failure in result.failures[:_MAX_FAILURES_SHOWN]:
        yield f"failed: {failure.role} {failure.source}: {failure.reason}: {failure.message}"
    if len(result.failures) > _MAX_FAILURES_SHOWN:
        yield f"failed: {len(result.failures) - _MAX_FAILURES_SHOWN} more, see mix.json"
    for note in result.notes:
        yield f"note: {note}"
