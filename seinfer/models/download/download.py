"""A file from the network, complete and verified, or an error that says where it comes from and what else to do.

The hash decides, not the server: what an earlier try left is continued (RFC 9110, 14.2), and begun anew where the whole
then has the wrong hash.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...core.errors import DownloadError, IntegrityError
from . import exchange
from .checks import in_words, measure
from .exchange import MAX_FILE_BYTES, PassingError, RangeRefusedError, look
from .partials import Partial
from .transfer import Progress, transfer


@dataclass(frozen=True)
class Wanted:
    """A file to be fetched.

    Attributes:
        name: for the progress display.
        url: http or https.
        sha256: what its digest must be or begin with; empty where nothing is known.
        bytes: its size, None where it is not known.
        hint: what an unexpected digest may mean beyond the usual; may be empty.
        way_out: what to do when the download fails.
    """

    name: str
    url: str
    sha256: str
    bytes: int | None
    way_out: str
    hint: str = ""


def fetch(wanted: Wanted, partial: Partial, progress: Progress | None = None) -> tuple[int, str]:
    """Complete `partial` from the network and verify it.

    Returns:
        Its size in bytes and full sha256.

    Raises:
        DownloadError: it did not come; what came is kept for the next try.
        IntegrityError: what came is not the file; nothing is kept.
    """
    if not wanted.url.lower().startswith(("http://", "https://")):
        raise DownloadError(f"{wanted.url}: is no web address, expected http:// or https://; {wanted.way_out}")
    # Without a hash nothing could tell a file that was put together wrongly: it comes in one piece or not at all.
    partial.is_kept = partial.is_kept and bool(wanted.sha256)
    try:
        is_continued = _complete(wanted, partial, progress)
        size_bytes, digest = measure(partial.path)
        if is_continued and not _fits(wanted, size_bytes, digest):
            partial.restart()
            _complete(wanted, partial, progress)
            size_bytes, digest = measure(partial.path)
        _refuse_wrong(wanted, partial, size_bytes, digest)
    except IntegrityError as error:
        partial.is_kept = False
        raise IntegrityError(f"{error}; {wanted.way_out}") from error
    except DownloadError as error:
        is_of_use = partial.is_kept and partial.size_bytes > 0
        kept = f"; {partial.size_bytes:,} bytes are kept, and the next try goes on from there" if is_of_use else ""
        raise DownloadError(f"{error}{kept}; try again later, or {wanted.way_out}") from error
    return size_bytes, digest


def _complete(wanted: Wanted, partial: Partial, progress: Progress | None) -> bool:
    """Fetch what is missing, with a few tries; return whether the file was put together from more than one answer."""
    for attempt in range(1, exchange.LIMITS.tries + 1):
        if not wanted.sha256 or partial.size_bytes > (wanted.bytes or MAX_FILE_BYTES):
            partial.restart()
        if partial.size_bytes == wanted.bytes:
            return True
        try:
            return transfer(wanted.url, partial, wanted.bytes, name=wanted.name, progress=progress) > 0
        except RangeRefusedError:
            return True
        except PassingError:
            if attempt == exchange.LIMITS.tries:
                raise
            time.sleep(exchange.LIMITS.pause_s * attempt)
    raise ValueError(f"expected at least one try, got {exchange.LIMITS.tries}")


def _fits(wanted: Wanted, size_bytes: int, digest: str) -> bool:
    return digest.startswith(wanted.sha256) and wanted.bytes in (None, size_bytes)


def _refuse_wrong(wanted: Wanted, partial: Partial, size_bytes: int, digest: str) -> None:
    with partial.path.open("rb") as file:
        appearance = look(file.read(64))
    if not wanted.sha256 and appearance:
        raise IntegrityError(f"{wanted.url}: what came are no weights{appearance}")
    if not _fits(wanted, size_bytes, digest):
        size = "" if wanted.bytes is None else f" and {wanted.bytes:,} bytes"
        raise IntegrityError(
            f"{wanted.url}: what came has sha256 {digest} and {size_bytes:,} bytes, "
            f"expected sha256 {in_words(wanted.sha256)}{size}{appearance}. Likely causes: a proxy or login page in "
            f"between, or the authors replaced the file{wanted.hint}; nothing was kept"
        )
