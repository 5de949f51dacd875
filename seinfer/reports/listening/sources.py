"""Which models and clips of a run go into a listening test, and where their files are.

A clip can be used if every model under test has an estimate of it. Clips are chosen by systematic sampling: all usable
clips are sorted by category, then by the score of the noisy clip, and every k-th is taken, from a random start. So each
category has its share of the test, and within it good and bad inputs are included evenly. The other clips serve for
training, gold and trap trials, if they are not longer than those under test: all stimuli get the length of the longest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...analysis.groups import CATEGORIES
from ...analysis.results import Results
from ...clips.discovery import ESTIMATES
from ...clips.external import open_folder
from ...core.counts import counted
from ...core.errors import AudioError, UsageError
from ...core.hashing import sha256_of
from ...core.records import BASELINE, Clip
from ...core.suggestions import suggest
from ...mixing.random_draws import RandomDraws
from .request import MakeRequest

CLEAN = "clean"
DEFAULT_CLIPS = 24
MIN_CLIPS = 2
MIN_CLIP_S, MAX_CLIP_S = 0.5, 30.0
MAX_MUSHRA_CLIP_S = 12.0
"""ITU-R BS.1534: longer excerpts tire, and listeners compare only parts of them."""


@dataclass(frozen=True)
class Sources:
    """Models and clips of a test.

    Attributes:
        models: under test, in the order of the run.
        clips: under test, in random order.
        controls: for training, gold and trap trials; the clips under test again if there are no others.
        paths: clip_id -> name of the version -> file; "clean" and "noisy" are included where they exist.
        excluded: clip_id -> why the clip cannot be used.
    """

    models: tuple[str, ...]
    clips: tuple[str, ...]
    controls: tuple[str, ...]
    paths: Mapping[str, Mapping[str, Path]]
    excluded: Mapping[str, str]


def sources_of(results: Results, request: MakeRequest, draws: RandomDraws) -> Sources:
    """Choose models and clips.

    Raises:
        UsageError: a model is unknown, or there are too few models or clips.
    """
    models = _models(results, request)
    folders = _FileFinder(results, request.run_folder)
    paths: dict[str, Mapping[str, Path]] = {}
    excluded: dict[str, str] = {}
    for clip in results.clips:
        if problem := _problem(results, clip, models, request):
            excluded[clip.clip_id] = problem
            continue
        try:
            paths[clip.clip_id] = folders.checked(clip, models)
        except AudioError as error:
            excluded[clip.clip_id] = f"{error.reason}: {error}"
    usable = [clip for clip in results.clips if clip.clip_id in paths]
    if len(usable) < MIN_CLIPS or len(usable) < request.n_clips:
        raise _too_few(len(usable), max(MIN_CLIPS, request.n_clips), excluded)
    chosen = _sampled(results, usable, request.n_clips or min(DEFAULT_CLIPS, len(usable)), draws)
    longest_s = max(clip.duration_s for clip in usable if clip.clip_id in chosen)
    others = [clip.clip_id for clip in usable if clip.clip_id not in chosen and clip.duration_s <= longest_s]
    controls = draws.ranked("controls", others if len(others) >= MIN_CLIPS else chosen)
    return Sources(models, tuple(draws.ranked("order of clips", chosen)), tuple(controls), paths, excluded)


def _models(results: Results, request: MakeRequest) -> tuple[str, ...]:
    for name in request.models:
        if name not in results.models:
            raise UsageError(f"--models has {name!r}, which is not in the run: {suggest(name, results.models)}")
    needs_noisy = request.design == "mushra" or (request.design in ("ccr", "ab") and request.pairs == "baseline")
    default = [name for name in results.models if name != BASELINE or request.design != "abx"]
    chosen = {*(request.models or default), *([BASELINE] if needs_noisy else [])}
    if needs_noisy and BASELINE not in results.models:
        raise UsageError(
            f"--design {request.design} compares with {BASELINE}, which is not in the run {request.run_folder}; run "
            f"`seinfer compare --models {BASELINE},...` first"
            + ("" if request.design == "mushra" else ", or --pairs all")
        )
    if len(chosen) < 2:
        raise UsageError(
            f"a test of {', '.join(sorted(chosen)) or 'no model'} compares nothing; expected at least 2 models, with "
            f"{BASELINE} as one of them if you like"
        )
    return tuple(name for name in results.models if name in chosen)


def _problem(results: Results, clip: Clip, models: Sequence[str], request: MakeRequest) -> str:
    """Return why a clip cannot be used, "" if it can."""
    for model in models:
        if error := results.rows[clip.clip_id, model].error:
            return f"{model}: {error}"
    longest = MAX_MUSHRA_CLIP_S if request.design == "mushra" else MAX_CLIP_S
    if not MIN_CLIP_S <= clip.duration_s <= longest:
        return f"it lasts {clip.duration_s:.1f} s; expected {MIN_CLIP_S:g} to {longest:g} s for {request.design}"
    if request.design == "mushra" and not clip.clean_path:
        return "it has no clean file, which mushra needs as reference"
    return ""


def _too_few(n_usable: int, n_wanted: int, excluded: Mapping[str, str]) -> UsageError:
    lines = [f"{clip_id}: {reason}" for clip_id, reason in list(excluded.items())[:5]]
    more = [f"and {len(excluded) - 5} more"] if len(excluded) > 5 else []
    return UsageError(
        f"{counted(n_usable, 'clip')} of the run can be used, expected at least {n_wanted}; run more clips, or choose "
        "other --models, --clips or --design" + ("; excluded:" if excluded else ""),
        *lines,
        *more,
    )


def _sampled(results: Results, clips: Sequence[Clip], n_wanted: int, draws: RandomDraws) -> list[str]:
    """Return the clip_ids of a systematic sample; see the module."""
    keys = [key for key in CATEGORIES if len({clip.category.get(key, "") for clip in clips}) > 1]

    def order(clip: Clip) -> tuple[object, ...]:
        return (tuple(clip.category.get(key, "") for key in keys[:1]), _quality(results, clip), clip.clip_id)

    in_order = sorted(clips, key=order)
    start = draws.fraction("first clip")
    return [in_order[int((i + start) * len(in_order) / n_wanted)].clip_id for i in range(n_wanted)]


def _quality(results: Results, clip: Clip) -> float:
    """Return the score of the noisy clip in the first metric that it has one in; its SNR if there is no score."""
    row = results.rows.get((clip.clip_id, BASELINE))
    for metric in results.metrics if row else ():
        if row and (value := row.value(metric)) is not None:
            return value
    try:
        return float(clip.category.get("snr_db", ""))
    except ValueError:
        return 0.0


class _FileFinder:
    """Finds the files of clips, and checks that they are those that the run made or read."""

    def __init__(self, results: Results, run_folder: Path) -> None:
        self._results = results
        self._run_folder = run_folder
        ids = {clip.clip_id for clip in results.clips}
        self._external = {
            name: open_folder(name, Path(facts["folder"]), ids).files
            for name, facts in results.header.get("models", {}).items()
            if name in results.models and facts.get("folder")
        }

    def checked(self, clip: Clip, models: Sequence[str]) -> dict[str, Path]:
        """Return name of the version -> file.

        Raises:
            AudioError: a file is missing, cannot be read, or was changed after the run.
        """
        found = {model: self._estimate(clip, model) for model in models}
        found.setdefault(BASELINE, Path(clip.noisy_path))
        if clip.clean_path:
            found[CLEAN] = Path(clip.clean_path)
        for name, path in found.items():
            if (expected := self._digest(clip, name)) and sha256_of(path) != expected:
                raise AudioError("changed", f"{path} was changed after the run; run the same command again")
        return found

    def _estimate(self, clip: Clip, model: str) -> Path:
        if model in self._external:
            return self._external[model][clip.clip_id]
        return self._run_folder / ESTIMATES / model / f"{clip.clip_id}.wav"

    def _digest(self, clip: Clip, name: str) -> str:
        if name == CLEAN:
            return clip.clean_sha256
        row = self._results.rows.get((clip.clip_id, name))
        if row and row.enhancement:
            return row.enhancement.estimate_sha256
        return clip.noisy_sha256 if name == BASELINE else ""
