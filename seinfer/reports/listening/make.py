"""Making a listening test: models and clips -> plan -> stimuli -> key -> test folder, complete or not at all.

The folder is built under a temporary name and renamed at the end. All its files have the same time of modification, and
are written in the order of their names, so that neither tells what was made when.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ...analysis.results import Results
from ...core.errors import RunFolderError, UsageError
from ...core.files import write_json
from ...core.hashing import fingerprint
from ...core.records import to_json
from ...mixing.random_draws import RandomDraws
from .documents import SHEETS, STIMULI, TEST_JSON
from .extra import require
from .key import opaque_id, refuse_key_path, sealed, write_key
from .levels import level_rule
from .page import write_pages
from .records import Key, PublicSession, PublicTest, PublicTrial, default_rules
from .rendering import Rendered, render_stimuli
from .request import MakeRequest
from .sessions import Plan, plan_sessions
from .sheets import write_sheets
from .sources import CLEAN, Sources, sources_of
from .trials import Stimulus

_EPOCH_S = 1_577_836_800
"""Time of modification of every file: 2020-01-01, the same for all tests."""
_UNSORTED = "unsorted"


@dataclass(frozen=True)
class Made:
    """A finished test.

    Attributes:
        key: its key.
        sources: models and clips.
        plan: the sessions.
        rendered: how the stimuli were made.
    """

    key: Key
    sources: Sources
    plan: Plan
    rendered: Rendered

    @property
    def test(self) -> PublicTest:
        """What is public."""
        return self.key.test


def make_test(results: Results, request: MakeRequest) -> Made:
    """Write the test folder and the key.

    Raises:
        UsageError: the request does not fit the run, or `out` or `key` exists.
        RunFolderError: a file cannot be written.
        AudioError: a file cannot be read, or contains no speech.
        MissingExtraError: a package of the extra `listening` is not installed.
    """
    require("jinja2")  # before any work is done
    rule = level_rule(request.level)
    if rule.kind == "lufs":
        require("pyloudnorm")
    if request.out.exists() or request.out.is_symlink():
        raise UsageError(f"--out {request.out} exists already; choose a folder that does not exist")
    refuse_key_path(request.key, request.out)
    _refuse_title(request.title, results)
    draws = RandomDraws(request.seed)
    sources = sources_of(results, request, draws)
    clips = {clip.clip_id: clip for clip in results.clips}
    with_clean = {clip_id: CLEAN in paths for clip_id, paths in sources.paths.items()}
    clip_s = max(clips[clip_id].duration_s for clip_id in (*sources.clips, *sources.controls))
    plan = plan_sessions(request, sources.models, sources.clips, sources.controls, clip_s, with_clean, draws)
    salt = request.salt or secrets.token_hex(32)
    ids = {one: opaque_id(salt, one.clip_id, one.model, one.role, one.part) for one in plan.stimuli}
    assert len(set(ids.values())) == len(ids), "two stimuli have the same id; make the test again"
    with _folder(request.out) as folder:
        rendered = render_stimuli(folder / _UNSORTED, ids, sources.paths, rule, request, salt)
        _copy_sorted(folder / _UNSORTED, folder / STIMULI)
        key = _key(results, request, plan, ids, rendered, str(rule), salt, sources.models)
        _write_public(folder, key.test)
        request.key.absolute().parent.mkdir(parents=True, exist_ok=True)
        write_key(request.key, key)
        with _removed_on_failure(request.key):
            _set_times(folder)
            try:
                folder.rename(request.out)
            except OSError as error:
                raise RunFolderError(f"{request.out} cannot be written: {error.strerror or error}") from error
    return Made(key, sources, plan, rendered)


def _refuse_title(title: str, results: Results) -> None:
    names = [*results.models, *(clip.clip_id for clip in results.clips)]
    if found := [name for name in names if name.lower() in title.lower()]:
        raise UsageError(f"--title {title!r} names {found[0]}, and raters read it; choose a title without names")


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """Make a folder under a temporary name beside `out`; it is removed unless it was renamed."""
    part = out.absolute().parent / f".seinfer-{os.getpid()}-{out.name}.part"
    try:
        shutil.rmtree(part, ignore_errors=True)
        for name in (_UNSORTED, STIMULI):
            (part / name).mkdir(parents=True)
    except OSError as error:
        raise RunFolderError(f"{out} cannot be created: {error.strerror or error}; choose another --out") from error
    try:
        yield part
    finally:
        with suppress(OSError):
            shutil.rmtree(part)


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """Remove a file if the block does not end normally, also on an interrupt."""
    try:
        yield
    except BaseException:
        path.unlink()
        raise


def _copy_sorted(source: Path, target: Path) -> None:
    """Write the files of a folder again in the order of their names, and remove the folder."""
    for path in sorted(source.iterdir()):
        shutil.copyfile(path, target / path.name)
    shutil.rmtree(source)


def _write_public(folder: Path, test: PublicTest) -> None:
    write_json(folder / TEST_JSON, to_json(test))
    write_sheets(test, folder / SHEETS)
    write_pages(test, folder)


def _set_times(folder: Path) -> None:
    """Give every file and folder the same time of modification; folders last, because their content changes it."""
    for path in sorted(folder.rglob("*"), key=lambda path: (path.is_dir(), -len(path.parts))):
        os.utime(path, (_EPOCH_S, _EPOCH_S))
    os.utime(folder, (_EPOCH_S, _EPOCH_S))


def _key(
    results: Results,
    request: MakeRequest,
    plan: Plan,
    ids: Mapping[Stimulus, str],
    rendered: Rendered,
    level: str,
    salt: str,
    models: tuple[str, ...],
) -> Key:
    session_ids = [opaque_id(salt, "session", number) for number in range(len(plan.sessions))]
    backgrounds = RandomDraws(request.seed).balanced(session_ids, (False, True))
    sessions = tuple(
        PublicSession(
            session_id,
            tuple(
                PublicTrial(
                    tuple(ids[one] for one in trial.stimuli),
                    ids[trial.reference] if trial.reference else "",
                    trial.kind == "training",
                )
                for trial in trials
            ),
            request.design == "p835" and backgrounds[session_id],
        )
        for session_id, trials in zip(session_ids, plan.sessions, strict=True)
    )
    test = PublicTest(
        test_id=opaque_id(salt, "test"),
        key_sha256="",
        design=request.design,
        sessions=tuple(sorted(sessions, key=lambda session: session.session_id)),
        sample_rate=request.sample_rate,
        n_samples=rendered.n_samples,
        n_raters=request.n_raters,
        title=request.title,
    )
    kinds = {
        session_id: tuple(trial.kind for trial in trials)
        for session_id, trials in zip(session_ids, plan.sessions, strict=True)
    }
    key = Key(
        salt=salt,
        seed=request.seed,
        models=models,
        items=tuple(sorted(rendered.items, key=lambda item: item.stimulus_id)),
        kinds=kinds,
        test=test,
        rules=default_rules(request.design),
        level=level,
        run={
            "run_id": str(results.header.get("run_id", "")),
            "band": request.band,
            "fingerprint": fingerprint(results.header, [to_json(clip) for clip in results.clips]),
            **request.provenance,
        },
        seinfer_version=version("seinfer"),
    )
    return sealed(key)
