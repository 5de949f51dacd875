"""The order of the rules: files and folders that a user names -> clips, each with its clean file or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...core.errors import PairingError, UsageError
from ...core.records import Clip
from ..discovery import clip_ids, find_audio
from .categories import Overrides, named, overridden
from .clipset import ClipSet, LeftOut, in_order, notes_on
from .lists import Lists, from_lists, is_list, lists_in
from .manifests import from_manifest
from .matching import FILE_ID, MANIFEST_HINT, RULES, SUFFIX, Match, Rule, match, matched_by
from .names import is_output
from .trees import split, tree_role


def collect(
    inputs: Sequence[Path],
    *,
    clean: Path | None = None,
    manifest: Path | None = None,
    out: Path | None = None,
    exclude: Sequence[Path] = (),
    categories: Overrides | None = None,
) -> ClipSet:
    """Find the clips of a run, the clean files that belong to them, and their categories.

    Args:
        inputs: folders and files of noisy clips, one folder that holds a paired set, or one list of noisy files.
        clean: folder or list of the clean files.
        manifest: CSV with the columns clip_id, noisy, clean (which may be empty) and any further ones.
        out: the run folder, left out of the search.
        exclude: further folders to leave out.
        categories: what the user says about them, over what names and manifest say.

    Raises:
        UsageError: nothing is there, or `clean` and `manifest` are both given, or `categories` fit nothing.
        PairingError: files cannot be matched without guessing.
    """
    found = _paired(inputs, clean, manifest, out, exclude)
    return replace(found, clips=overridden(named(found.clips), categories or Overrides()))


def _paired(
    inputs: Sequence[Path], clean: Path | None, manifest: Path | None, out: Path | None, exclude: Sequence[Path]
) -> ClipSet:
    if clean and manifest:
        raise UsageError("--clean and --manifest are both given; expected one of them")
    if manifest:
        return from_manifest(manifest)
    if lists := _lists(inputs, clean):
        return from_lists(lists)
    for path in inputs:
        if out and path.is_dir() and path.resolve().is_relative_to(out.resolve()):
            raise UsageError(f"the input {path} lies in the output folder {out}; choose another --out")
    hidden = [path for path in (out, *exclude) if path]
    base, files, left_out = _inputs(inputs, [*hidden, *([clean] if clean else [])])
    if clean:
        found = _from_folder(files, clean, hidden)
    else:
        found = _from_one_folder(base, files, inputs) or _blind(files, inputs)
    left_out = (*found.left_out, *left_out)
    return replace(found, left_out=left_out, notes=(*found.notes, *notes_on(left_out)))


def _lists(inputs: Sequence[Path], clean: Path | None) -> Lists | None:
    """Return the lists that stand in place of folders; a folder with nothing but lists counts as its two lists."""
    if len(inputs) != 1:
        return None
    path = inputs[0]
    if path.is_file() and is_list(path):
        if clean and not is_list(clean):
            raise PairingError(f"{path} is a list and {clean} is none; expected two lists or two folders")
        return Lists(path, clean)
    if clean and clean.is_file() and is_list(clean):
        raise PairingError(f"{clean} is a list and {path} is none; expected two lists or two folders")
    return lists_in(path) if path.is_dir() and not clean and not find_audio([path], may_be_empty=True)[1] else None


def _inputs(inputs: Sequence[Path], exclude: Sequence[Path]) -> tuple[Path, dict[str, str], tuple[LeftOut, ...]]:
    """Return the folder that names are relative to, name -> path of what may be a clip, and what cannot be one."""
    base, paths = find_audio(inputs, exclude=exclude)
    names = dict(zip(clip_ids(paths, base), paths, strict=True))
    named = {path.absolute() for path in inputs}
    with_noisy = {path.parent.parent for path in paths if path.parent.name.lower() == "noisy"}
    reasons = {name: "" if path in named else _no_clip(name, path, with_noisy) for name, path in names.items()}
    files = {name: str(path) for name, path in names.items() if not reasons[name]}
    if not files:
        raise UsageError(
            f"all {len(names)} audio files in {', '.join(map(str, inputs))} {next(iter(reasons.values()))}; "
            "give the folder of the noisy clips"
        )
    return base, files, tuple(LeftOut(str(names[name]), reason) for name, reason in reasons.items() if reason)


def _no_clip(name: str, path: Path, with_noisy: set[Path]) -> str:
    """Say why a file is no clip, "" where it is one."""
    if is_output(name):
        return "end in _enhanced, as outputs do,"
    # {Track1_Headset,Track2_Speakerphone}/{enrol,noisy} of the fifth DNS challenge: samples of the talker, no clips.
    if path.parent.name.lower() == "enrol" and path.parent.parent in with_noisy:
        return "hold enrolment speech (enrol/ beside noisy/)"
    return ""


def _from_folder(files: Mapping[str, str], clean: Path, hidden: Sequence[Path]) -> ClipSet:
    clean_base, paths = find_audio([clean], exclude=hidden)
    clean_files = {name: str(path) for name, path in zip(clip_ids(paths, clean_base), paths, strict=True)}
    return _as_clips(files, match(files, clean_files), f"in {clean}")


def _as_clips(files: Mapping[str, str], found: Match, where: str) -> ClipSet:
    clips = in_order(Clip(name, files[name], clean) for name, clean in found.partners.items())
    return ClipSet(clips, rule=f"{found.rule} {where}", why=found.why, left_out=found.left_out)


def _from_one_folder(base: Path, files: Mapping[str, str], inputs: Sequence[Path]) -> ClipSet | None:
    """Try the rules that find both sides in one folder, in their order."""
    if trees := split(files):
        paired = _as_clips(trees.noisy, match(trees.noisy, trees.clean), f"in noisy and clean trees in {base}")
        rest = (LeftOut(path, "lie in neither tree") for path in trees.rest)
        return replace(paired, left_out=(*paired.left_out, *rest))
    if found := _by_names(FILE_ID, base, files):
        return found
    if len(inputs) == 1 and inputs[0].is_dir() and (lists := lists_in(inputs[0])):
        return from_lists(lists)
    return _by_names(SUFFIX, base, files)


def _by_names(rule: Rule, base: Path, files: Mapping[str, str]) -> ClipSet | None:
    clean = {name: path for name, path in files.items() if rule.read(name).role == "clean"}
    noisy = {name: path for name, path in files.items() if name not in clean}
    found = matched_by(rule, noisy, clean)
    return _as_clips(noisy, found, f"in {base}") if found else None


def _blind(files: Mapping[str, str], inputs: Sequence[Path]) -> ClipSet:
    clips = in_order(Clip(name, path) for name, path in files.items())
    why = f"none of the rules found a pair: {', '.join(rule.text for rule in RULES)}"
    return ClipSet(clips, notes=(*_sibling_note(inputs), *_clean_note(files)), why=why)


def _sibling_note(inputs: Sequence[Path]) -> tuple[str, ...]:
    """Point at the clean folder beside a noisy one: scores are lost where it is overlooked."""
    for path in inputs:
        folder = path.absolute()
        role, key = tree_role(f"{folder.name}/x")
        if folder.is_dir() and role == "noisy":
            for sibling in sorted(folder.parent.iterdir()):
                if sibling.is_dir() and tree_role(f"{sibling.name}/x") == ("clean", key):
                    return (
                        f"{sibling} looks like the clean side: give the folder {folder.parent}, or --clean {sibling}",
                    )
    return ()


def _clean_note(files: Mapping[str, str]) -> tuple[str, ...]:
    """Point at files that are called clean and have become noisy clips."""
    found = sorted(
        path for name, path in files.items() if any(rule.read(name).role == "clean" for rule in (FILE_ID, SUFFIX))
    )
    if not found:
        return ()
    return (
        f"{len(found)} file(s) are called clean, such as {found[0]}, but no noisy file belongs to them: they are taken "
        f"as noisy clips; move them to a clean/ folder beside noisy/, {MANIFEST_HINT}",
    )
