"""Join the run folders of all shards of a run into one, which is then like that of a single run (`seinfer merge`).

    journals of the shards -> checks -> enhanced files -> journal -> tables

Nothing is written before every check has passed. The journal, which makes a folder the run, is replaced as a whole once
all enhanced files are in place. A merge that was interrupted continues if it is started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ..analysis.results import Results
from ..clips.discovery import estimate_path
from ..core.counts import counted
from ..core.errors import RunFolderError, UsageError
from ..core.progress import Progress
from ..core.records import Clip
from ..reports.run_files import write_reports
from .estimate_files import EstimateFile, place_all
from .journal import Journal, RunFolder, plan_line
from .provenance import run_id
from .shard_runs import ShardRun, missing_shards, read_shards, require_finished, require_same_run
from .shards import clips_digest

_OF_SHARDS = ("shard", "devices", "n_kept", "n_stale_files", "argv")
"""Keys of run.json that the merged run does not take from its first shard."""


def merge(
    folders: Sequence[Path],
    out: Path,
    progress: Progress,
    *,
    link: bool | None = None,
    allow_missing: bool = False,
    command: Sequence[str] = (),
) -> Results:
    """Merge the shards of a run, and write all files of the merged run folder.

    Args:
        folders: run folders of the shards, in any order.
        out: folder of the merged run: new, empty, or that of an earlier merge of the same shards.
        progress: is told how many enhanced files are in place.
        link: True: the enhanced files are hard links to those of the shards. False: they are copies. None: links where
            the file system allows it, else copies.
        allow_missing: leave out the clips of missing shards, and accept shards that are not finished.
        command: the command as run.json keeps it.

    Raises:
        UsageError: the folders are not all shards of one run.
        RunFolderError: a folder is not a run folder, is not finished or has lost files, or `out` cannot be written.
    """
    shards = read_shards(folders)
    require_same_run(shards)
    missing = missing_shards(shards, is_allowed=allow_missing)
    if not allow_missing:
        require_finished(shards)
    clips = sorted((clip for shard in shards for clip in shard.clips), key=lambda clip: clip.clip_id)
    _require_all_clips(shards, clips, missing)
    journal = _merged_journal(shards, clips, _header(shards, clips, missing, command), out)
    with closing(RunFolder(out)) as folder:
        _require_place(folder.journal, journal, out)
        folder.remove_partial_files()
        place_all(_files(shards, out), progress, link=link)
        folder.replace(journal)
        results = journal.results()
        write_reports(out, results)
        return results


def _require_all_clips(shards: Sequence[ShardRun], clips: Sequence[Clip], missing: Sequence[int]) -> None:
    """Check that the clips of the shards together are those of the run; a damaged journal may have others.

    Raises:
        RunFolderError: they are not.
    """
    facts = shards[0].facts
    is_whole = len(clips) == facts["n_clips"] and clips_digest(clips) == facts["clips"]
    if not missing and not is_whole:
        raise RunFolderError(
            f"the shards have {len(clips)} clips together, which are not the {facts['n_clips']} clips of the run; a "
            "journal was changed: run the shards again"
        )


def _require_place(earlier: Journal, journal: Journal, out: Path) -> None:
    """Check that the folder of the merged run contains nothing else.

    Raises:
        UsageError: it is the folder of a shard, or of another run.
    """
    if not earlier.plan:
        return
    ours, theirs = journal.header["merged"], earlier.header.get("merged", {})
    if any(theirs.get(key) != ours[key] for key in ("count", "clips")):
        raise UsageError(
            f"--out {out} is the folder of another run; expected a new folder, or the one of an earlier merge of these "
            "shards"
        )


def _merged_journal(shards: Sequence[ShardRun], clips: Sequence[Clip], header: dict[str, Any], out: Path) -> Journal:
    """Return the journal of the merged run: the results of each shard for its own clips."""
    merged = Journal(out)
    merged.add_plan(plan_line(header, clips), tuple(clips))
    for shard in shards:
        for slot in shard.slots:
            if found := shard.journal.enhancements.get(slot):
                merged.enhancements[slot] = found
            if scored := shard.journal.scores.get(slot):
                merged.scores[slot] = scored
        if shard.facts["has_cost"]:
            merged.costs |= shard.journal.costs
    return merged


def _precisions(shards: Sequence[ShardRun]) -> dict[str, Any]:
    """Return the precisions of models that did not compute in float32; nothing if all did."""
    found = {name: facts for shard in shards for name, facts in shard.header.get("precisions", {}).items()}
    return {"precisions": found} if found else {}


def _header(
    shards: Sequence[ShardRun], clips: Sequence[Clip], missing: Sequence[int], command: Sequence[str]
) -> dict[str, Any]:
    """Return the header of the merged run: that of a single run, and how the shards ran."""
    first = shards[0].header
    count, n_clips = shards[0].shard.count, shards[0].facts["n_clips"]
    ran = {model: facts for model, facts in first["models"].items() if "not_run" not in facts}
    notes = dict.fromkeys(note for shard in shards for note in shard.header.get("notes", ()))
    if missing:
        names = ", ".join(map(str, missing))
        notes[
            f"{counted(len(missing), 'shard')} of {count} missing ({names}): {n_clips - len(clips)} of {n_clips} clips "
            "are not in these tables (--allow-missing)"
        ] = None
    return {
        **{key: value for key, value in first.items() if key not in _OF_SHARDS},
        "run_id": run_id(clips, ran, first["settings"]),
        "devices": {model: device for shard in shards for model, device in shard.header.get("devices", {}).items()},
        **_precisions(shards),
        "n_kept": 0,
        "n_stale_files": 0,
        "notes": list(notes),
        "argv": list(command),
        "merged": {
            "count": count,
            "n_clips": n_clips,
            "clips": shards[0].facts["clips"],
            "missing": list(missing),
            "shards": [_how_it_ran(shard) for shard in shards],
        },
    }


def _how_it_ran(shard: ShardRun) -> dict[str, Any]:
    kept = ("run_id", "argv", "threads", "machine")
    return {
        "index": shard.shard.index,
        "folder": str(shard.path),
        "n_clips": len(shard.clips),
        **{key: shard.header[key] for key in kept if key in shard.header},
    }


def _files(shards: Sequence[ShardRun], out: Path) -> list[EstimateFile]:
    """Return the enhanced files of all shards; files of other programs stay where they are."""
    return [
        EstimateFile(estimate_path(shard.path, model, clip), estimate_path(out, model, clip), done.estimate_sha256)
        for shard in shards
        for clip, model in shard.slots
        if not shard.header["models"][model].get("folder")
        and (found := shard.journal.enhancements.get((clip, model)))
        and (done := found[1]).is_ok
    ]
