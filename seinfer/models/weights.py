"""Where the weights of a model lie, whether they are what they must be, and how they come here.

Files lie in `<folder>/<model>/<file>`. The rule: a path leaves this module only after its file was hashed and found
right (`seinfer.models.download.checks` says what is right), and only `pull` writes or opens a connection.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..core.records import ModelSpec, WeightFile
from .download.checks import FileCheck, check, needs_pin, pin_path
from .download.places import path_of, refuse_bad, weights_dir

if TYPE_CHECKING:
    from .download.transfer import Progress

__all__ = ["FileCheck", "State", "is_offline", "locate", "path_of", "pull", "state", "verify", "weights_dir"]

State = Literal["none needed", "present", "missing", "damaged"]
_NO = ("", "0", "false", "no", "off")


def state(spec: ModelSpec) -> State:
    """Return how a model's files stand by their sizes alone, without reading them: for lists. Not a proof."""
    if not spec.files:
        return "none needed"
    states = [_glance(file, path_of(spec, file)) for file in spec.files]
    return "damaged" if "damaged" in states else "missing" if "missing" in states else "present"


def _glance(file: WeightFile, path: Path) -> State:
    try:
        status = path.stat()
    except OSError:  # whatever keeps it from being seen, `verify` has the reason
        return "missing"
    if not stat.S_ISREG(status.st_mode) or (file.bytes is not None and status.st_size != file.bytes):
        return "damaged"
    return "missing" if needs_pin(file) and not pin_path(path).is_file() else "present"


def verify(spec: ModelSpec) -> list[FileCheck]:
    """Read every file of a model and say what it is. Writes nothing.

    Raises:
        IntegrityError: a pin cannot be read.
    """
    return [check(file, path_of(spec, file)) for file in spec.files]


def locate(spec: ModelSpec) -> dict[str, Path]:
    """Return file name -> verified file. Reads them all; writes nothing, needs no network.

    Raises:
        MissingWeightsError: a file is not there.
        IntegrityError: a file is not what it must be.
    """
    checks = verify(spec)
    for found in checks:
        refuse_bad(spec, found)
    return {found.name: found.path for found in checks}


def is_offline(offline: bool) -> bool:
    """Return whether the network is off: as asked for, or by SEINFER_OFFLINE."""
    return offline or os.environ.get("SEINFER_OFFLINE", "").strip().lower() not in _NO


def pull(
    spec: ModelSpec, *, sources: Sequence[Path] = (), offline: bool = False, progress: Progress | None = None
) -> dict[str, Path]:
    """Make sure that every file of a model is there and right; what is right already is kept.

    Args:
        spec: the model.
        sources: files and folders of the user to look in before the network. In a folder a file is found by its hash,
            whatever its name; a single file also serves the one file of a model whose hash nobody published.
        offline: open no connection; so does SEINFER_OFFLINE=1.
        progress: is told of downloads.

    Returns:
        File name -> verified file.

    Raises:
        UsageError: a source does not exist.
        MissingWeightsError: a user's own file is not there.
        DownloadError: a file did not come, or cannot be written.
        IntegrityError: what came, or what lies there, is not what it must be.
    """
    from .download.pulling import Pull

    return Pull(spec, sources, is_offline=is_offline(offline), progress=progress).run()
