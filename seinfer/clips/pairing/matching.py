"""Two sides of named files -> who belongs to whom, by the first rule on names that finds a pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...core.errors import PairingError
from .clipset import LeftOut, some
from .names import Named, Role, by_file_id, by_path, by_suffix
from .trees import without_tree_word

Side = Mapping[str, str]
"""Name -> path."""

MANIFEST_HINT = "or name the pairs in a --manifest (`seinfer pair DIR` prints one to start from)"


@dataclass(frozen=True)
class Rule:
    """A way to read names.

    Attributes:
        text: the rule in words.
        read: takes a name apart.
    """

    text: str
    read: Callable[[str], Named]


SAME_PATH = Rule("same relative path", by_path)
FILE_ID = Rule("same DNS file id in the same folder", by_file_id)
SUFFIX = Rule("names that end in noisy and clean", by_suffix)
SAME_PATH_WITHOUT_WORDS = Rule(
    "same relative path but for the words noisy and clean", lambda name: Named("", without_tree_word(name))
)
RULES = (SAME_PATH, SAME_PATH_WITHOUT_WORDS, FILE_ID, SUFFIX)


@dataclass(frozen=True)
class Match:
    """Who belongs to whom.

    Attributes:
        partners: name of a noisy file -> path of its clean file; "" where it has none.
        rule: in words.
        why: how many there are, and of how many.
        left_out: files whose names say that they belong to neither side.
    """

    partners: Mapping[str, str]
    rule: str
    why: str
    left_out: tuple[LeftOut, ...] = ()


def match(noisy: Side, clean: Side, rules: Sequence[Rule] = RULES) -> Match:
    """Match by the first rule that finds a pair.

    Raises:
        PairingError: no rule finds one, or the one that does leaves a clean file over or two files for one place.
    """
    for rule in rules:
        if found := matched_by(rule, noisy, clean):
            return found
    raise _orphans(clean, clean, noisy, rules)


def matched_by(rule: Rule, noisy: Side, clean: Side) -> Match | None:
    """Match by one rule; None where it finds no pair.

    Raises:
        PairingError: it finds some, and others are ambiguous or left over.
    """
    foreign = _foreign(rule, noisy, ("clean", "noise")) | _foreign(rule, clean, ("noisy", "noise"))
    noisy = {name: path for name, path in noisy.items() if path not in foreign}
    clean = {name: path for name, path in clean.items() if path not in foreign}
    noisy_keys, clean_keys = _keys(rule, noisy), _keys(rule, clean)
    if not set(noisy_keys) & set(clean_keys):
        return None
    for side, keys, files in (("clean", clean_keys, clean), ("noisy", noisy_keys, noisy)):
        _refuse_doubles(side, {key: names for key, names in keys.items() if key in clean_keys}, files, rule)
    if left_over := {name: path for name, path in clean.items() if rule.read(name).key not in noisy_keys}:
        raise _orphans(left_over, clean, noisy, (rule,))
    partners = dict.fromkeys(noisy, "")
    partners |= {noisy_keys[key][0]: clean[names[0]] for key, names in clean_keys.items()}
    why = f"{len(clean)} of {len(noisy)} noisy files have a clean one: {rule.text}"
    return Match(partners, rule.text, why, tuple(LeftOut(path, reason) for path, reason in foreign.items()))


def _foreign(rule: Rule, side: Side, roles: Sequence[Role]) -> dict[str, str]:
    """Return path -> reason for the files of a side whose names say that they are something else."""
    found = {path: rule.read(name).role for name, path in side.items()}
    return {path: f"are called {role}" for path, role in found.items() if role in roles}


def _keys(rule: Rule, side: Side) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for name in side:
        if (key := rule.read(name).key) is not None:
            keys.setdefault(key, []).append(name)
    return keys


def _refuse_doubles(side: str, keys: Mapping[str, Sequence[str]], files: Side, rule: Rule) -> None:
    for names in keys.values():
        if len(names) > 1:
            raise PairingError(
                f"{len(names)} {side} files answer to one pair by the rule {rule.text!r}: "
                f"{some(files[name] for name in names)}; expected one; remove the others, {MANIFEST_HINT}"
            )


def _orphans(orphans: Side, clean: Side, noisy: Side, rules: Sequence[Rule]) -> PairingError:
    tried = " or ".join(rule.text for rule in rules)
    example = min(noisy.values(), default="none")
    return PairingError(
        f"{len(orphans)} clean file(s) have no noisy partner by the rule {tried!r}: {some(orphans.values())}; "
        f"of {len(clean)} clean and {len(noisy)} noisy files, such as {example}; "
        f"remove or rename the clean ones, {MANIFEST_HINT}"
    )
