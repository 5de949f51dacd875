"""How the files of one model come into the weights folder: from the user's own copies, else from the network.

The rule: every file goes through a file under construction, is hashed there, is pinned where no full hash is published,
and only then gets its name. What is right already is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from ...core.errors import DownloadError, IntegrityError, UsageError
from ...core.records import ModelSpec, WeightFile
from .archives import MAX_UNPACKED_BYTES, unpack
from .checks import CHUNK_BYTES, check, expected_sha256, in_words, measure, needs_pin, pin_path, read_pin, write_pin
from .download import Wanted, fetch
from .exchange import look
from .mirrors import Mirror, open_mirror
from .partials import Partial, claim, private
from .places import path_of, refuse_bad
from .transfer import Progress


class Pull:
    """One call of `seinfer.models.weights.pull`."""

    def __init__(
        self, spec: ModelSpec, sources: Sequence[Path], *, is_offline: bool, progress: Progress | None
    ) -> None:
        self.spec = spec
        self.mirrors = [open_mirror(source) for source in sources]
        self.is_offline = is_offline
        self.progress = progress

    def run(self) -> dict[str, Path]:
        """Bring every file, and return file name -> verified file."""
        missing = [file for file in self.spec.files if not self._is_settled(file)]
        for mirror in self.mirrors:
            missing = self._from_mirror(mirror, missing)
        missing = self._from_strangers(missing)
        if missing:
            self._from_network(missing)
        return {file.name: self._path(file) for file in self.spec.files}

    def _path(self, file: WeightFile) -> Path:
        return path_of(self.spec, file)

    def _is_settled(self, file: WeightFile) -> bool:
        """Return whether a file is there and right; one that begins as published is pinned by that."""
        found = check(file, self._path(file))
        if file.path:
            refuse_bad(self.spec, found)
        if found.status == "not pinned" and file.sha256:
            write_pin(found.path, found.sha256, found.bytes, "found in the weights folder")
            return True
        return found.status == "ok"

    # From the user's own copies -------------------------------------------------------------------------------------

    def _from_mirror(self, mirror: Mirror, missing: list[WeightFile]) -> list[WeightFile]:
        """Take what a mirror has, loose files before archives; return what is missing still."""
        rest = []
        for file in missing:
            expected = expected_sha256(file, self._path(file))
            source = mirror.find(expected, file.bytes, file.name) if expected else None
            if source is None:
                rest.append(file)
            else:
                self._copy(file, source)
        for (url, sha256), files in _by_archive(rest).items():
            archive = mirror.find_archive(sha256, _base_name(url))
            if archive is not None:
                self._unpack(archive, files, str(archive))
                rest = [file for file in rest if file not in files]
        return rest

    def _from_strangers(self, missing: list[WeightFile]) -> list[WeightFile]:
        """Take a single file that the user names for the one file of which no hash is published."""
        strangers = [mirror for mirror in self.mirrors if self._is_stranger(mirror)]
        unknown = [file for file in self.spec.files if needs_pin(file) and not file.sha256]
        if not strangers or not (missing or unknown):
            return missing
        stranger = strangers[0]
        if len(unknown) != 1 or read_pin(self._path(unknown[0])):
            raise IntegrityError(self._stranger_message(stranger, unknown))
        if len(strangers) > 1:
            names = " and ".join(str(mirror.root) for mirror in strangers)
            raise UsageError(f"--from {names}: expected one file for {unknown[0].name} of {self.spec.name}")
        self._copy(unknown[0], stranger.root)
        return [file for file in missing if file is not unknown[0]]

    def _is_stranger(self, mirror: Mirror) -> bool:
        """Return whether a mirror is a single file that no hash of the model speaks for."""
        if mirror.root.is_dir() or not mirror.candidates:
            return False
        known = [expected_sha256(file, self._path(file)) for file in self.spec.files]
        known += [file.archive_sha256 for file in self.spec.files]
        digest = mirror.digest(mirror.candidates[0])
        return not any(sha256 and digest.startswith(sha256) for sha256 in known)

    def _stranger_message(self, stranger: Mirror, unknown: list[WeightFile]) -> str:
        digest = stranger.digest(stranger.candidates[0])
        expected = {f.name: expected_sha256(f, self._path(f)) or "not known" for f in self.spec.files}
        listed = ", ".join(f"{name} (sha256 {sha256})" for name, sha256 in expected.items())
        pins = " or ".join(str(pin_path(self._path(file))) for file in unknown if read_pin(self._path(file)))
        trust = f"; to trust the new file, delete {pins} first" if pins else ""
        return f"--from {stranger.root}: has sha256 {digest}, expected a file of {self.spec.name}: {listed}{trust}"

    def _copy(self, file: WeightFile, source: Path) -> None:
        def copy() -> None:
            with source.open("rb") as stream:
                self._receive(file, stream, str(source))

        _reading(source, copy)

    def _unpack(self, archive: Path, files: Iterable[WeightFile], origin: str) -> None:
        by_member = {file.member: file for file in files}

        def receive(member: str, stream: IO[bytes]) -> None:
            self._receive(by_member[member], stream, f"{origin}, member {member}")

        _reading(archive, lambda: unpack(archive, by_member, receive, origin=origin))

    def _receive(self, file: WeightFile, stream: IO[bytes], origin: str) -> None:
        """Copy a stream into the weights folder, as far as the file may be long."""
        limit_bytes = MAX_UNPACKED_BYTES if file.bytes is None else file.bytes
        with private(self._path(file)) as partial:
            partial.needed_bytes = file.bytes
            while chunk := stream.read(CHUNK_BYTES):
                partial.write(chunk)
                if partial.size_bytes > limit_bytes:
                    raise IntegrityError(f"{origin}: is longer than {limit_bytes:,} bytes, expected no more; not taken")
            self._settle(file, partial, *measure(partial.path), origin)

    def _settle(self, file: WeightFile, partial: Partial, size_bytes: int, digest: str, origin: str) -> None:
        """Give a complete file its name, if it is what it must be."""
        path = self._path(file)
        expected = expected_sha256(file, path)
        with partial.path.open("rb") as begun:
            appearance = look(begun.read(64))
        if not digest.startswith(expected) or file.bytes not in (None, size_bytes) or (appearance and not expected):
            size = "" if file.bytes is None else f" and {file.bytes:,} bytes"
            raise IntegrityError(
                f"{origin}: {file.name} there has sha256 {digest} and {size_bytes:,} bytes, "
                f"expected sha256 {in_words(expected)}{size}{appearance}; not taken"
            )
        if needs_pin(file):
            write_pin(path, digest, size_bytes, origin)
        partial.place(path)

    # From the network -----------------------------------------------------------------------------------------------

    def _from_network(self, missing: list[WeightFile]) -> None:
        for file in missing:
            found = check(file, self._path(file))
            if (
                found.status == "not pinned"
            ):  # no hash at all: fetching would overwrite what the user may have put there
                refuse_bad(self.spec, found)
        if self.is_offline:
            names = ", ".join(file.name for file in missing)
            raise DownloadError(
                f"{self.spec.name}: {names} not in {self._path(missing[0]).parent}, and the network is off (offline "
                f"mode, SEINFER_OFFLINE); expected them there; {self._way_out()}"
            )
        archived = _by_archive(missing)
        for file in missing:
            if not file.member:
                self._download(file)
        for (url, sha256), files in archived.items():
            self._download_archive(url, sha256, files)

    def _download(self, file: WeightFile) -> None:
        path = self._path(file)
        with claim(path) as partial:
            if self._is_settled(file):  # another process was faster
                partial.is_kept = False
                return
            expected = expected_sha256(file, path)
            pinned = (
                f" after {pin_path(path)} was written (delete it to accept theirs)" if expected != file.sha256 else ""
            )
            wanted = Wanted(file.name, file.url, expected, file.bytes, self._way_out(), pinned)
            self._settle(file, partial, *fetch(wanted, partial, self.progress), file.url)

    def _download_archive(self, url: str, sha256: str, files: list[WeightFile]) -> None:
        if not sha256 and (loose := [file.name for file in files if needs_pin(file)]):
            raise IntegrityError(
                f"{url}: the table of {self.spec.name} has no archive_sha256 and no full sha256 of {', '.join(loose)}, "
                "expected the one or the other; not opened"
            )
        mark = sha256 or hashlib.sha256(url.encode()).hexdigest()
        with claim(self._path(files[0]).with_name(f"archive-{mark[:16]}")) as partial:
            files = [file for file in files if not self._is_settled(file)]
            if files:
                fetch(Wanted(_base_name(url), url, sha256, None, self._way_out()), partial, self.progress)
                try:
                    self._unpack(partial.path, files, url)
                except IntegrityError:
                    partial.is_kept = False  # another download would bring the same
                    raise
            partial.is_kept = False

    def _way_out(self) -> str:
        looked = ", ".join(str(mirror.root) for mirror in self.mirrors)
        closed = "; ".join(line for mirror in self.mirrors for line in mirror.unreadable)
        searched = f" (not found in {looked}{f'; unreadable there: {closed}' if closed else ''})" if looked else ""
        # A folder is searched by hash: where none is known, nothing in it can be recognised.
        is_known = any(expected_sha256(file, self._path(file)) for file in self.spec.files)
        source = "DIR|FILE" if is_known else "FILE"
        return f"take it from a copy that you have: `seinfer models pull {self.spec.name} --from {source}`{searched}"


def _by_archive(files: Iterable[WeightFile]) -> dict[tuple[str, str], list[WeightFile]]:
    """Group the members among the files by the archive that they are in."""
    groups: dict[tuple[str, str], list[WeightFile]] = {}
    for file in files:
        if file.member:
            groups.setdefault((file.url, file.archive_sha256), []).append(file)
    return groups


def _base_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2] or "archive"


def _reading(source: Path, work: Callable[[], None]) -> None:
    """Do work that reads `source`; what the weights folder refuses is an error with words of its own already."""
    try:
        work()
    except OSError as error:
        raise DownloadError(f"{source}: cannot be read ({error.strerror or error}); mend it or take another") from error
