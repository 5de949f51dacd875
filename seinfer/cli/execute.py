"""One request -> one call of the pipeline -> one printed table -> one exit code. For run, compare, score and demo."""

from __future__ import annotations

import logging
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.counts import counted
from ..core.exit_codes import ALL_DONE, INTERRUPTED, PARTLY_FAILED
from ..core.streams import print_message
from ..core.urls import redacted

if TYPE_CHECKING:
    from ..analysis.results import Results
    from ..pipeline.request import Request

log = logging.getLogger(__name__)


def execute_request(request: Request, *, log_file: Path | None = None, is_out_kept: bool = True) -> int:
    """Run a request, print its table, and return the exit code.

    Args:
        request: what to do.
        log_file: file to append the log to.
        is_out_kept: whether the run folder stays after the command; otherwise it is not named.
    """
    from ..core.logs import open_log
    from ..pipeline.pipeline import execute_here
    from ..reports.html.report import REPORT_HTML
    from ..reports.progress import ProgressBars
    from ..reports.rendering import render

    if log_file:
        open_log(log_file)
    command = [redacted(word) for word in ("seinfer", *sys.argv[1:])]
    log.info("started", extra={"argv": command})
    try:
        with ProgressBars() as progress:
            results = execute_here(replace(request, command=tuple(command)), progress)
    except KeyboardInterrupt:
        print_message(f"stopped; finished work is kept, continue with: {shlex.join(command)}")
        return INTERRUPTED
    render(results, request.tables)
    print_message(closing_line(results, request.out if is_out_kept else None))
    for line in remote_lines(request):
        print_message(line)
    if request.tables.html and is_out_kept:
        print_message(f"page: {request.out / REPORT_HTML}")
    if stale := stale_line(results, request.out):
        print_message(stale)
    log.info("ended", extra={"exit_code": exit_code(results)})
    return exit_code(results)


def closing_line(results: Results, out: Path | None) -> str:
    """Return how many estimates there are, how many failed, and where the files are (nothing if `out` is None)."""
    n_ok = sum(row.is_ok for row in results.by_clip)
    n_failed = len(results.by_clip) - n_ok + len(results.header["lost_models"])
    n_kept = results.header.get("n_kept", 0)
    kept = f" ({n_kept} of them from before)" if n_kept else ""
    line = f"{n_ok} ok{kept}, {n_failed} failed"
    if out is None:
        return line
    where = f", see {out / 'failures.csv'}" if n_failed else ""
    return f"{line}{where}; written to {out}"


def remote_lines(request: Request) -> list[str]:
    """Return where the run folder is at a URL, and where the local copies of remote files are."""
    lines = [f"copy of {url}: {folder}; it may be removed" for folder, url in request.remote.sources.items()]
    if request.remote_out:
        lines.append(f"also written to {request.remote_out.url}; the local folder may be removed")
    return lines


def stale_line(results: Results, out: Path) -> str:
    """Return how many files of clips that this run did not have are in the run folder; "" if there are none."""
    n_files = results.header.get("n_stale_files", 0)
    if not n_files:
        return ""
    return (
        f"note: {out / 'audio'} also contains {counted(n_files, 'file')} of clips that this run did not have; "
        f"to remove: {shlex.join(['seinfer', 'clean', str(out)])}"
    )


def exit_code(results: Results) -> int:
    """Return PARTLY_FAILED if a clip failed, a model that should run could not, or a shard is missing."""
    is_incomplete = results.header["lost_models"] or results.header.get("merged", {}).get("missing")
    has_failed = is_incomplete or any(not row.is_ok for row in results.by_clip)
    return PARTLY_FAILED if has_failed else ALL_DONE
