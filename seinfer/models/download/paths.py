"""Paths of weight files: the weights folder, and the file of each model in it."""

from __future__ import annotations

import os
from pathlib import Path

from ...core.errors import RegistryError, SeinferError
from ...core.records import ModelSpec, WeightFile


def weights_dir() -> Path:
    """Return the folder of all weights: SEINFER_WEIGHTS_DIR, else seinfer/weights in the user's cache.

    It may not exist yet.

    Raises:
        SeinferError: it cannot be determined, because this user has no home folder.
    """
    own = os.environ.get("SEINFER_WEIGHTS_DIR", "")
    try:
        folder = Path(own).expanduser() if own else _cache_dir() / "weights"
    except RuntimeError as error:
        raise SeinferError(_no_home_message(str(error))) from error
    if not own and not folder.is_absolute():  # older platformdirs return this if the home folder is missing
        raise SeinferError(_no_home_message(f"got {folder}"))
    return folder.absolute()


def _cache_dir() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("seinfer", appauthor=False)


def _no_home_message(seen: str) -> str:
    return f"the weights folder cannot be determined ({seen}): set SEINFER_WEIGHTS_DIR to a folder, or HOME"


def pull_command(spec: ModelSpec) -> str:
    """Return the command that fetches the files: those of a metric's network are described without a backend."""
    return f"seinfer {'models' if spec.backend else 'metrics'} pull {spec.name}"


def path_of(spec: ModelSpec, file: WeightFile) -> Path:
    """Return the path of a file of a model: the user's own path if the table contains one, else in the weights folder.

    Raises:
        RegistryError: a name is not a plain file name.
    """
    if file.path:
        return Path(file.path)
    for name in (spec.name, file.name):
        if name in ("", ".", "..") or Path(name).name != name or "\\" in name:
            raise RegistryError(f"{spec.name}: {name!r} is not a plain name for a file or folder")
    return weights_dir() / spec.name / file.name
