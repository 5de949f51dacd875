"""Match two sets of named files by the first rule on names that finds a pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from . import messages
from .clip_set import UnusedFile
from .names import NameParts, Role, parse_file_id, parse_file_id_anywhere, parse_path, parse_suffix
from .trees import without_tree_word

Side = Mapping[str, str]
"""Noisy or clean files: name -> path."""


@dataclass(frozen=True)
class Rule:
    """A rule that finds pairs by their names.

    Attributes:
        text: the rule as a user reads it.
        parse: splits a name into its role and the key that both files of a pair have.
    """

    text: str
    parse: Callable[[str], NameParts]


SAME_PATH = Rule(messages.SAME_PATH, parse_path)
SAME_PATH_WITHOUT_WORDS = Rule(messages.SAME_PATH_WITHOUT_WORDS, lambda name: NameParts("", without_tree_word(name)))
FILE_ID = Rule(messages.SAME_FILE_ID, parse_file_id)
FILE_ID_ANYWHERE = Rule(messages.SAME_FILE_ID_ANYWHERE, parse_file_id_anywhere)
SUFFIX = Rule(messages.SAME_NAME_BEFORE_WORD, parse_suffix)
RULES = (SAME_PATH, SAME_PATH_WITHOUT_WORDS, FILE_ID, FILE_ID_ANYWHERE, SUFFIX)
"""In the order in which they are tried."""
RULES_OF_TREES = tuple(rule for rule in RULES if rule is not FILE_ID_ANYWHERE)
"""In trees found by their names, a file id counts within one set only: each set starts again at 0 or 1."""


@dataclass(frozen=True)
class Match:
    """Result of matching noisy with clean files.

    Attributes:
        partners: name of a noisy file -> path of its clean file; "" if it has none.
        rule: the rule that was used, as text.
        why: how many pairs it found, and of how many files.
        unused: files whose names give them another role than that of their side.
    """

    partners: Mapping[str, str]
    rule: str
    why: str
    unused: tuple[UnusedFile, ...] = ()


def match(noisy: Side, clean: Side, rules: Sequence[Rule] = RULES) -> Match:
    """Match by the first rule that finds a pair.

    Raises:
        PairingError: no rule finds a pair; or the rule that does leaves a clean file without a noisy one, or finds two
            files of one side for a pair.
    """
    for rule in rules:
        if found := match_by_rule(rule, noisy, clean):
            return found
    raise messages.clean_without_noisy(clean.values(), [rule.text for rule in rules], len(clean), noisy.values())


def match_by_rule(rule: Rule, noisy: Side, clean: Side) -> Match | None:
    """Match by one rule.

    Returns:
        The match, or None if the rule finds no pair.

    Raises:
        PairingError: the rule finds pairs, but other files are ambiguous or are clean files without a noisy one.
    """
    unused = _with_other_role(rule, noisy, ("clean", "noise")) | _with_other_role(rule, clean, ("noisy", "noise"))
    noisy = {name: path for name, path in noisy.items() if path not in unused}
    clean = {name: path for name, path in clean.items() if path not in unused}
    noisy_keys, clean_keys = _keys(rule, noisy), _keys(rule, clean)
    if not set(noisy_keys) & set(clean_keys):
        return None
    _refuse_duplicates("clean", clean_keys, clean, rule)
    _refuse_duplicates("noisy", {key: names for key, names in noisy_keys.items() if key in clean_keys}, noisy, rule)
    if unmatched := [path for name, path in clean.items() if rule.parse(name).key not in noisy_keys]:
        raise messages.clean_without_noisy(unmatched, [rule.text], len(clean), noisy.values())
    partners = dict.fromkeys(noisy, "")
    partners |= {noisy_keys[key][0]: clean[names[0]] for key, names in clean_keys.items()}
    why = messages.pairs_found(len(clean), len(noisy), rule.text)
    return Match(partners, rule.text, why, tuple(UnusedFile(path, reason) for path, reason in unused.items()))


def _with_other_role(rule: Rule, side: Side, roles: Sequence[Role]) -> dict[str, str]:
    """Return path -> reason for the files of a side whose names give them one of these other roles."""
    found = {path: rule.parse(name).role for name, path in side.items()}
    return {path: messages.has_role(role) for path, role in found.items() if role in roles}


def _keys(rule: Rule, side: Side) -> dict[str, list[str]]:
    """Return key -> names, for the files that the rule applies to."""
    keys: dict[str, list[str]] = {}
    for name in side:
        if (key := rule.parse(name).key) is not None:
            keys.setdefault(key, []).append(name)
    return keys


def _refuse_duplicates(side: str, keys: Mapping[str, Sequence[str]], files: Side, rule: Rule) -> None:
    for names in keys.values():
        if len(names) > 1:
            raise messages.several_for_one_pair(side, [files[name] for name in names], rule.text)
