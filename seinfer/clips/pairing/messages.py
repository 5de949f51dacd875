"""The sentences about pairing that a user reads: rules, explanations, notes, and the errors of matching files.

The errors of one kind of input file are in the module that reads it: manifests.py (--manifest), lists.py (.json and
.scp lists), categories.py (--category-regex and --categories). `seinfer pair --check` prints the rule, the explanation
and the notes of a ClipSet as they are written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from ...core.counts import counted, verb
from ...core.errors import PairingError, UsageError

_MAX_SHOWN = 5

# The rules, as the tables and `seinfer pair --check` name them.
SAME_PATH = "same relative path"
SAME_PATH_WITHOUT_WORDS = "same relative path except for the words noisy and clean"
SAME_FILE_ID = "same DNS file id in the same folder"
SAME_FILE_ID_ANYWHERE = "same DNS file id in any folder"
SAME_NAME_BEFORE_WORD = "names that end in noisy and clean"
SAME_UID = "same uid"

# Why files are not used: a verb phrase that follows "n files", with the verb first and in the plural.
IS_OUTPUT = "end in _enhanced (output files)"
IS_ENROLMENT = "contain enrolment speech (enrol/ next to noisy/)"
IN_OUTPUT_FOLDER = "are in folders of enhanced files (called enhanced, denoised, esti or estimate)"
IN_NEITHER_TREE = "are in neither tree"
NOT_IN_MANIFEST = "are not in the manifest of their test set"

_MANIFEST_HINT = "or name the pairs in a --manifest (`seinfer pair DIR` prints one to start from)"

_TWO_FOLDERS_HINT = "give one noisy folder and --clean DIR, or name the pairs in a --manifest"


def first_few(items: Iterable[str]) -> str:
    """Return the first few items in sorted order as text, with the number of those not shown."""
    ordered = sorted(items)
    rest = f" and {len(ordered) - _MAX_SHOWN} more" if len(ordered) > _MAX_SHOWN else ""
    return ", ".join(ordered[:_MAX_SHOWN]) + rest


# --- Why a file is not used


def has_role(role: str) -> str:
    """Return the reason for files whose names give them another role, such as noise."""
    return f"are called {role}"


def notes_on_unused(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return one note for each reason, with the number of files that it applies to."""
    return tuple(
        f"{_subject_and_verb(n, reason)} and {verb(n, 'are')} not used" for reason, n in Counter(reasons).items()
    )


def _subject_and_verb(n: int, reason: str) -> str:
    plural, _, rest = reason.partition(" ")
    return f"{counted(n, 'file')} {verb(n, plural)} {rest}"


# --- Why a rule fits, or why none does


def pairs_found(n_clean: int, n_noisy: int, rule: str) -> str:
    """Explain the rule that was used."""
    return f"{n_clean} of {counted(n_noisy, 'noisy file')} {verb(n_clean, 'have')} a clean one: {rule}"


def pairs_in_manifest(n_clean: int, n_noisy: int) -> str:
    """Explain the pairs of a manifest."""
    return f"it names {counted(n_noisy, 'noisy file')} and {counted(n_clean, 'clean file')}"


def only_noisy_list(path: Path, n_noisy: int) -> str:
    """Explain why the clips of a single list have no references."""
    return f"{path} names {counted(n_noisy, 'noisy file')}; no clean list was given"


def no_rule_fits(rules: Iterable[str]) -> str:
    """Explain why the clips of a folder have no references."""
    return f"none of the rules found a pair: {', '.join(rules)}"


# --- Notes on a folder without pairs


def clean_folder_nearby(folder: Path, clean: Path) -> str:
    """Point out a clean folder next to the noisy one: without it there are no scores that need a reference."""
    return (
        f"{clean} looks like the folder of the clean files; to use it, give the folder {folder.parent}, "
        f"or add --clean {clean}"
    )


def folder_of_outputs(folder: Path) -> str:
    """Point out an input folder whose name says that its files are already enhanced."""
    return (
        f"{folder} is called like a folder of enhanced files and is used as the noisy clips, as given; "
        f"to score these files instead: seinfer score --clean DIR {folder}"
    )


def clean_files_as_clips(paths: Collection[str]) -> str:
    """Point out files that are called clean and are used as noisy clips."""
    return (
        f"{_subject_and_verb(len(paths), 'are called clean')}, such as {min(paths)}, but without a noisy file, and "
        f"{verb(len(paths), 'are')} used as {'a noisy clip' if len(paths) == 1 else 'noisy clips'}; to use clean files "
        "as references, move them to a clean/ folder next to noisy/, " + _MANIFEST_HINT
    )


# --- Errors


def clean_and_manifest() -> UsageError:
    """Refuse two options that exclude each other."""
    return UsageError("--clean and --manifest are both given; expected one of them")


def input_in_output(path: Path, out: Path) -> UsageError:
    """Refuse an input folder below the output folder."""
    return UsageError(f"the input {path} is in the output folder {out}; choose another --out")


def no_clips(inputs: Iterable[Path], n_files: int, reason: str) -> UsageError:
    """Refuse inputs of which no file can be a clip."""
    return UsageError(
        f"no clip in {', '.join(map(str, inputs))}: {_subject_and_verb(n_files, reason)}; give the folder of the noisy "
        "clips"
    )


def list_and_folder(listed: Path, other: Path) -> PairingError:
    """Refuse a list on one side and a folder on the other."""
    return PairingError(f"{listed} is a list and {other} is not; expected two lists or two folders")


def clean_without_noisy(
    unmatched: Iterable[str], rules: Iterable[str], n_clean: int, noisy: Collection[str]
) -> PairingError:
    """Refuse clean files that no noisy file belongs to; `unmatched` and `noisy` are paths."""
    paths = list(unmatched)
    return PairingError(
        f"{counted(len(paths), 'clean file')} {verb(len(paths), 'have')} no noisy partner by the rule "
        f"{' or '.join(rules)!r}: {first_few(paths)}; "
        f"found {counted(n_clean, 'clean file')} and {counted(len(noisy), 'noisy file')}, such as "
        f"{min(noisy, default='none')}; remove or rename the clean ones, {_MANIFEST_HINT}"
    )


def several_for_one_pair(side: str, paths: Collection[str], rule: str) -> PairingError:
    """Refuse several files of one side ("noisy" or "clean") for one pair."""
    return PairingError(
        f"{len(paths)} {side} files match the same pair by the rule {rule!r}: {first_few(paths)}; "
        f"expected one; remove the others, {_MANIFEST_HINT}"
    )


def several_trees(paths: Iterable[str], noisy: Collection[str], clean: Collection[str]) -> PairingError:
    """Refuse several noisy or several clean trees that contain the same names; `paths` are the files."""
    return PairingError(
        f"several files have the same name in folders of the same kind: {first_few(paths)}; {_folders(noisy, clean)}; "
        f"expected one of each; {_TWO_FOLDERS_HINT}"
    )


def trees_do_not_match(noisy: Collection[str], clean: Collection[str]) -> PairingError:
    """Refuse trees of which it is not clear which ones belong together; they are paths below the input folder."""
    return PairingError(
        f"it is not clear which folders belong together: {_folders(noisy, clean)}; expected one of each, or names that "
        f"are equal except for the words noisy and clean; {_TWO_FOLDERS_HINT}"
    )


def _folders(noisy: Collection[str], clean: Collection[str]) -> str:
    return f"noisy: {first_few(noisy)}; clean: {first_few(clean)}"
