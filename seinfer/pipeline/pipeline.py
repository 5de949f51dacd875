"""The whole flow on one page: clips -> enhance -> score -> measure costs -> analyse -> report. Prints nothing.

Every result is in the journal before the next one is handled. What an earlier command in the same run folder did is
not done again as long as its input, weights and settings are the same.
"""

from __future__ import annotations

from contextlib import closing, nullcontext

from ..analysis.results import Results
from ..clips.discovery import inspect
from ..core.logs import log_library_output
from ..core.progress import Progress
from ..enhancement.engines.base import MeasuringEngine
from ..enhancement.engines.local import LocalEngine
from ..reports.run_files import write_reports
from .cluster import open_cluster
from .costs import measure_costs
from .journal import RunFolder
from .provenance import run_header, weights_digest
from .request import Request
from .scheduler import Scheduler, ScoringProcesses
from .shards import require_own_folder, shard_facts


def execute_here(request: Request, progress: Progress) -> Results:
    """Do what `execute` does, with worker processes on this machine, or on the Ray cluster that the request names."""
    threads = max(1, request.threads // request.jobs)
    here = LocalEngine(request.device, threads, request.timeout_s, request.precision)
    if request.ray is None:
        return execute(request, here, progress)
    with open_cluster(request, request.ray, here) as (engine, scoring):
        return execute(request, engine, progress, scoring)


def execute(
    request: Request, engine: MeasuringEngine, progress: Progress, scoring: ScoringProcesses | None = None
) -> Results:
    """Enhance and score the clips, and write all files of the run folder.

    Raises:
        SeinferError: nothing could be done, or the run had to end; the run folder holds what was done until then.
    """
    with log_library_output("decoder"):
        everything = request.clips.clips
        chosen = request.shard.select(everything) if request.shard else everything
        others = [path for row in request.external for path in row.files.values()]
        clips = inspect(request.remote.fetch_clips(chosen, others))
        has_cost = request.has_cost and (request.shard is None or request.shard.measures_costs)
        part = shard_facts(request.shard, everything, has_cost=has_cost) if request.shard else None
    digests = {spec.name: weights_digest(spec) for spec in request.selection.specs}
    mirrored = request.remote_out.mirrored() if request.remote_out else nullcontext()
    with mirrored, closing(RunFolder(request.out, resume=request.resume)) as folder:
        require_own_folder(folder.journal.header, request.shard, request.out)
        folder.remove_partial_files()
        with closing(Scheduler(request, folder, clips, digests, progress, scoring)) as scheduler:
            # Before and after: a report of an interrupted run needs the header, and how each model ran is known late.
            folder.add_plan(run_header(request, clips, digests, scheduler, part), clips)
            scheduler.run(engine)
            folder.add_plan(run_header(request, clips, digests, scheduler, part), clips)
        if has_cost:  # only now: the workers and the scoring processes have ended
            ran = {name: digest for name, digest in digests.items() if name not in scheduler.lost}
            measure_costs(request, folder, clips, ran, engine, progress)
        results = folder.journal.results()
        write_reports(folder.path, results)
        return results
