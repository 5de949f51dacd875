"""The last stage of a run: measure the cost of each model alone, after everything was enhanced and scored.

The models are measured one after the other, on one clip of the run, and each figure is in the journal before the next
model starts. A figure of an earlier command in the same run folder is kept if it has the same model, clip, device,
threads and processor, and the machine was not busy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..audio import reading, writing
from ..core.devices import processor
from ..core.errors import AudioError, SeinferError
from ..core.hashing import fingerprint
from ..core.progress import Progress
from ..core.records import Clip, Cost, Job, to_json
from ..enhancement.calibration import calibrate
from ..enhancement.cost import Measurement
from ..enhancement.engines.base import MeasuringEngine
from .journal import RunFolder
from .provenance import model_key
from .request import Request

MAX_CLIP_S = 10.0
"""Longer clips are cut, so that a slow model does not take minutes."""
_STAGE = "cost"
"""Name of the progress stage."""

log = logging.getLogger(__name__)


def measure_costs(
    request: Request,
    folder: RunFolder,
    clips: Sequence[Clip],
    digests: Mapping[str, str],
    engine: MeasuringEngine,
    progress: Progress,
) -> None:
    """Measure the models whose cost is not in the journal yet. A model that fails has its reason there instead.

    Args:
        request: what is asked for.
        folder: the run folder.
        clips: the clips of the request, inspected.
        digests: model -> digest of its weights, for each model that ran.
        engine: starts the workers.
        progress: is told how many models are done.

    Raises:
        RunFolderError: nothing can be written any more.
    """
    clip = clip_of_median_duration(clips)
    specs = [spec for spec in request.selection.specs if spec.name in digests]
    if clip is None or not specs:
        return
    progress.start(_STAGE, len(specs))
    keys = {spec.name: _key(request, engine, clip, model_key(spec, digests[spec.name])) for spec in specs}
    left = [spec for spec in specs if not _is_known(folder, spec.name, keys[spec.name])]
    for _ in range(len(specs) - len(left)):
        progress.advance(_STAGE)
    if not left:
        return
    calibration = calibrate(engine.threads)
    with TemporaryDirectory(prefix="seinfer-cost-") as scratch:
        for spec in left:
            cost = Cost(spec.name, clip_id=clip.clip_id, threads=engine.threads, processor=processor())
            try:
                job, clip_s = _excerpt(clip, Path(scratch), mono=request.mono)
                with engine.open(spec) as session:
                    cost = Measurement(session, calibration, job, clip_s, Path(scratch)).run(cost)
            except AudioError as error:
                cost = _failed(cost, f"{error.reason}: {error}")
            except SeinferError as error:
                cost = _failed(cost, str(error))
            log.info("measured" if not cost.error else "not measured", extra=to_json(cost))
            folder.add_cost(keys[spec.name], cost)
            progress.advance(_STAGE)


def clip_of_median_duration(clips: Sequence[Clip]) -> Clip | None:
    """Return the clip of median duration, of those that can be used; the shorter one of two. None if there is none."""
    usable = sorted((clip for clip in clips if not clip.problem), key=lambda clip: (clip.duration_s, clip.clip_id))
    return usable[(len(usable) - 1) // 2] if usable else None


def _key(request: Request, engine: MeasuringEngine, clip: Clip, model: str) -> str:
    """Return a fingerprint of everything that a cost depends on."""
    parts = (model, clip.noisy_sha256, request.mono, request.device, engine.threads, processor())
    return fingerprint(*parts, *request.reduced_precision)


def _is_known(folder: RunFolder, model: str, key: str) -> bool:
    known_key, known = folder.journal.costs.get(model, ("", None))
    return known is not None and known_key == key and not known.error and not known.is_busy


def _excerpt(clip: Clip, folder: Path, *, mono: bool) -> tuple[Job, float]:
    """Write the first seconds of a clip as a file of its own.

    Returns:
        The clip for a worker, and the seconds of one channel.
    """
    source = folder / "clip.wav"
    samples = next(reading.read_blocks(Path(clip.noisy_path), MAX_CLIP_S, mono=mono))
    writing.write(source, samples, clip.sample_rate, "FLOAT")
    clip_s = samples.shape[1] / clip.sample_rate
    return Job(clip.clip_id, str(source), "", clip_s * samples.shape[0], "FLOAT"), clip_s


def _failed(cost: Cost, error: str) -> Cost:
    return Cost(cost.model, error, cost.clip_id, threads=cost.threads, processor=cost.processor)
