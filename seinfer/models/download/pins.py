"""Pins: the full sha256 of a weight file, recorded when it was first downloaded.

Where the authors publish only the first digits of the hash (facebookresearch/denoiser has them in its file names, the
convention of torch.hub) or no hash (santi-pdp/segan_pytorch), the full digest of the first file is recorded in
`<file>.pin.json` next to it, and each later use must match the pin.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...core.errors import IntegrityError
from ...core.records import WeightFile
from .partial_files import temporary_file

FULL_DIGITS = 64
_DIGEST = re.compile(r"[0-9a-f]{64}")


def expected_sha256(file: WeightFile, path: Path) -> str:
    """Return the digest that a file must have: the full published one, else the pinned one, else the published digits.

    A pin that contradicts the published digits belongs to an earlier version of the table, and is ignored.
    """
    pin = read_pin(path) if needs_pin(file) else ""
    return pin if pin and pin.startswith(file.sha256) else file.sha256


def needs_pin(file: WeightFile) -> bool:
    """Return whether less than a full digest is published. A user's own file needs no pin."""
    return not file.path and len(file.sha256) < FULL_DIGITS


def pin_path(path: Path) -> Path:
    """Return the path of the pin of a weight file."""
    return path.with_name(path.name + ".pin.json")


def read_pin(path: Path) -> str:
    """Return the pinned sha256 of a weight file, "" if none is pinned.

    Raises:
        IntegrityError: the pin exists but is not valid.
    """
    pin = pin_path(path)
    try:
        digest = json.loads(pin.read_text(encoding="utf-8"))["sha256"]
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(_invalid_pin(pin, repr(error))) from error
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise IntegrityError(_invalid_pin(pin, repr(digest)))
    return digest


def _invalid_pin(pin: Path, seen: str) -> str:
    return (
        f"{pin}: is not a valid pin ({seen}); expected JSON with a sha256 of {FULL_DIGITS} hex digits; "
        "restore it, or delete it together with its file and pull the model again"
    )


def write_pin(path: Path, sha256: str, size_bytes: int, origin: str) -> None:
    """Pin the digest of a weight file for all later uses.

    Args:
        path: the weight file.
        sha256: its full digest.
        size_bytes: its size.
        origin: where it came from, for a person who reads the pin.
    """
    text = json.dumps({"sha256": sha256, "bytes": size_bytes, "origin": origin}, indent=1) + "\n"
    with temporary_file(pin_path(path)) as partial:
        partial.write(text.encode())
        partial.rename(pin_path(path))
