"""The data flow on one page: clips -> enhance -> score -> rows -> files. Prints nothing.

Every result is in the journal before the next is waited for; what an earlier command in the same folder did is not done
again as long as its input, weights and settings are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from ..analysis.results import Results
from ..clips import external as folders
from ..clips.discovery import inspect
from ..core.hashing import fingerprint
from ..core.logs import log_library_output
from ..core.progress import Progress
from ..core.records import Clip
from ..enhancement.engines.base import Engine
from ..reports.run_files import write_reports
from . import provenance
from .journal import RunFolder
from .request import Request
from .scheduler import Run


def execute(request: Request, engine: Engine, progress: Progress) -> Results:
    """Enhance, score and write all files of the run folder.

    Raises:
        SeinferError: nothing could be done, or the run had to end; what is done by then is in the run folder.
    """
    with log_library_output("decoder"):
        clips = inspect(request.clips.clips)
    digests = {spec.name: provenance.weights_digest(spec) for spec in request.specs}
    with closing(RunFolder(request.out, resume=request.resume)) as folder:
        folder.sweep()
        run = Run(request, folder, clips, digests, progress)
        folder.add_plan(header(request, clips, digests, run), clips)
        run.execute(engine)
        folder.add_plan(header(request, clips, digests, run), clips)  # now it is known how and where each model ran
        results = folder.journal.results()
        write_reports(folder.path, results)
        return results


def header(request: Request, clips: Sequence[Clip], digests: Mapping[str, str], run: Run) -> dict[str, Any]:
    """Return what run.json says: everything that the figures depend on, and what a reader must know beside them.

    Args:
        request: what was asked for.
        clips: what it was done with.
        digests: model -> digest of its weights.
        run: how far it went: what ran where, and what could not be loaded.
    """
    specs = [spec for spec in request.specs if spec.name not in run.lost]
    models = {spec.name: provenance.model_facts(spec, digests[spec.name]) for spec in specs}
    models |= {folder.name: folders.facts(folder.path) for folder in request.added}
    not_run = {**request.not_run, **run.lost}
    settings = {
        "mono": request.mono,
        "subtype": request.subtype or "as the input",
        "score_sample_rate": request.score_rate or "native",
    }
    identity = [
        sorted((clip.clip_id, clip.noisy_sha256, clip.clean_sha256) for clip in clips),
        models,
        settings,
    ]
    return {
        "run_id": fingerprint(*identity)[:12],
        "pairing": request.clips.rule or "none: blind set",
        "settings": settings,
        "device": request.device,
        "devices": {name: how.device for name, how in run.ran.items()},
        "threads": request.threads,
        "resampler": "soxr VHQ through the models, soxr HQ for scoring",
        "models": {**models, **{name: {"not_run": reason} for name, reason in not_run.items()}},
        "lost_models": run.lost,
        "n_kept": run.n_kept,
        "report": request.report.as_header(),
        "notes": [
            *request.clips.notes,
            *request.metrics.notes,
            *dict.fromkeys(how.note for how in run.ran.values() if how.note),
        ],
        **provenance.environment(specs, request.metrics),
    }
