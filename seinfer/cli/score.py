"""`seinfer score`: score files that any program made. It is a run without models; each folder is one row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import UsageError
from ..core.records import BASELINE, Clip
from . import resolve
from .options import Baseline, By, DnsmosCsv, Format, Metrics, ScoreCache, ScoreRate, Sort, TableJson, Threads, Verbose

if TYPE_CHECKING:
    from ..clips.external import ExternalFolder
    from ..clips.pairing import ClipSet


def score(
    folders: Annotated[
        list[Path], typer.Argument(metavar="ENHANCED_DIR...", help="Folders of enhanced files; each is one row.")
    ],
    clean: Annotated[Path, typer.Option("--clean", help="Folder of the clean files.")],
    noisy: Annotated[
        Path | None,
        typer.Option("--noisy", help="Folder of the noisy files: the baseline, paired with the clean files."),
    ] = None,
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder for the CSV files; without it the table is only printed.")
    ] = None,
    threads: Threads = None,
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    verbose: Verbose = False,
    format_: Format = "table",
    json: TableJson = False,
) -> None:
    """Score files that any program made; a folder called noisy is the baseline."""
    from ..analysis.ordering import check_sort
    from ..models.selection import Selection
    from ..pipeline.request import Request
    from .execute import execute_request

    with TemporaryDirectory(prefix="seinfer-score-") as scratch:
        run_folder = resolve.out_folder(out) if out else Path(scratch)
        clips = _clips(folders, clean, noisy, run_folder)
        chosen = resolve.metrics(metrics, clips)
        check_sort(sort, chosen.names)
        rows = _rows(folders, noisy, clips, run_folder)
        request = Request(
            out=run_folder,
            clips=clips,
            selection=Selection((), {}, is_named=True),
            external=rows,
            metrics=chosen,
            score_rate=resolve.sample_rate("--score-rate", score_rate),
            score_cache=score_cache,
            threads=resolve.threads(threads),
            tables=resolve.tables(
                clips=clips.clips,
                models=[row.name for row in rows],
                format=format_,
                json=json,
                sort=sort,
                verbose=verbose,
                baseline=baseline,
                by=by,
                dnsmos_csv=dnsmos_csv,
            ),
        )
        raise typer.Exit(execute_request(request, is_out_kept=out is not None))


def _clips(folders: Sequence[Path], clean: Path, noisy: Path | None, out: Path) -> ClipSet:
    """Return the noisy files paired with the clean ones; without --noisy each clean file is a clip."""
    from ..clips.discovery import clip_ids, find_audio
    from ..clips.pairing import ClipSet, collect

    if noisy:
        enhanced = [folder for folder in folders if folder.resolve() != noisy.resolve()]
        return collect([noisy], clean=clean, out=out, exclude=enhanced)
    base, paths = find_audio([clean], exclude=[out])
    clips = [Clip(name, "", str(path)) for name, path in zip(clip_ids(paths, base), paths, strict=True)]
    return ClipSet(tuple(sorted(clips, key=lambda clip: clip.clip_id)), rule=f"same relative path in {clean}")


def _rows(folders: Sequence[Path], noisy: Path | None, clips: ClipSet, out: Path) -> tuple[ExternalFolder, ...]:
    """Return one row per folder; the noisy files are the baseline and come first.

    Raises:
        UsageError: two rows have the same name.
    """
    from ..clips.external import ExternalFolder, named_by_folder, open_folder

    named = named_by_folder(folders)
    if noisy and BASELINE in named:
        raise UsageError(
            f"--noisy {noisy} is the row {BASELINE!r}, and {named[BASELINE]} has the same name; "
            "leave it out or rename it"
        )
    ids = {clip.clip_id for clip in clips.clips}
    rows = tuple(open_folder(name, path, ids, [out]) for name, path in named.items())
    if not noisy:
        return rows
    files = {clip.clip_id: Path(clip.noisy_path) for clip in clips.clips}
    return (ExternalFolder(BASELINE, noisy, files), *rows)
