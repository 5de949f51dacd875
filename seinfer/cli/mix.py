"""`seinfer mix`: a paired test set out of clean speech and noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mix(
    speech: Annotated[Path, typer.Option("--speech", help="Folder of clean speech; channels are averaged.")],
    noise: Annotated[Path, typer.Option("--noise", help="Folder of noise; channels are averaged.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the test set: new, empty, or of an earlier mix.")],
    snr: Annotated[
        str, typer.Option("--snr", help="SNRs in dB: active speech level (ITU-T P.56) less RMS level of the noise.")
    ] = "-5,0,5,10,15",
    all_snrs: Annotated[
        bool, typer.Option("--all-snrs", help="Each mixture at every SNR, instead of one SNR each, equally often.")
    ] = False,
    per_speech: Annotated[int, typer.Option("--per-speech", min=1, help="Mixtures of each speech file.")] = 1,
    rate: Annotated[str, typer.Option("--rate", help="Hz of the set, or native: that of each speech file.")] = "native",
    level_db: Annotated[
        str, typer.Option("--level-db", help="Active speech level in dBov, or keep: that of each speech file.")
    ] = "-26",
    rir: Annotated[
        Path | None, typer.Option("--rir", help="Folder of impulse responses for the speech; first channel.")
    ] = None,
    target: Annotated[
        str, typer.Option("--target", help="With --rir, what clean/ holds: reverberant, early (50 ms) or dry.")
    ] = "reverberant",
    duration_s: Annotated[
        float | None, typer.Option("--duration-s", help="Cut longer speech to a stretch of this length.")
    ] = None,
    subtype: Annotated[str, typer.Option(help="PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE.")] = "PCM_16",
    seed: Annotated[int, typer.Option("--seed", help="Of all that is drawn.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a line.")] = False,
) -> None:
    """Make a paired test set out of clean speech and noise.

    Writes OUT/noisy, OUT/clean and OUT/manifest.csv, and `seinfer compare OUT` takes it from there. The same files,
    seed and options give the same bytes.
    """
    from .mix_command import MixOptions, mix_command

    options = MixOptions(
        speech, noise, out, snr, all_snrs, per_speech, rate, level_db, rir, target, duration_s, subtype, seed
    )
    raise typer.Exit(mix_command(options, as_json=json))
