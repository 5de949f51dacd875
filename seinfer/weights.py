"""Where the weights of a model lie, whether they are what they must be, and how they come here.

Files lie in `<folder>/<model>/<file>`. The rule: a path leaves this module only after its file was hashed and found
right (`seinfer.checks` says what is right), and only `pull` writes or opens a connection.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .checks import FileCheck, check, needs_pin, pin_path
from .errors import IntegrityError, MissingWeightsError, RegistryError, SeinferError
from .records import ModelSpec, WeightFile

if TYPE_CHECKING:
    from .transfer import Progress

State = Literal["none needed", "present", "missing", "damaged"]
_NO = ("", "0", "false", "no", "off")


def weights_dir() -> Path:
    """Return the folder of all weights: SEINFER_WEIGHTS_DIR, else seinfer/weights in the user's cache.

    It may not exist yet.

    Raises:
        SeinferError: there is no telling, because this user has no home folder.
    """
    import platformdirs

    own = os.environ.get("SEINFER_WEIGHTS_DIR", "")
    try:
        folder = Path(own).expanduser() if own else platformdirs.user_cache_path("seinfer", appauthor=False) / "weights"
    except RuntimeError as error:
        raise SeinferError(_homeless(str(error))) from error
    if not own and not folder.is_absolute():  # what older platformdirs make of a missing home
        raise SeinferError(_homeless(f"got {folder}"))
    return folder.absolute()


def _homeless(seen: str) -> str:
    return f"cannot tell where the weights folder is ({seen}): set SEINFER_WEIGHTS_DIR to a folder, or HOME"


def path_of(spec: ModelSpec, file: WeightFile) -> Path:
    """Return where a file of a model lies or would lie: the user's own where the table names one, used in place.

    Raises:
        RegistryError: a name is no plain file name.
    """
    if file.path:
        return Path(file.path)
    for name in (spec.name, file.name):
        if name in ("", ".", "..") or Path(name).name != name or "\\" in name:
            raise RegistryError(f"{spec.name}: {name!r} is no plain name for a file or folder")
    return weights_dir() / spec.name / file.name


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


def refuse_bad(spec: ModelSpec, found: FileCheck) -> None:
    """Do nothing for a file that is right.

    Raises:
        MissingWeightsError: it is not there, or cannot be read.
        IntegrityError: it is not what it must be.
    """
    if found.status == "ok":
        return
    error = MissingWeightsError if found.status in ("missing", "unreadable") else IntegrityError
    raise error(f"weights of {spec.name}: {found.problem}; {_remedy(spec, found)}")


def _remedy(spec: ModelSpec, found: FileCheck) -> str:
    file = next(file for file in spec.files if file.name == found.name)
    command = f"`seinfer models pull {spec.name}`"
    if file.path:
        return "correct path, sha256 or bytes in your models file, or put the right file there"
    if found.status == "unreadable":
        return "mend its permissions, or choose another folder with SEINFER_WEIGHTS_DIR"
    if found.status == "not pinned" and not file.sha256:
        return f"if you trust it, pin it with {command[:-1]} --from {found.path}`; if not, delete it and run {command}"
    return f"run {command}"


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
    from .pulling import Pull

    return Pull(spec, sources, is_offline=is_offline(offline), progress=progress).run()
