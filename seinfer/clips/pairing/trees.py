"""Split one folder into noisy and clean trees, which are distinguished by a word in a folder's name.

Of several trees beside each other, those belong together whose names are equal except for that word. A single noisy and
a single clean tree belong together whatever the rest of their names is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from . import messages
from .folder_names import FolderName, read_folder_name

_SIDES: tuple[Literal["noisy", "clean"], ...] = ("noisy", "clean")


@dataclass(frozen=True)
class Trees:
    """The files of the trees of both kinds, by their names below the tree, and the files in neither.

    Attributes:
        noisy, clean: name -> path.
        rest: paths of the files in neither tree.
    """

    noisy: dict[str, str] = field(default_factory=dict)
    clean: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Tree:
    """A folder of noisy or of clean files.

    Attributes:
        above: names of the folders above it.
        folder: its own name.
    """

    above: tuple[str, ...]
    folder: str

    @property
    def name(self) -> FolderName:
        return read_folder_name(self.folder)

    @property
    def path(self) -> str:
        return "/".join((*self.above, self.folder))


def split(files: Mapping[str, str]) -> Trees | None:
    """Split files into noisy and clean trees.

    Args:
        files: name relative to the input folder -> path.

    Returns:
        The trees, or None unless both are found.

    Raises:
        PairingError: two noisy or two clean files have the same name below their trees, or it is not clear which noisy
            tree a clean tree belongs to.
    """
    # In Noisy_database/clean_wav/ and Noisy_database/noisy_wav/ only the inner words are roles.
    for is_innermost in (False, True):
        by_tree: dict[_Tree | None, list[str]] = {}
        for name in files:
            by_tree.setdefault(_tree_of(name, is_innermost=is_innermost), []).append(name)
        trees = [tree for tree in by_tree if tree]
        if {tree.name.role for tree in trees} == set(_SIDES):
            return _joined(files, by_tree, _prefixes(by_tree, trees))
    return None


def _tree_of(name: str, *, is_innermost: bool = False) -> _Tree | None:
    """Return the outermost (or innermost) folder in the name of a file that is called noisy or clean."""
    *folders, _ = name.split("/")
    found = [i for i, folder in enumerate(folders) if read_folder_name(folder).role in _SIDES]
    if not found:
        return None
    i = found[-1 if is_innermost else 0]
    return _Tree(tuple(folders[:i]), folders[i])


def _joined(
    files: Mapping[str, str], by_tree: Mapping[_Tree | None, list[str]], prefixes: Mapping[_Tree, str]
) -> Trees:
    trees = Trees()
    duplicates: list[str] = []
    for tree, names in by_tree.items():
        if tree is None:
            trees.rest.extend(files[name] for name in names)
            continue
        side, start = (trees.noisy if tree.name.role == "noisy" else trees.clean), f"{tree.path}/"
        for name in names:
            key = prefixes[tree] + name.removeprefix(start)
            if key in side:
                duplicates.extend((side[key], files[name]))
            side[key] = files[name]
    if duplicates:
        raise messages.several_trees(duplicates, *_paths(prefixes))
    return trees


def _paths(trees: Iterable[_Tree]) -> tuple[list[str], list[str]]:
    """Return the paths of the noisy and of the clean trees."""
    noisy, clean = ([tree.path for tree in trees if tree.name.role == side] for side in _SIDES)
    return noisy, clean


def _prefixes(by_tree: Mapping[_Tree | None, list[str]], trees: Iterable[_Tree]) -> dict[_Tree, str]:
    """Return tree -> the start of the names of its clips; it is the same for the trees that belong together."""
    places: dict[tuple[str, ...], list[_Tree]] = {}
    for tree in trees:
        places.setdefault(tree.above, []).append(tree)
    return {tree: prefix for beside in places.values() for tree, prefix in _of_place(by_tree, beside).items()}


def _of_place(by_tree: Mapping[_Tree | None, list[str]], beside: list[_Tree]) -> dict[_Tree, str]:
    """Return the prefixes of the trees beside each other in one folder."""
    noisy, clean = ([tree for tree in beside if tree.name.role == side] for side in _SIDES)
    if min(len(noisy), len(clean)) <= 1 and not (_have_equal_names(by_tree, noisy, clean) or _exclude(beside)):
        # Below the top folder, the rest distinguishes the sets unless it differs between noisy and clean.
        is_kept = len({tree.name.rest for tree in beside}) == 1 and bool(beside[0].above)
        return {tree: _prefix(tree, tree.name.rest if is_kept else "") for tree in beside}
    has_talkers = len({tree.name.talkers for tree in beside}) > 1
    prefixes = {tree: _prefix(tree, tree.name.talkers if has_talkers else "", tree.name.rest) for tree in beside}
    if noisy and {prefixes[tree] for tree in clean} - {prefixes[tree] for tree in noisy}:
        raise messages.trees_do_not_match(*_paths(beside))
    return prefixes


def _have_equal_names(by_tree: Mapping[_Tree | None, list[str]], *sides: list[_Tree]) -> bool:
    """Return whether two trees of one kind contain the same name."""
    for side in sides:
        names = [name.removeprefix(f"{tree.path}/") for tree in side for name in by_tree[tree]]
        if len(set(names)) < len(names):
            return True
    return False


def _exclude(beside: Iterable[_Tree]) -> bool:
    """Return whether some of these trees are of one talker and others of both talkers."""
    return len({tree.name.talkers for tree in beside} - {""}) > 1


def _prefix(tree: _Tree, *parts: str) -> str:
    return "".join(f"{part}/" for part in (*tree.above, *parts) if part)


def without_tree_word(name: str) -> str:
    """Return the name of a file without the folder for noisy or clean files.

    The rest of that folder's name is kept below the top folder, because it distinguishes the sets.
    """
    tree = _tree_of(name)
    if not tree:
        return name
    kept = [tree.name.rest] if tree.name.rest and tree.above else []
    return "/".join([*tree.above, *kept, name.removeprefix(f"{tree.path}/")])
