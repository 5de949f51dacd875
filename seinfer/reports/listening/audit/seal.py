"""Leaks of the key itself: a key in the test folder, a key that others can read, a commitment that does not fit."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator

from ....core.errors import IntegrityError
from ..key import verify
from .findings import Check, Finding, shortened
from .folder import AuditedFolder

_KEY_PARTS = (re.compile(r"""["']?\bsalt["']?\s*[:=]"""), re.compile(r"""["']?\bitems["']?\s*[:=]"""))
_SHARED_MODES = stat.S_IRWXG | stat.S_IRWXO


def _key_inside(folder: AuditedFolder) -> Iterator[Finding]:
    salt = folder.key.salt if folder.key else ""
    for entry in folder.entries:
        if entry.is_stimulus:
            continue
        text = folder.texts.get(entry.path) or folder.read(entry.path).decode("latin-1")
        if all(part.search(text) for part in _KEY_PARTS) or (salt and salt in text):
            yield Finding(
                "key inside",
                entry.path,
                "it contains the key or its salt",
                "the key outside of the test folder",
                "make a new test: whoever got this folder may know which model is which",
            )


def _key_mode(folder: AuditedFolder) -> Iterator[Finding]:
    if folder.key_path is None or not folder.key_path.exists():
        return
    mode = folder.key_path.stat().st_mode
    if mode & _SHARED_MODES:
        yield Finding(
            "key mode",
            str(folder.key_path),
            f"mode {stat.S_IMODE(mode):04o}: other users of this machine can read the key",
            "mode 0600",
            f"chmod 600 {folder.key_path}",
            "warning",
        )


def _seal(folder: AuditedFolder) -> Iterator[Finding]:
    if folder.key:
        try:
            verify(folder.key, folder.test)
        except IntegrityError as error:
            remedy = "use the key of this test; if the test was edited, make it again"
            yield Finding("commitment", "test.json", str(error), "the test to which the key belongs", remedy)


def _commitments(folder: AuditedFolder) -> Iterator[Finding]:
    """Every page and every sheet states the commitment of test.json, so that ratings belong to one key."""
    expected = folder.test.key_sha256
    odd = [path for path, text in folder.texts.items() if _is_rated(path) and expected not in text]
    if not re.fullmatch(r"[0-9a-f]{64}", expected):
        yield _without("test.json", f"key_sha256 is {json.dumps(expected)}")
    elif odd:
        yield _without(shortened(odd), f"{len(odd)} files do not contain {expected[:12]}...")


def _is_rated(path: str) -> bool:
    return path.startswith(("sessions/", "sheets/"))


def _without(where: str, value: str) -> Finding:
    expected = "the SHA-256 of the salted key in every page and sheet, so that nobody can exchange the key later"
    return Finding("commitment of files", where, value, expected, "make the test again with `seinfer blind make`")


CHECKS = (
    Check("key inside", "files that contain a key or its salt", _key_inside),
    Check("key mode", "who can read the key", _key_mode, needs_key=True),
    Check("commitment", "test.json against the commitment of the key", _seal, needs_key=True),
    Check("commitment of files", "commitment in each page and sheet", _commitments),
)
