"""Apply the pairing rules in their order: files and folders -> clips, each with its clean file or without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...core.records import Clip
from ..discovery import ESTIMATES, clip_ids, find_audio, has_audio, is_run_folder
from . import messages
from .categories import CategoryRules, add_categories_from_names, apply_category_rules
from .clip_set import ClipSet, UnusedFile, sorted_clips
from .folder_names import read_folder_name
from .lists import Lists, from_lists, is_list, lists_in
from .manifests import from_manifest
from .matching import FILE_ID, FILE_ID_ANYWHERE, RULES, RULES_OF_TREES, SUFFIX, Match, Rule, match, match_by_rule
from .mixed_sets import find_manifest, from_test_set
from .names import is_output
from .trees import split


def collect(
    inputs: Sequence[Path],
    *,
    clean: Path | None = None,
    manifest: Path | None = None,
    out: Path | None = None,
    exclude: Sequence[Path] = (),
    categories: CategoryRules | None = None,
) -> ClipSet:
    """Find the clips of a run, the clean files that belong to them, and their categories.

    Args:
        inputs: folders and files of noisy clips, one folder that contains a paired set, or one list of noisy files.
        clean: folder or list of the clean files.
        manifest: CSV with the columns clip_id, noisy, clean (which may be empty) and any further ones.
        out: the run folder, which is not searched; if an input is in it, only its enhanced files are not.
        exclude: further folders that are not searched.
        categories: the user's rules; they replace categories from names and from the manifest.

    Raises:
        UsageError: there are no clips, or `clean` and `manifest` are both given, or `categories` match no clip.
        PairingError: files cannot be matched without guessing.
    """
    found = _find_pairs(inputs, clean, manifest, out, exclude)
    return replace(
        found, clips=apply_category_rules(add_categories_from_names(found.clips), categories or CategoryRules())
    )


def _find_pairs(
    inputs: Sequence[Path], clean: Path | None, manifest: Path | None, out: Path | None, exclude: Sequence[Path]
) -> ClipSet:
    if clean and manifest:
        raise messages.clean_and_manifest()
    if manifest:
        return from_manifest(manifest)
    if lists := _find_lists(inputs, clean):
        return from_lists(lists)
    excluded = [*_not_searched_for(out, inputs), *exclude]
    if len(inputs) == 1 and (test_set := find_manifest(inputs[0], clean)):
        return _with_notes(from_test_set(test_set, find_audio(inputs, exclude=excluded, may_be_empty=True)[1]))
    base, files, unused = _list_inputs(inputs, [*excluded, *([clean] if clean else [])])
    if clean:
        found = _from_folder(files, clean, excluded)
    else:
        found = _from_one_folder(base, files, inputs) or _without_references(files, inputs)
    return _with_notes(replace(found, unused=(*found.unused, *unused)))


def _not_searched_for(out: Path | None, inputs: Sequence[Path]) -> list[Path]:
    """Return the folders that are not searched because of the run folder: itself, or only its enhanced files.

    A run folder may also contain someone's clips. They are used if they are in a folder that is given as input.

    Raises:
        UsageError: an input is in a run folder that is new, or among its enhanced files.
    """
    within = [path for path in inputs if out and path.is_dir() and path.resolve().is_relative_to(out.resolve())]
    if out is None or not within:
        return [out] if out else []
    estimates = out / ESTIMATES
    for path in within:
        if not is_run_folder(out) or path.resolve().is_relative_to(estimates.resolve()):
            raise messages.input_in_output(path, out)
    return [estimates]


def _with_notes(found: ClipSet) -> ClipSet:
    """Add a note for each reason why files are not used."""
    return replace(found, notes=(*found.notes, *messages.notes_on_unused(file.reason for file in found.unused)))


def _find_lists(inputs: Sequence[Path], clean: Path | None) -> Lists | None:
    """Return the lists that are given instead of folders; a folder without audio files may contain the two lists."""
    if len(inputs) != 1:
        return None
    path = inputs[0]
    if path.is_file() and is_list(path):
        if clean and not is_list(clean):
            raise messages.list_and_folder(path, clean)
        return Lists(path, clean)
    if clean and clean.is_file() and is_list(clean):
        raise messages.list_and_folder(clean, path)
    return lists_in(path) if path.is_dir() and not clean and not has_audio(path) else None


def _list_inputs(
    inputs: Sequence[Path], exclude: Sequence[Path]
) -> tuple[Path, dict[str, str], tuple[UnusedFile, ...]]:
    """Return the folder that names are relative to, name -> path of possible clips, and files that are not clips."""
    base, paths = find_audio(inputs, exclude=exclude)
    names = dict(zip(clip_ids(paths, base), paths, strict=True))
    given = {path.absolute() for path in inputs}
    with_noisy = {path.parent.parent for path in paths if path.parent.name.lower() == "noisy"}
    reasons = {name: _reason_not_used(name, path, given, with_noisy) for name, path in names.items()}
    files = {name: str(path) for name, path in names.items() if not reasons[name]}
    if not files:
        raise messages.no_clips(inputs, len(names), next(iter(reasons.values())))
    return base, files, tuple(UnusedFile(str(names[name]), reason) for name, reason in reasons.items() if reason)


def _reason_not_used(name: str, path: Path, given: Collection[Path], with_noisy: Collection[Path]) -> str:
    """Return why a file is not a clip, "" if it is one. A file that was given itself is one."""
    if path in given:
        return ""
    if is_output(name):
        return messages.IS_OUTPUT
    if _is_in_output_folder(path, given):
        return messages.IN_OUTPUT_FOLDER
    # {Track1_Headset,Track2_Speakerphone}/{enrol,noisy} of the fifth DNS challenge: enrol/ has samples of the talker.
    if path.parent.name.lower() == "enrol" and path.parent.parent in with_noisy:
        return messages.IS_ENROLMENT
    return ""


def _is_in_output_folder(path: Path, given: Collection[Path]) -> bool:
    """Return whether the innermost folder with a role, below the folder that was given, is one of enhanced files."""
    for folder in path.parents:
        if folder in given:
            return False
        if role := read_folder_name(folder.name).role:
            return role == "output"
    return False


def _from_folder(files: Mapping[str, str], clean: Path, excluded: Sequence[Path]) -> ClipSet:
    clean_base, paths = find_audio([clean], exclude=excluded)
    clean_files = {name: str(path) for name, path in zip(clip_ids(paths, clean_base), paths, strict=True)}
    return _as_clips(files, match(files, clean_files), f"in {clean}")


def _as_clips(files: Mapping[str, str], found: Match, where: str) -> ClipSet:
    clips = sorted_clips(Clip(name, files[name], clean) for name, clean in found.partners.items())
    return ClipSet(clips, rule=f"{found.rule} {where}", why=found.why, unused=found.unused)


def _from_one_folder(base: Path, files: Mapping[str, str], inputs: Sequence[Path]) -> ClipSet | None:
    """Apply, in their order, the rules that find noisy and clean files in one folder."""
    if trees := split(files):
        paired = _as_clips(
            trees.noisy, match(trees.noisy, trees.clean, RULES_OF_TREES), f"in noisy and clean trees in {base}"
        )
        rest = (UnusedFile(path, messages.IN_NEITHER_TREE) for path in trees.rest)
        return replace(paired, unused=(*paired.unused, *rest))
    if found := _by_names(FILE_ID, base, files) or _by_names(FILE_ID_ANYWHERE, base, files):
        return found
    if len(inputs) == 1 and inputs[0].is_dir() and (lists := lists_in(inputs[0])):
        return from_lists(lists)
    return _by_names(SUFFIX, base, files)


def _by_names(rule: Rule, base: Path, files: Mapping[str, str]) -> ClipSet | None:
    clean = {name: path for name, path in files.items() if rule.parse(name).role == "clean"}
    noisy = {name: path for name, path in files.items() if name not in clean}
    found = match_by_rule(rule, noisy, clean)
    return _as_clips(noisy, found, f"in {base}") if found else None


def _without_references(files: Mapping[str, str], inputs: Sequence[Path]) -> ClipSet:
    clips = sorted_clips(Clip(name, path) for name, path in files.items())
    why = messages.no_rule_fits(rule.text for rule in RULES)
    return ClipSet(clips, notes=(*_sibling_note(inputs), *_output_note(inputs), *_clean_note(files)), why=why)


def _sibling_note(inputs: Sequence[Path]) -> tuple[str, ...]:
    """Return a note if the input is a noisy folder with a clean folder next to it."""
    for path in inputs:
        folder = path.absolute()
        own = read_folder_name(folder.name)
        if folder.is_dir() and own.role == "noisy" and (clean := _clean_siblings(folder)):
            with_same_rest = [sibling for sibling in clean if read_folder_name(sibling.name).rest == own.rest]
            return (messages.clean_folder_nearby(folder, (with_same_rest or clean)[0]),)
    return ()


def _clean_siblings(folder: Path) -> list[Path]:
    siblings = sorted(folder.parent.iterdir())
    return [path for path in siblings if read_folder_name(path.name).role == "clean" and path.is_dir()]


def _output_note(inputs: Sequence[Path]) -> tuple[str, ...]:
    """Return a note if the input is called like a folder of enhanced files."""
    found = [path for path in inputs if path.is_dir() and read_folder_name(path.absolute().name).role == "output"]
    return (messages.folder_of_outputs(found[0]),) if found else ()


def _clean_note(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return a note if files that are called clean are used as noisy clips."""
    found = [
        path for name, path in files.items() if any(rule.parse(name).role == "clean" for rule in (FILE_ID, SUFFIX))
    ]
    return (messages.clean_files_as_clips(found),) if found else ()
