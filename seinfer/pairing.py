"""Which clean file belongs to which noisy one. First rule that fits wins; what is ambiguous is refused, never guessed.

1. `--manifest`: a CSV that says so.
2. `--clean DIR`: the same relative path in another folder.
3. One folder that holds both trees, told apart by a word in the folder names (`noisy/` and `clean/`,
   `noisy_testset_wav/` and `clean_testset_wav/`, ...), with the same relative path below.

Anything else is a blind set. A noisy file without a partner stays, without reference; a clean one without is an error.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .clips import clip_ids, find_audio
from .errors import PairingError, UsageError
from .records import Clip

NOISY_WORDS = ("noisy", "mix_single", "mixture", "mix")
CLEAN_WORDS = ("clean", "reference", "target", "s1")


@dataclass(frozen=True)
class ClipSet:
    """The clips of a run.

    Attributes:
        clips: sorted by clip_id.
        rule: how clean files were found, in words; empty for a blind set.
        notes: what a user should know about the choice.
    """

    clips: tuple[Clip, ...]
    rule: str = ""
    notes: tuple[str, ...] = ()


def collect(
    inputs: Sequence[Path], *, clean: Path | None = None, manifest: Path | None = None, out: Path | None = None
) -> ClipSet:
    """Find the clips of a run and the clean files that belong to them.

    Args:
        inputs: folders and files of noisy clips, or one folder that holds a paired set.
        clean: folder of the clean files.
        manifest: CSV with the columns clip_id, noisy, clean (which may be empty) and any further ones.
        out: the run folder, left out of the search.

    Raises:
        UsageError: nothing is there, or `clean` and `manifest` are both given.
        PairingError: files cannot be matched without guessing.
    """
    if clean and manifest:
        raise UsageError("--clean and --manifest are both given; expected one of them")
    if manifest:
        return _from_manifest(manifest)
    excluded = [path for path in (out, clean) if path]
    for path in inputs:
        if out and path.is_dir() and path.resolve().is_relative_to(out.resolve()):
            raise UsageError(f"the input {path} lies in the output folder {out}; choose another --out")
    base, paths = find_audio(inputs, exclude=excluded)
    if clean:
        return _from_two_trees(base, paths, clean, out)
    return _from_words(base, paths) or ClipSet(_clips(base, paths), notes=_sibling_note(inputs))


def _clips(base: Path, paths: Sequence[Path]) -> tuple[Clip, ...]:
    return _sorted(Clip(name, str(path)) for name, path in zip(clip_ids(paths, base), paths, strict=True))


def _sorted(clips: object) -> tuple[Clip, ...]:
    return tuple(sorted(clips, key=lambda clip: clip.clip_id))  # type: ignore[call-overload]


def _from_manifest(manifest: Path) -> ClipSet:
    try:
        with open(manifest, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest} cannot be read ({error}); expected a CSV in UTF-8") from error
    if not rows:
        raise PairingError(f"{manifest} names no clip; expected a row a clip with clip_id, noisy, clean")
    if missing := {"clip_id", "noisy"} - set(rows[0]):
        raise PairingError(f"{manifest} lacks the column {sorted(missing)[0]!r}; expected clip_id, noisy, clean")
    clips = [_manifest_clip(manifest, line, row) for line, row in enumerate(rows, start=2)]
    names = [clip.clip_id for clip in clips]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PairingError(f"{manifest} names the clip {twice[0]!r} twice; expected each clip_id once")
    return ClipSet(_sorted(clips), rule=f"manifest {manifest}")


def _manifest_clip(manifest: Path, line: int, row: Mapping[str, str]) -> Clip:
    name = (row["clip_id"] or "").strip()
    parts = Path(name).parts
    if not name or Path(name).is_absolute() or ".." in parts:
        raise PairingError(f"{manifest} line {line}: clip_id is {name!r}; expected a relative name without '..'")
    noisy, clean = (_manifest_path(manifest, line, row.get(key) or "") for key in ("noisy", "clean"))
    if not noisy:
        raise PairingError(f"{manifest} line {line}: the noisy file of {name!r} is not given")
    extra = {key: value or "" for key, value in row.items() if key and key not in ("clip_id", "noisy", "clean")}
    return Clip(name, noisy, clean, category=extra)


def _manifest_path(manifest: Path, line: int, text: str) -> str:
    if not text.strip():
        return ""
    path = (manifest.parent / text.strip()).absolute()
    if not path.is_file():
        raise PairingError(f"{manifest} line {line}: {path} does not exist; paths are relative to the manifest")
    return str(path)


def _from_two_trees(base: Path, paths: Sequence[Path], clean: Path, out: Path | None) -> ClipSet:
    clean_base, clean_paths = find_audio([clean], exclude=[out] if out else [])
    return _matched(
        dict(_named(base, paths)), dict(_named(clean_base, clean_paths)), rule=f"same relative path in {clean}"
    )


def _named(base: Path, paths: Sequence[Path]) -> list[tuple[str, str]]:
    return [(name, str(path)) for name, path in zip(clip_ids(paths, base), paths, strict=True)]


def _matched(noisy: Mapping[str, str], clean: Mapping[str, str], rule: str, notes: Sequence[str] = ()) -> ClipSet:
    if orphans := sorted(set(clean) - set(noisy)):
        raise PairingError(
            f"{len(orphans)} clean file(s) have no noisy partner, the first is {clean[orphans[0]]}; expected the same "
            f"relative path among the {len(noisy)} noisy files; remove it or name the pairs in a --manifest"
        )
    return ClipSet(_sorted(Clip(name, path, clean.get(name, "")) for name, path in noisy.items()), rule, tuple(notes))


def _from_words(base: Path, paths: Sequence[Path]) -> ClipSet | None:
    """Pair the two trees of one folder by the words in folder names; None where there are not both."""
    trees: dict[str, dict[str, str]] = {"noisy": {}, "clean": {}}
    rest = 0
    for (name, _), path in zip(_named(base, paths), paths, strict=True):
        role, key = _role(name)
        if not role:
            rest += 1
        elif key in trees[role]:
            raise PairingError(f"two {role} files answer to {key!r}: {trees[role][key]} and {path}; use a --manifest")
        else:
            trees[role][key] = str(path)
    if not (trees["noisy"] and trees["clean"]):
        return None
    notes = [f"{rest} file(s) lie in neither tree and are left out"] if rest else []
    return _matched(trees["noisy"], trees["clean"], rule=f"noisy and clean trees in {base}", notes=notes)


def _role(name: str) -> tuple[str, str]:
    """Return ("noisy" | "clean" | "", the name without the folder that said so)."""
    *folders, last = name.split("/")
    for i, folder in enumerate(folders):
        for role, words in (("noisy", NOISY_WORDS), ("clean", CLEAN_WORDS)):
            found = next(
                (m for word in words if (m := re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", folder, re.I))), None
            )
            if found:
                rest = (folder[: found.start()] + folder[found.end() :]).strip("_- .")
                # What is left of the folder's name says which set it is, and both trees share it.
                return role, "/".join([*folders[:i], *([rest] if i and rest else []), *folders[i + 1 :], last])
    return "", name


def _sibling_note(inputs: Sequence[Path]) -> tuple[str, ...]:
    """Point at the clean folder beside a noisy one: scores are lost where it is overlooked."""
    for path in inputs:
        folder = path.absolute()
        role, key = _role(f"{folder.name}/x")
        if folder.is_dir() and role == "noisy":
            for sibling in sorted(folder.parent.iterdir()):
                if sibling.is_dir() and _role(f"{sibling.name}/x") == ("clean", key):
                    return (
                        f"{sibling} looks like the clean side: give the folder {folder.parent}, or --clean {sibling}",
                    )
    return ()
