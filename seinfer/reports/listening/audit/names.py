"""Leaks through names: of files, conditions, page titles and downloads, and through identifiers that have a meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .findings import Check, Finding, shortened
from .folder import AuditedFolder

OPAQUE_ID = re.compile(r"[0-9a-f]{10}")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_DOWNLOAD = re.compile(r"""\bdownload\s*=\s*(["'`])(.*?)\1""", re.IGNORECASE)
# Words that every page may contain, such as those of the scales: they count in the names of files and conditions only.
_CONDITION_WORDS = ("noisy", "clean", "distorted", "original")
_ORDINARY = frozenset((*_CONDITION_WORDS, "reference", "input", "excellent", "good", "fair", "poor", "bad"))
_SHORTEST_IN_TEXTS = 4
_ROLES = ("hidden_ref", "hidden_reference", "anchor35", "anchor70", "gold", "trap", "repeat")
_CONDITION = re.compile(r"""(["'])({})\1""".format("|".join((*_ROLES, *_CONDITION_WORDS))))


def known_names(names: Iterable[str]) -> list[tuple[str, re.Pattern[str]]]:
    """Return each name with a pattern that finds it as a word, whatever its case and its separators."""
    return [(name, _pattern(name)) for name in sorted({name for name in names if name}, key=lambda n: (-len(n), n))]


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.findall(r"[a-z]+|[0-9]+|[^a-z0-9]+", name.lower())
    body = r"[-_. /]?".join(re.escape(part) for part in parts if part[0].isalnum())
    return re.compile(rf"(?<![a-z0-9]){body or re.escape(name.lower())}(?![a-z0-9])")


def _found(text: str, names: Sequence[tuple[str, re.Pattern[str]]]) -> list[str]:
    lowered = text.lower()
    return [name for name, pattern in names if pattern.search(lowered)]


def _everywhere(folder: AuditedFolder) -> list[tuple[str, re.Pattern[str]]]:
    """Return what must not be in a file name, a title or the name of a download."""
    return known_names({*folder.names, *folder.clip_names})


def _for_texts(folder: AuditedFolder) -> list[tuple[str, re.Pattern[str]]]:
    """Return what must not be in the text of a page or another file.

    A clip may be called as an ordinary word, such as "kitchen": such a name counts only where it stands alone, as a
    value. A number, or a name of a few letters, is found everywhere and identifies nothing.
    """
    words = known_names(name for name in folder.names if name.lower() not in _ORDINARY)
    long = [name for name in folder.clip_names if len(name) >= _SHORTEST_IN_TEXTS and not name.isdigit()]
    telling = known_names(name for name in long if not name.isalpha())
    plain = [(name, _as_value(name)) for name in sorted(long) if name.isalpha() and name.lower() not in _ORDINARY]
    return [*words, *telling, *plain]


def _as_value(name: str) -> re.Pattern[str]:
    return re.compile(rf"""(?:^|["',:]\s*){re.escape(name.lower())}(?:\.[a-z0-9]+)?\s*(?:["',]|$)""", re.MULTILINE)


def visible_part(text: str) -> str:
    """Return a text without page titles and download names, which have checks of their own."""
    return _DOWNLOAD.sub("", _TITLE.sub("", text))


def _file_names(folder: AuditedFolder) -> Iterator[Finding]:
    names = _everywhere(folder)
    for entry in folder.entries:
        if found := _found(entry.path, names):
            yield Finding(
                "file names",
                entry.path,
                f"its name contains {shortened(found)}",
                "no name of a model, a clip or a data set",
                "make the test folder with `seinfer blind make`, which names files by opaque ids",
            )


def _identifiers(folder: AuditedFolder) -> Iterator[Finding]:
    ids = {entry.stem for entry in folder.entries if entry.is_stimulus}
    for one in folder.test.sessions:
        for trial in one.trials:
            ids.update(trial.stimuli, [trial.reference] if trial.reference else [])
    names = _everywhere(folder)
    odd = sorted(one for one in ids if not OPAQUE_ID.fullmatch(one) and not _found(one, names))
    if odd:
        yield Finding(
            "identifiers",
            "stimuli",
            f"{shortened(odd)}",
            "ids of 10 hexadecimal digits, which have no meaning and no order",
            "make the test folder with `seinfer blind make`",
        )


def _contents(folder: AuditedFolder) -> Iterator[Finding]:
    names = _for_texts(folder)
    for path, text in folder.texts.items():
        if found := _found(visible_part(text), names):
            yield Finding(
                "names in files",
                path,
                f"it contains {shortened(found)}",
                "no name of a model, a clip or a data set",
                "remove the name; if it is in the title of the test, make the test again with another --title",
            )


def _conditions(folder: AuditedFolder) -> Iterator[Finding]:
    for path, text in folder.texts.items():
        if found := sorted({match[1] for match in _CONDITION.findall(visible_part(text))}):
            yield Finding(
                "condition names",
                path,
                f"it names {shortened(found)}",
                "conditions without names, or with opaque ids",
                "remove them: the browser of the rater shows every file that a page loads",
            )


def _titles(folder: AuditedFolder) -> Iterator[Finding]:
    titles = {path: _TITLE.findall(text) for path, text in folder.pages.items()}
    names = _everywhere(folder)
    for path, found in titles.items():
        if named := [name for title in found for name in _found(title, names)]:
            yield _title(path, f"the title contains {shortened(named)}")
    sessions = {path: " ".join(found) for path, found in titles.items() if path.startswith("sessions/")}
    different = sorted({re.sub(r"[0-9a-f]{6,}|\d+", "", title) for title in sessions.values()})
    if len(different) > 1:
        yield _title("sessions", f"{len(different)} different titles: {shortened(map(repr, different))}")


def _title(where: str, value: str) -> Finding:
    return Finding(
        "page titles", where, value, "the same neutral title on every page", "make the test again with another --title"
    )


def _downloads(folder: AuditedFolder) -> Iterator[Finding]:
    names = _everywhere(folder)
    for path, text in folder.pages.items():
        for _, name in _DOWNLOAD.findall(text):
            if found := _found(name, names):
                yield Finding(
                    "download names",
                    path,
                    f"the downloaded file is called {name!r}, which contains {shortened(found)}",
                    "a name out of opaque ids",
                    "write the pages again with `seinfer blind make`",
                )


CHECKS = (
    Check("file names", "names of files and folders against models, clips and data sets", _file_names),
    Check("identifiers", "ids of stimuli: 10 hexadecimal digits", _identifiers),
    Check("names in files", "JSON, HTML, scripts, YAML and CSV against models, clips and data sets", _contents),
    Check("condition names", "JSON, HTML, scripts, YAML and CSV against names of conditions", _conditions),
    Check("page titles", "titles of the pages", _titles),
    Check("download names", "names under which pages save files", _downloads),
)
