"""Where the weights of a model lie, and what to say of one that is not right."""

from __future__ import annotations

import os
from pathlib import Path

from ...core.errors import IntegrityError, MissingWeightsError, RegistryError, SeinferError
from ...core.records import ModelSpec, WeightFile
from .checks import FileCheck


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
