"""The leak audit of a listening test: every check over one test folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ....core.errors import UsageError
from ..key import read_key
from ..records import Key
from . import files, names, order, pages, seal, sound
from .findings import Check, Finding
from .folder import AuditedFolder

CHECKS: tuple[Check, ...] = (
    *names.CHECKS,
    *order.CHECKS,
    *files.CHECKS,
    *sound.CHECKS,
    *pages.CHECKS,
    *seal.CHECKS,
)
DATA_SETS = (
    "vctk",
    "voicebank",
    "valentini",
    "librispeech",
    "librivox",
    "dns-challenge",
    "dns2020",
    "audioset",
    "wsj0",
)
"""Names of data sets by which listeners of the field recognise clips."""


@dataclass(frozen=True)
class Audit:
    """Result of the audit.

    Attributes:
        findings: every leak.
        done: the checks that were done.
        not_done: the checks that need the key, if there was none.
    """

    findings: tuple[Finding, ...]
    done: tuple[Check, ...]
    not_done: tuple[Check, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The leaks that are not only warnings."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def audit(path: Path, key_path: Path | None, registered: Iterable[str], band: str = "native") -> Audit:
    """Look for everything by which a rater could recognise a model, a clip or the purpose of a stimulus.

    Args:
        path: a test folder, or a zip archive of one.
        key_path: the key; None to do only the checks that need none.
        registered: names and aliases of the models that are known here.
        band: "8k" if the test promises nothing above 8 kHz; "native" otherwise.

    Raises:
        UsageError: there is no such folder or key.
        IntegrityError: test.json or the key has not the form that `seinfer blind make` writes, or was edited.
    """
    key = read_key(key_path) if key_path else None
    promised = key.run.get("band", band) if key and band == "native" else band
    names_of = {*registered, *DATA_SETS, *((item.model for item in key.items) if key else ())}
    clips = _clip_names(key) if key else frozenset()
    folder = AuditedFolder(path, key=key, key_path=key_path, names=names_of, clip_names=clips, band=promised)
    if folder.test.test_id == "":
        raise UsageError(f"{path}/test.json has no test_id; expected a test that `seinfer blind make` wrote")
    done = tuple(check for check in CHECKS if key or not check.needs_key)
    not_done = tuple(check for check in CHECKS if check not in done)
    return Audit(tuple(finding for check in done for finding in check.find(folder)), done, not_done)


def _clip_names(key: Key) -> frozenset[str]:
    """Return the ids of the clips, and the last part of those that are paths."""
    clips = {item.clip_id for item in key.items}
    return frozenset((*clips, *(clip.split("/")[-1] for clip in clips))) - {""}
