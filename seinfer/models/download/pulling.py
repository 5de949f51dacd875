"""Bringing the files of one model into the weights folder: from copies that the user has, else from the network.

The rule: each file is written as a partial file, hashed there, pinned if no full hash is published, and only then
renamed to its final name. A file that is right already is not changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core.errors import DownloadError, IntegrityError, UsageError
from ...core.records import ModelSpec, WeightFile
from .checks import check, describe_hash, has_hash, require_ok
from .download import RemoteFile, download
from .mirrors import Mirror, open_mirror
from .partial_files import PartialFile, folder_lock, resumable_file, temporary_file
from .paths import path_of, pull_command
from .pins import expected_sha256, needs_pin, pin_path, read_pin, write_pin
from .progress import Progress
from .store import store_copy, store_members, store_partial


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
        missing = self._missing(self.spec.files)
        for mirror in self.mirrors:
            missing = self._copy_from(mirror, missing)
        missing = self._copy_file_without_hash(missing)
        if missing:
            self._refuse_unknown_files(missing)
            self._refuse_offline(missing)
            self._download_all(missing)
        return {file.name: self._path(file) for file in self.spec.files}

    def _path(self, file: WeightFile) -> Path:
        return path_of(self.spec, file)

    def _missing(self, files: Iterable[WeightFile]) -> list[WeightFile]:
        return [file for file in files if not self._is_present(file)]

    def _is_present(self, file: WeightFile) -> bool:
        """Return whether a file exists and is right; one that begins with the published digits is pinned now."""
        found = check(file, self._path(file))
        if file.path:
            require_ok(self.spec, found)
        if found.status == "not pinned" and has_hash(file):
            write_pin(found.path, found.sha256, found.bytes, "found in the weights folder")
            return True
        return found.status == "ok"

    # From copies of the user -----------------------------------------------------------------------------------------

    def _copy_from(self, mirror: Mirror, missing: list[WeightFile]) -> list[WeightFile]:
        """Copy the files that a mirror has, single files before archives; return those still missing."""
        rest = []
        for file in missing:
            source = self._find(mirror, file)
            if source is None:
                rest.append(file)
            else:
                store_copy(self.spec, file, source)
        for (url, sha256), files in _by_archive(rest).items():
            archive = mirror.find_archive(sha256, _base_name(url))
            if archive is not None:
                store_members(self.spec, files, archive, str(archive))
                rest = [file for file in rest if file not in files]
        return rest

    def _find(self, mirror: Mirror, file: WeightFile) -> Path | None:
        """Return a copy of a file, recognised by its hash; None if the mirror has none, or no hash is known."""
        if expected := expected_sha256(file, self._path(file)):
            return mirror.find(expected, file.bytes, file.name)
        return mirror.find_blob(file.git_sha1, file.bytes, file.name) if file.git_sha1 else None

    def _copy_file_without_hash(self, missing: list[WeightFile]) -> list[WeightFile]:
        """Copy the single file that the user names for the one file of the model without a published hash."""
        unmatched = [mirror for mirror in self.mirrors if self._is_unmatched(mirror)]
        without_hash = [file for file in self.spec.files if needs_pin(file) and not has_hash(file)]
        if not unmatched or not (missing or without_hash):
            return missing
        if len(without_hash) != 1 or read_pin(self._path(without_hash[0])):
            raise IntegrityError(self._unmatched_message(unmatched[0], without_hash))
        if len(unmatched) > 1:
            names = " and ".join(str(mirror.root) for mirror in unmatched)
            raise UsageError(f"--from {names}: expected one file for {without_hash[0].name} of {self.spec.name}")
        store_copy(self.spec, without_hash[0], unmatched[0].root)
        return [file for file in missing if file is not without_hash[0]]

    def _is_unmatched(self, mirror: Mirror) -> bool:
        """Return whether a mirror is a single file that matches no known hash of the model."""
        if mirror.root.is_dir() or not mirror.candidates:
            return False
        known = [expected_sha256(file, self._path(file)) for file in self.spec.files]
        known += [file.archive_sha256 for file in self.spec.files]
        blobs = (mirror.find_blob(file.git_sha1, file.bytes, file.name) for file in self.spec.files if file.git_sha1)
        if any(blobs):
            return False
        digest = mirror.digest(mirror.candidates[0])
        return not any(sha256 and digest.startswith(sha256) for sha256 in known)

    def _unmatched_message(self, unmatched: Mirror, without_hash: list[WeightFile]) -> str:
        digest = unmatched.digest(unmatched.candidates[0])
        expected = {f.name: self._describe(f) for f in self.spec.files}
        listed = ", ".join(f"{name} ({hashes})" for name, hashes in expected.items())
        pins = " or ".join(str(pin_path(self._path(file))) for file in without_hash if read_pin(self._path(file)))
        trust = f"; to trust the new file, delete {pins} first" if pins else ""
        return f"--from {unmatched.root}: has sha256 {digest}, expected a file of {self.spec.name}: {listed}{trust}"

    def _describe(self, file: WeightFile) -> str:
        sha256 = expected_sha256(file, self._path(file))
        return describe_hash(sha256, file.git_sha1) if sha256 or file.git_sha1 else "sha256 not known"

    # From the network ------------------------------------------------------------------------------------------------

    def _refuse_unknown_files(self, missing: list[WeightFile]) -> None:
        """Refuse to overwrite a file without any published hash, which the user may have put there."""
        for file in missing:
            found = check(file, self._path(file))
            if found.status == "not pinned":
                require_ok(self.spec, found)

    def _refuse_offline(self, missing: list[WeightFile]) -> None:
        if self.is_offline:
            names = ", ".join(file.name for file in missing)
            raise DownloadError(
                f"{self.spec.name}: {names} not in {self._path(missing[0]).parent}, and the network is off (offline "
                f"mode, SEINFER_OFFLINE); expected them there; {self._alternative()}"
            )

    def _download_all(self, files: list[WeightFile]) -> None:
        with folder_lock(self._path(files[0]).parent) as is_locked:
            open_partial = resumable_file if is_locked else temporary_file
            files = self._missing(files)  # another process may have downloaded some meanwhile
            for file in files:
                if not file.member:
                    with open_partial(self._path(file)) as partial:
                        self._download(file, partial)
            for (url, sha256), members in _by_archive(files).items():
                self._refuse_unverifiable(url, sha256, members)
                digits = (sha256 or hashlib.sha256(url.encode()).hexdigest())[:16]
                with open_partial(self._path(members[0]).with_name(f"archive-{digits}")) as partial:
                    self._download_members(url, sha256, members, partial)

    def _download(self, file: WeightFile, partial: PartialFile) -> None:
        path = self._path(file)
        expected = expected_sha256(file, path)
        pinned = f" after {pin_path(path)} was written (delete it to accept the new file)"
        hint = "" if expected == file.sha256 else pinned
        remote = RemoteFile(file.name, file.url, expected, file.bytes, self._alternative(), hint, file.git_sha1)
        size_bytes, digest = download(remote, partial, self.progress)
        store_partial(self.spec, file, partial, size_bytes, digest, file.url)

    def _refuse_unverifiable(self, url: str, sha256: str, members: list[WeightFile]) -> None:
        names = [file.name for file in members if needs_pin(file)]
        if names and not sha256:
            raise IntegrityError(
                f"{url}: the table of {self.spec.name} has no archive_sha256 and no full sha256 of {', '.join(names)}, "
                "expected one of them; not downloaded"
            )

    def _download_members(self, url: str, sha256: str, members: list[WeightFile], partial: PartialFile) -> None:
        download(RemoteFile(_base_name(url), url, sha256, None, self._alternative()), partial, self.progress)
        partial.is_kept = False  # if it lacks a member, another download would give the same
        store_members(self.spec, members, partial.path, url)

    def _alternative(self) -> str:
        """Return what to do if a download fails."""
        folders = ", ".join(str(mirror.root) for mirror in self.mirrors)
        errors = "; ".join(line for mirror in self.mirrors for line in mirror.unreadable)
        searched = f" (not found in {folders}{f'; unreadable there: {errors}' if errors else ''})" if folders else ""
        # A folder is searched by hash: without any known hash, no file in it can be recognised.
        is_known = any(expected_sha256(file, self._path(file)) or file.git_sha1 for file in self.spec.files)
        source = "DIR|FILE" if is_known else "FILE"
        return f"use a copy that you have: `{pull_command(self.spec)} --from {source}`{searched}"


def _by_archive(files: Iterable[WeightFile]) -> dict[tuple[str, str], list[WeightFile]]:
    """Return (URL, sha256) of each archive -> the files that are its members."""
    groups: dict[tuple[str, str], list[WeightFile]] = {}
    for file in files:
        if file.member:
            groups.setdefault((file.url, file.archive_sha256), []).append(file)
    return groups


def _base_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2] or "archive"
