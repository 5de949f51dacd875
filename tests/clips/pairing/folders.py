"""Folders of empty files for the tests of pairing, and the pairs of a ClipSet as short paths."""

from __future__ import annotations

import json
from pathlib import Path

from seinfer.clips.pairing import ClipSet


def tree(root: Path, *names: str) -> Path:
    """Create empty files below a folder and return the folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def json_list(path: Path, *files: object) -> Path:
    """Write a list of files in the format of facebookresearch/denoiser."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([[str(file), 16000] for file in files]))
    return path


def pairs(clips: ClipSet, root: Path) -> dict[str, tuple[str, str]]:
    """Return clip_id -> (noisy, clean), with paths relative to `root` and "" for no clean file."""

    def short(path: str) -> str:
        return Path(path).relative_to(root).as_posix() if path else ""

    return {clip.clip_id: (short(clip.noisy_path), short(clip.clean_path)) for clip in clips.clips}
