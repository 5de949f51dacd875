"""One folder that holds a noisy and a clean tree, told apart by a word in a folder's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.errors import PairingError
from .clipset import some
from .names import CLEAN_WORDS, NOISY_WORDS


@dataclass(frozen=True)
class Trees:
    """The files of two trees by their names below the tree, and what lies in neither.

    Attributes:
        noisy, clean: name -> path.
        rest: paths.
        doubles: paths of which several have one name in one tree.
    """

    noisy: dict[str, str] = field(default_factory=dict)
    clean: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)


def split(files: Mapping[str, str]) -> Trees | None:
    """Split named files into trees; None where there are not both.

    What else a tree's name says ("noisy_testset_wav") is dropped, unless two trees would fall together by that.

    Raises:
        PairingError: two files of one side have the same name below their trees.
    """
    trees = _split(files, keep_all=False)
    if trees.doubles and not _split(files, keep_all=True).doubles:
        trees = _split(files, keep_all=True)
    if not (trees.noisy and trees.clean):
        return None
    if trees.doubles:
        raise PairingError(
            f"several files have the same name in trees of the same kind: {some(trees.doubles)}; expected one "
            "noisy and one clean tree; give a folder that holds no other, or --clean DIR, or name the pairs in a "
            "--manifest"
        )
    return trees


def _split(files: Mapping[str, str], *, keep_all: bool) -> Trees:
    trees = Trees()
    for name, path in files.items():
        role, key = tree_role(name, keep_all=keep_all)
        if not role:
            trees.rest.append(path)
            continue
        side = trees.noisy if role == "noisy" else trees.clean
        if key in side:
            trees.doubles.extend((side[key], path))
        side[key] = path
    return trees


def tree_role(name: str, *, keep_all: bool = False) -> tuple[str, str]:
    """Return ("noisy" | "clean" | "", the name without the folder that said so).

    Args:
        name: path relative to the input folder.
        keep_all: keep what is left of the folder's name at the top, too; below the top it always says which set it is.
    """
    *folders, last = name.split("/")
    for i, folder in enumerate(folders):
        for role, words in (("noisy", NOISY_WORDS), ("clean", CLEAN_WORDS)):
            found = next(
                (m for word in words if (m := re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", folder, re.I))), None
            )
            if found:
                rest = (folder[: found.start()] + folder[found.end() :]).strip("_- .")
                kept = [rest] if rest and (i or keep_all) else []
                return role, "/".join([*folders[:i], *kept, *folders[i + 1 :], last])
    return "", name


def without_tree_word(name: str) -> str:
    """Return a name without the folder that says which side it is on."""
    return tree_role(name)[1]
