"""`seinfer check`: measure whether a model is wired right on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import UsageError
from ..core.exit_codes import ALL_DONE, PARTLY_FAILED
from ..core.streams import print_json, print_line
from . import completion, resolve
from .options import Config, Device, Json, ModelsFile, Option, Threads


def check(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=completion.model, help="Name of a model.")],
    clip: Annotated[
        Path | None, typer.Argument(metavar="[CLIP]", help="A recording of yours; by default a bundled one.")
    ] = None,
    device: Device = "auto",
    threads: Threads = None,
    models_file: ModelsFile = None,
    option: Option = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Measure whether a model is wired right here: length, delay, level, batches, pieces."""
    from ..audio.reading import read
    from ..clips.discovery import DEMO_CLIPS
    from ..core.logs import log_library_output
    from ..enhancement.check import check as measure
    from ..enhancement.loading import load_on
    from ..models.options import with_options
    from ..models.selection import open_registry, runnable

    spec = runnable(open_registry(models_file or ()).find(model))
    [spec] = with_options([spec], resolve.model_settings(option))
    if spec.python:
        raise UsageError(
            f"{model} runs in an interpreter of its own; check it there: {spec.python} -m seinfer check {model}"
        )
    path = clip or DEMO_CLIPS / "noisy" / "fan_16k.flac"
    decoded = read(path)
    checked_device = resolve.device(device)
    with log_library_output(spec.backend):  # frameworks write notices of their own, some of them twice
        loaded = load_on(spec, device=checked_device, threads=threads)
    verdicts = list(measure(loaded.enhancer, decoded.samples, decoded.sample_rate))
    if json:
        print_json([asdict(verdict) for verdict in verdicts])
    else:
        print_line(f"{spec.name} on {path.name}, {loaded.device}")
        for verdict in verdicts:
            word = {True: "ok", False: "WRONG", None: "look"}[verdict.is_good]
            print_line(f"  {word:6}{verdict.question}: {verdict.measured} (expected {verdict.expected})")
    raise typer.Exit(PARTLY_FAILED if any(verdict.is_good is False for verdict in verdicts) else ALL_DONE)
