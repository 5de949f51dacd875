"""Folders of empty files with telling names, and what pairing makes of them."""

from __future__ import annotations

from pathlib import Path

from seinfer.clips.pairing import ClipSet


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def pairs(clips: ClipSet, root: Path) -> dict[str, tuple[str, str]]:
    def short(path: str) -> str:
        return Path(path).relative_to(root).as_posix() if path else ""

    return {clip.clip_id: (short(clip.noisy_path), short(clip.clean_path)) for clip in clips.clips}
