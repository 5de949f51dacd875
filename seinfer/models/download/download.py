"""One file from the network, complete and verified, or an error that contains its address and what else to do.

The hash decides, not the server: a partial file of an earlier try is continued, and downloaded anew if the complete
file then has the wrong hash.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...core.errors import DownloadError, IntegrityError
from ...core.hashing import git_blob_id
from . import transport
from .checks import content_hint, describe_hash, size_and_sha256
from .partial_files import PartialFile
from .progress import NoProgress, Progress
from .transport import ConnectionLostError, RangeRefusedError


@dataclass(frozen=True)
class RemoteFile:
    """A file to download.

    Attributes:
        name: for the progress display.
        url: http or https.
        sha256: its expected digest, or the first digits; empty if unknown.
        bytes: its size, None if unknown.
        alternative: what to do if the download fails.
        git_sha1: its id as a blob of git; empty if unknown.
        hint: a further possible cause of an unexpected digest; may be empty.
    """

    name: str
    url: str
    sha256: str
    bytes: int | None
    alternative: str
    hint: str = ""
    git_sha1: str = ""

    @property
    def has_hash(self) -> bool:
        """Whether anything tells that a complete file is the right one."""
        return bool(self.sha256 or self.git_sha1)


def download(file: RemoteFile, partial: PartialFile, progress: Progress | None = None) -> tuple[int, str]:
    """Complete `partial` from the network and verify it.

    Returns:
        Its size in bytes and full sha256.

    Raises:
        DownloadError: it could not be downloaded; the bytes received are kept for the next try.
        IntegrityError: the server sent another file; nothing is kept.
    """
    if not file.url.lower().startswith(("http://", "https://")):
        raise DownloadError(f"{file.url}: is not a web address, expected http:// or https://; {file.alternative}")
    # Without a hash, nothing would detect a file joined from two different ones: it is downloaded in one piece.
    partial.is_kept = partial.is_kept and file.has_hash
    progress = progress or NoProgress()
    try:
        is_continued = _complete(file, partial, progress)
        size_bytes, digest = size_and_sha256(partial.path)
        if is_continued and not _matches(file, partial, size_bytes, digest):
            partial.restart()
            _complete(file, partial, progress)
            size_bytes, digest = size_and_sha256(partial.path)
        _refuse_wrong_file(file, partial, size_bytes, digest)
    except IntegrityError as error:
        partial.is_kept = False
        raise IntegrityError(f"{error}; {file.alternative}") from error
    except DownloadError as error:
        is_useful = partial.is_kept and partial.size_bytes > 0
        kept = f"; {partial.size_bytes:,} bytes are kept, and the next try continues there" if is_useful else ""
        raise DownloadError(f"{error}{kept}; try again later, or {file.alternative}") from error
    return size_bytes, digest


def _complete(file: RemoteFile, partial: PartialFile, progress: Progress) -> bool:
    """Download the missing part with a few tries; return whether the file consists of more than one answer."""
    limits = transport.LIMITS
    for attempt in range(1, limits.tries + 1):
        if not file.has_hash or partial.size_bytes > (file.bytes or transport.MAX_FILE_BYTES):
            partial.restart()
        if partial.size_bytes == file.bytes:
            return True
        try:
            return transport.receive(file.url, partial, file.bytes, file.name, progress) > 0
        except RangeRefusedError:
            return True
        except ConnectionLostError:
            if attempt == limits.tries:
                raise
            time.sleep(limits.pause_s * attempt)
    raise ValueError(f"expected at least one try, got {limits.tries}")


def _matches(file: RemoteFile, partial: PartialFile, size_bytes: int, digest: str) -> bool:
    if file.git_sha1 and git_blob_id(partial.path) != file.git_sha1:
        return False
    return digest.startswith(file.sha256) and file.bytes in (None, size_bytes)


def _refuse_wrong_file(file: RemoteFile, partial: PartialFile, size_bytes: int, digest: str) -> None:
    with partial.path.open("rb") as content:
        hint = content_hint(content.read(64))
    if not file.has_hash and hint:
        raise IntegrityError(f"{file.url}: the server sent no weights{hint}")
    if not _matches(file, partial, size_bytes, digest):
        size = "" if file.bytes is None else f" and {file.bytes:,} bytes"
        raise IntegrityError(
            f"{file.url}: the file received has sha256 {digest} and {size_bytes:,} bytes, "
            f"expected {describe_hash(file.sha256, file.git_sha1)}{size}{hint}. Likely causes: a proxy or login page "
            f"answered instead, or the authors replaced the file{file.hint}; nothing was kept"
        )
