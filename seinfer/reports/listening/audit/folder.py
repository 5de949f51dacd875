"""The test folder as the audit sees it: a folder, or a zip archive of one."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ....core.errors import IntegrityError, UsageError
from ..documents import test_from_json
from ..records import Item, Key, PublicTest
from .measure import Stimulus, measure

STIMULI = "stimuli"
_EMBEDDED = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_TEXT_SUFFIXES = frozenset(
    (".json", ".html", ".htm", ".js", ".css", ".csv", ".yaml", ".yml", ".txt", ".md", ".xml", ".tsv")
)


@dataclass(frozen=True)
class Entry:
    """One file of the test folder.

    Attributes:
        path: path in the folder, with "/".
        modified: time of the last change, as the folder or the archive stores it.
        link: what it points to, if it is a symbolic link; empty otherwise.
    """

    path: str
    modified: float
    link: str = ""

    @property
    def name(self) -> str:
        """File name with suffix."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """File name without suffix."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """Suffix in lower case, with the dot."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def is_stimulus(self) -> bool:
        """Whether it lies in the folder of the stimuli."""
        return PurePosixPath(self.path).parts[0] == STIMULI

    @property
    def is_text(self) -> bool:
        """Whether it is a file of text by its suffix."""
        return self.suffix in _TEXT_SUFFIXES


class AuditedFolder:
    """A test folder with the key, if it was given, and the results of reading each file once.

    Attributes:
        path: the folder or the zip archive.
        is_archive: whether it is an archive.
        entries: every file, in the order of the archive, or sorted by path.
        key: the key; None if it was not given.
        key_path: its file.
        names: names of models and data sets that must not appear.
        clip_names: names of clips that must not appear.
        band: "8k" if the test promises that nothing is above 8 kHz; "native" otherwise.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: Key | None = None,
        key_path: Path | None = None,
        names: Iterable[str] = (),
        clip_names: Iterable[str] = (),
        band: str = "native",
    ) -> None:
        """List the files.

        Raises:
            UsageError: there is no folder and no zip archive of this name.
        """
        self.path, self.key, self.key_path, self.band = path, key, key_path, band
        self.names, self.clip_names = frozenset(names), frozenset(clip_names)
        self.is_archive = path.is_file()
        self._inner = ""
        try:
            self.entries = tuple(self._archived() if self.is_archive else self._listed())
        except zipfile.BadZipFile as error:
            raise UsageError(
                f"{path} is not a zip archive ({error}); expected a test folder, or a zip of one"
            ) from error
        if not self.entries:
            raise UsageError(f"{path} contains no files; expected a test folder that `seinfer blind make` wrote")

    def _listed(self) -> Iterator[Entry]:
        if not self.path.is_dir():
            raise UsageError(f"{self.path} does not exist; expected a test folder, or a zip archive of one")
        for file in sorted(self.path.rglob("*")):
            if not file.is_dir():
                link = str(file.readlink()) if file.is_symlink() else ""
                yield Entry(file.relative_to(self.path).as_posix(), file.lstat().st_mtime, link)

    def _archived(self) -> list[Entry]:
        with zipfile.ZipFile(self.path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
        tops = {PurePosixPath(member.filename).parts[0] for member in members}
        has_inner = len(tops) == 1 and all("/" in member.filename for member in members)
        self._inner = f"{tops.pop()}/" if has_inner else ""
        return [Entry(member.filename.removeprefix(self._inner), _seconds(member)) for member in members]

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            UsageError: the archive is damaged or encrypted.
        """
        if not self.is_archive:
            return (self.path / path).read_bytes()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self._inner + path)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            # RuntimeError: it is encrypted. NotImplementedError: an unknown compression.
            raise UsageError(
                f"{self.path}: {path} cannot be read ({error}); make the archive again, without a password"
            ) from error

    def _json(self, path: str) -> object:
        try:
            return json.loads(self.read(path))
        except (ValueError, RecursionError) as error:
            raise IntegrityError(f"{self.path}/{path} is not a JSON file ({error}); make the test again") from error

    @cached_property
    def test(self) -> PublicTest:
        """The test, from test.json.

        Raises:
            UsageError: the file is absent.
            IntegrityError: it is not of the form that `seinfer blind make` writes.
        """
        if "test.json" not in self.paths:
            raise UsageError(
                f"{self.path} contains no test.json; expected a test folder that `seinfer blind make` wrote"
            )
        return test_from_json(self._json("test.json"), f"{self.path}/test.json")

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of all files."""
        return frozenset(entry.path for entry in self.entries)

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Path -> content of each file of text, without embedded sounds; `embedded` has these."""
        return {entry.path: _EMBEDDED.sub("", self._text(entry.path)) for entry in self.entries if entry.is_text}

    def embedded(self, path: str) -> list[str]:
        """Return the data in base64 that a file of text contains."""
        return _EMBEDDED.findall(self._text(path))

    def _text(self, path: str) -> str:
        return self.read(path).decode("utf-8", "replace")

    @cached_property
    def pages(self) -> Mapping[str, str]:
        """Path -> content of each HTML page."""
        return {path: text for path, text in self.texts.items() if path.lower().endswith((".html", ".htm"))}

    @cached_property
    def stimuli(self) -> tuple[Stimulus, ...]:
        """The files in stimuli/, measured, in the order of their names."""
        found = sorted((entry for entry in self.entries if entry.is_stimulus), key=lambda entry: entry.path)
        return tuple(measure(entry.stem, entry.path, self.read(entry.path)) for entry in found)

    @cached_property
    def measured(self) -> Mapping[str, Stimulus]:
        """Stimulus id -> measurements of the stimuli whose samples could be read."""
        return {one.stimulus_id: one for one in self.stimuli if one.is_measured}

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Stimulus id -> its entry in the key; empty without a key."""
        return {item.stimulus_id: item for item in self.key.items} if self.key else {}

    @property
    def comparable(self) -> list[list[Stimulus]]:
        """Groups of stimuli of the same clip: by the key, or the stimuli of each trial if there is no key."""
        groups: dict[str, list[Stimulus]] = {}
        if self.key:
            for item in self.key.items:
                if item.stimulus_id in self.measured and item.role in ("test", "noisy", "hidden_ref"):
                    groups.setdefault(item.clip_id, []).append(self.measured[item.stimulus_id])
        else:
            for session in self.test.sessions:
                for trial in session.trials:
                    ids = sorted({*trial.stimuli, *([trial.reference] if trial.reference else [])})
                    known = [self.measured[one] for one in ids if one in self.measured]
                    groups.setdefault(" ".join(ids), known)
        return [group for group in groups.values() if len(group) > 1]


def _seconds(member: zipfile.ZipInfo) -> float:
    """Return a number that is larger for later times; an archive stores no time zone."""
    year, month, day, hour, minute, second = member.date_time
    return float((((year * 12 + month) * 31 + day) * 24 + hour) * 3600 + minute * 60 + second)
