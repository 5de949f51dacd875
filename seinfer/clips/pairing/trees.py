"""Split one folder into a noisy and a clean tree, which are distinguished by a word in a folder's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import messages
from .names import CLEAN_WORDS, NOISY_WORDS


@dataclass(frozen=True)
class Trees:
    """The files of two trees, by their names below the tree, and the files in neither.

    Attributes:
        noisy, clean: name -> path.
        rest: paths of the files in neither tree.
        duplicates: paths of files that have the same name in trees of the same kind.
    """

    noisy: dict[str, str] = field(default_factory=dict)
    clean: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def split(files: Mapping[str, str]) -> Trees | None:
    """Split files into a noisy and a clean tree.

    The rest of a tree's name (such as testset_wav in "noisy_testset_wav") is ignored, unless two trees would then
    contain the same names.

    Args:
        files: name relative to the input folder -> path.

    Returns:
        The trees, or None unless both are found.

    Raises:
        PairingError: two noisy or two clean files have the same name below their trees.
    """
    trees = _split(files, keep_rest=False)
    if trees.duplicates and not _split(files, keep_rest=True).duplicates:
        trees = _split(files, keep_rest=True)
    if not (trees.noisy and trees.clean):
        return None
    if trees.duplicates:
        raise messages.several_trees(trees.duplicates)
    return trees


def _split(files: Mapping[str, str], *, keep_rest: bool) -> Trees:
    trees = Trees()
    for name, path in files.items():
        role, key = tree_role(name, keep_rest=keep_rest)
        if not role:
            trees.rest.append(path)
            continue
        side = trees.noisy if role == "noisy" else trees.clean
        if key in side:
            trees.duplicates.extend((side[key], path))
        side[key] = path
    return trees


def tree_role(name: str, *, keep_rest: bool = False) -> tuple[str, str]:
    """Find the folder whose name contains a word for noisy or clean.

    Args:
        name: path relative to the input folder.
        keep_rest: keep the rest of that folder's name even if it is the top folder; below the top it is always kept,
            because it distinguishes the sets.

    Returns:
        ("noisy", "clean" or "", the name without that folder's word).
    """
    *folders, last = name.split("/")
    for i, folder in enumerate(folders):
        for role, words in (("noisy", NOISY_WORDS), ("clean", CLEAN_WORDS)):
            found = next(
                (m for word in words if (m := re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", folder, re.I))), None
            )
            if found:
                rest = (folder[: found.start()] + folder[found.end() :]).strip("_- .")
                kept = [rest] if rest and (i or keep_rest) else []
                return role, "/".join([*folders[:i], *kept, *folders[i + 1 :], last])
    return "", name


def without_tree_word(name: str) -> str:
    """Return a name without the folder for noisy or clean files."""
    return tree_role(name)[1]
