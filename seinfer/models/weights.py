"""The weight files of a model: where they are, whether they are the expected ones, and how to get them.

Files are at `<folder>/<model>/<file>`. The rule: this module returns the path of a file only after its hash was checked
(`seinfer.models.download.checks`), and only `pull` writes files or opens a connection.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..core.records import ModelSpec, WeightFile
from .download.checks import FileCheck, check, require_ok
from .download.paths import path_of, weights_dir
from .download.pins import needs_pin, pin_path

if TYPE_CHECKING:
    from .download.progress import Progress

__all__ = ["FileCheck", "State", "is_offline", "locate", "path_of", "pull", "state", "verify", "weights_dir"]

State = Literal["none needed", "present", "missing", "damaged"]
_OFF_VALUES = ("", "0", "false", "no", "off")


def state(spec: ModelSpec) -> State:
    """Return the state of a model's files by their sizes alone, without reading them: for lists. It proves nothing."""
    if not spec.files:
        return "none needed"
    states = [_state_of_file(file, path_of(spec, file)) for file in spec.files]
    return "damaged" if "damaged" in states else "missing" if "missing" in states else "present"


def _state_of_file(file: WeightFile, path: Path) -> State:
    try:
        status = path.stat()
    except OSError:  # `verify` reports the reason
        return "missing"
    if not stat.S_ISREG(status.st_mode) or (file.bytes is not None and status.st_size != file.bytes):
        return "damaged"
    return "missing" if needs_pin(file) and not pin_path(path).is_file() else "present"


def verify(spec: ModelSpec) -> list[FileCheck]:
    """Read every file of a model and compare it with the model's table. Writes nothing.

    Raises:
        IntegrityError: a pin cannot be read.
    """
    return [check(file, path_of(spec, file)) for file in spec.files]


def locate(spec: ModelSpec) -> dict[str, Path]:
    """Return file name -> verified file. Reads them all; writes nothing, needs no network.

    Raises:
        MissingWeightsError: a file does not exist, or cannot be read.
        IntegrityError: a file is not the expected one.
    """
    checks = verify(spec)
    for found in checks:
        require_ok(spec, found)
    return {found.name: found.path for found in checks}


def is_offline(offline: bool) -> bool:
    """Return whether the network is off: because `offline` is set, or by SEINFER_OFFLINE."""
    return offline or os.environ.get("SEINFER_OFFLINE", "").strip().lower() not in _OFF_VALUES


def pull(
    spec: ModelSpec, *, sources: Sequence[Path] = (), offline: bool = False, progress: Progress | None = None
) -> dict[str, Path]:
    """Make sure that every file of a model is present and right; a file that is right already is not changed.

    Args:
        spec: the model.
        sources: files and folders of the user to look in before the network. In a folder a file is found by its hash,
            under any name; a single file is also accepted for the one file of a model that has no published hash.
        offline: open no connection; SEINFER_OFFLINE=1 has the same effect.
        progress: receives the progress of downloads.

    Returns:
        File name -> verified file.

    Raises:
        UsageError: a source does not exist.
        MissingWeightsError: a user's own file does not exist.
        DownloadError: a file could not be downloaded, or cannot be written.
        IntegrityError: a file is not the expected one.
    """
    from .download.pulling import Pull

    return Pull(spec, sources, is_offline=is_offline(offline), progress=progress).run()
