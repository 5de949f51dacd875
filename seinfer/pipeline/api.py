"""The functions `seinfer.compare` and `seinfer.score`: what the commands of these names do, without printing.

They use the same request, pipeline and run folder. Models and metrics run in worker processes that are started by their
own command, so a script needs no `if __name__ == "__main__"`. Errors are exceptions (`SeinferError`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..analysis.groups import chosen_keys
from ..analysis.settings import TableSettings
from ..clips.external import parse_added
from ..core.devices import checked_device, checked_precision, cores
from ..core.errors import UsageError
from ..models.extras import require_extra
from ..models.options import with_options
from ..models.registry import load_registry
from ..models.selection import Selection, select
from ..reports.progress import ProgressBars
from .inputs import find_compared, find_scored
from .pipeline import execute_here
from .remote_out import RunPlace, open_place
from .request import Request
from .result import RunResult
from .values import chosen_metrics, fitting_jobs, ray_settings, sample_rate
from .values import subtype as checked_subtype


def compare(
    folder: str | Path = ".",
    models: str | Iterable[str] = "all",
    *,
    clean: str | Path | None = None,
    manifest: str | Path | None = None,
    add: Mapping[str, str | Path] | None = None,
    metrics: str | Iterable[str] = "auto",
    by: Iterable[str] = (),
    limit: int | None = None,
    out: str | Path | None = None,
    force: bool = False,
    resume: bool = True,
    options: Mapping[str, Any] | None = None,
    models_files: Iterable[str | Path] = (),
    mono: bool = False,
    subtype: str = "",
    score_rate: int | str = 16000,
    score_cache: bool = True,
    device: str = "auto",
    precision: str = "float32",
    threads: int | None = None,
    jobs: int = 1,
    timeout_s: float = 300.0,
    cost: bool = False,
    html: bool = False,
    engine: str = "local",
    address: str = "auto",
    progress: bool = False,
) -> RunResult:
    """Enhance clips with several models, score them and compare them.

    Args:
        folder: folder of clips; noisy/ and clean/ inside it are paired.
        models: names, or "all" for every model that runs here. The unprocessed clips (noisy) are always included.
        clean: folder or list of the clean files.
        manifest: CSV with the columns clip_id, noisy, clean; further columns are categories.
        add: name of a row -> folder of files that any other program made.
        metrics: names, "auto" or "all"; see `seinfer metrics`.
        by: categories by which `RunResult.summary` is grouped, such as "noise" or "snr".
        limit: only the first clips, in the order of clip_id; None for all.
        out: run folder; None for a temporary one. A later call or command with the same folder continues from there.
        force: use the folder `out` even if it contains other files than a run.
        resume: keep the finished work of the run folder.
        options: option -> value, for all models that have it; "MODEL.KEY" for one model.
        models_files: files with further models, in the form of models.toml.
        mono: average the channels instead of enhancing each.
        subtype: of the written files, such as "PCM_24"; empty for that of the input.
        score_rate: sample rate to score at in Hz, or "native".
        score_cache: reuse cached scores, and add new ones to the cache.
        device: "auto", "cpu" or "cuda".
        precision: "float32", "bf16" or "fp16"; models that have no other precision stay in float32.
        threads: processor cores to use; None for all.
        jobs: models to run at the same time, within cores and memory.
        timeout_s: seconds without progress and without use of the processor after which a model counts as hung; 5
            times as many while it computes.
        cost: at the end, measure the time of each model alone, as the command does: some seconds per model.
        html: also write report.html into the run folder, for `RunResult.html`; needs the extra report.
        engine: "local": processes on this machine; "ray": on a Ray cluster, whose machines must all see `out`.
        address: with engine "ray": "auto" for the cluster that runs on this machine, "ray://HOST:PORT" or "HOST:PORT".
        progress: show progress bars on standard error, if it is a terminal.

    Returns:
        The tables and the run folder. Clips that failed are rows with a reason.

    Raises:
        UsageError: an argument is not valid, there are no clips, or there is no such model or metric.
        PairingError: noisy and clean files cannot be matched without guessing.
        MissingExtraError, MissingWeightsError: a model or metric that was named, or the HTML page, cannot be made here.
        SeinferError: nothing could be done, or the run had to end.
    """
    if html:
        require_extra("report", "html=True")
    ray = ray_settings(engine, address, option="engine")
    registry = load_registry(Path(path) for path in models_files)
    added = parse_added((f"{name}={path}" for name, path in (add or {}).items()), registry.names())
    selection = select(registry, _names(models))
    settings = [f"{key}={json.dumps(value)}" for key, value in (options or {}).items()]
    selection = replace(selection, specs=with_options(selection.specs, settings))
    n_threads = _at_least_one("threads", threads) or cores()
    at_most = _at_least_one("limit", limit)
    n_jobs = fitting_jobs(_at_least_one("jobs", jobs) or 1, len(selection.specs), n_threads)

    def request(run_folder: Path) -> Request:
        inputs = find_compared(
            Path(folder),
            out=run_folder,
            clean=_path(clean),
            manifest=_path(manifest),
            added=added,
            limit=at_most,
        )
        return Request(
            out=run_folder,
            clips=inputs.clips,
            selection=selection,
            external=inputs.external,
            remote=inputs.remote,
            metrics=chosen_metrics(_names(metrics), inputs.clips),
            score_rate=sample_rate("score_rate", str(score_rate)),
            score_cache=score_cache,
            mono=mono,
            subtype=checked_subtype(subtype, option="subtype"),
            device=checked_device(device),
            precision=checked_precision(precision),
            threads=n_threads,
            jobs=n_jobs,
            timeout_s=timeout_s,
            has_cost=cost,
            resume=resume,
            tables=TableSettings(by=chosen_keys(_names(by), inputs.clips.clips), html=html),
            limit=at_most,
            ray=ray,
            command=("seinfer.compare", str(folder), f"models={_names(models)}", f"metrics={_names(metrics)}"),
        )

    return _run(request, out, progress, force=force)


def score(
    folders: str | Path | Sequence[str | Path],
    clean: str | Path,
    *,
    noisy: str | Path | None = None,
    metrics: str | Iterable[str] = "auto",
    limit: int | None = None,
    out: str | Path | None = None,
    force: bool = False,
    score_rate: int | str = 16000,
    score_cache: bool = True,
    threads: int | None = None,
    html: bool = False,
    engine: str = "local",
    address: str = "auto",
    progress: bool = False,
) -> RunResult:
    """Score files that any program made.

    Args:
        folders: one or several folders of enhanced files; each is one row, named by the last part of its path.
        clean: folder of the clean files.
        noisy: folder of the noisy files: the baseline.
        metrics: names, "auto" or "all"; see `seinfer metrics`.
        limit: only the first clips, in the order of clip_id; None for all.
        out: run folder; None for a temporary one. A later call or command with the same folder continues from there.
        force: use the folder `out` even if it contains other files than a run.
        score_rate: sample rate to score at in Hz, or "native".
        score_cache: reuse cached scores, and add new ones to the cache.
        threads: processor cores to use; None for all.
        html: also write report.html into the run folder, for `RunResult.html`; needs the extra report.
        engine: "local": processes on this machine; "ray": on a Ray cluster, whose machines must all see `out`.
        address: with engine "ray": "auto" for the cluster that runs on this machine, "ray://HOST:PORT" or "HOST:PORT".
        progress: show progress bars on standard error, if it is a terminal.

    Returns:
        The tables and the run folder. A clip without a file in a folder is a failed row of that folder.

    Raises:
        UsageError: an argument is not valid, there are no files, or there is no such metric.
        PairingError: no file of a folder belongs to a clip.
        MissingExtraError: a metric that was named, or a package of the HTML page, is not installed.
        SeinferError: nothing could be done, or the run had to end.
    """
    if html:
        require_extra("report", "html=True")
    ray = ray_settings(engine, address, option="engine")
    given = [folders] if isinstance(folders, (str, Path)) else list(folders)
    at_most = _at_least_one("limit", limit)

    def request(run_folder: Path) -> Request:
        paths = [Path(path) for path in given]
        inputs = find_scored(paths, out=run_folder, clean=Path(clean), noisy=_path(noisy), limit=at_most)
        return Request(
            out=run_folder,
            clips=inputs.clips,
            selection=Selection((), {}, is_named=True),
            external=inputs.external,
            remote=inputs.remote,
            metrics=chosen_metrics(_names(metrics), inputs.clips),
            score_rate=sample_rate("score_rate", str(score_rate)),
            score_cache=score_cache,
            threads=_at_least_one("threads", threads) or cores(),
            tables=TableSettings(html=html),
            limit=at_most,
            ray=ray,
            command=("seinfer.score", *map(str, given), f"clean={clean}", f"metrics={_names(metrics)}"),
        )

    return _run(request, out, progress, force=force)


def _run(request: Callable[[Path], Request], out: str | Path | None, progress: bool, *, force: bool) -> RunResult:
    """Run a request in its folder; a temporary folder is removed on any error, Ctrl-C included."""
    is_temporary = out is None
    place = RunPlace(Path(tempfile.mkdtemp(prefix="seinfer-"))) if out is None else open_place(Path(out), force=force)
    try:
        asked = replace(request(place.path), remote_out=place.remote)
        with ProgressBars(is_shown=progress) as bars:
            results = execute_here(asked, bars)
    except BaseException:
        if is_temporary:
            shutil.rmtree(place.path, ignore_errors=True)
        raise
    return RunResult(results, place.path, is_temporary=is_temporary)


def _names(names: str | Iterable[str]) -> str:
    """Return names in the form of the command line, separated by commas."""
    return names if isinstance(names, str) else ",".join(names)


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _at_least_one(name: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise UsageError(f"{name} is {value}; expected at least 1, or None")
    return value
