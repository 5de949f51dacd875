"""The folder that a run writes to: new, empty, or a run folder.

In any other folder the files of the run would mix with files of the user, so it is refused unless the user forces it.
"""

from __future__ import annotations

from pathlib import Path

from ..clips.discovery import ESTIMATES, is_run_folder, resolved
from ..clips.pairing.messages import first_few
from ..core.errors import RunFolderError, UsageError
from ..core.urls import redacted, url_of
from ..models.registry import load_registry
from .journal import LOCK


def checked_out_folder(path: Path, *, force: bool = False, name: str = "out", remedy: str = "force=True") -> Path:
    """Return the run folder of a command or call, checked before anything is written.

    Hidden files do not count, nor do run folders inside it, such as that of `seinfer demo`.

    Args:
        path: the folder; it need not exist.
        force: accept a folder with any content.
        name: what the user calls it, for the message.
        remedy: how the user sets `force`, for the message.

    Raises:
        UsageError: it contains something else than a run, or its links lead in a circle.
        RunFolderError: it cannot be listed.
    """
    if url := url_of(path):
        raise UsageError(f"{name} is the URL {redacted(url)}; this command writes to a local folder only")
    resolved(path)
    if force or is_run_folder(path):
        return path
    if found := _other_files(path):
        raise UsageError(
            f"{name} {path} is neither empty nor a run folder: it contains {first_few(found)}; choose another folder, "
            f"or give {remedy} to write the files of the run among these"
        )
    return path


def _other_files(folder: Path) -> list[str]:
    """Return the names of what is not from a run, folders with "/" at the end; none if it is no folder yet."""
    try:
        entries = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunFolderError(
            f"{folder} cannot be used as run folder: {error.strerror or error}; choose another --out"
        ) from error
    return [
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in entries
        if not (entry.name.startswith(".") or entry.name == LOCK or is_run_folder(entry) or _has_only_models(entry))
    ]


def _has_only_models(folder: Path) -> bool:
    """Return whether a folder is the audio/ of a run whose journal was removed: it contains only folders of models."""
    if folder.name != ESTIMATES or not folder.is_dir():
        return False
    models = load_registry().names()
    return all(entry.is_dir() and entry.name in models for entry in folder.iterdir())
