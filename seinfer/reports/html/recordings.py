"""The audio files of a run for the players of a page: encoded, with a picture and a level.

The files of one clip have equal weight: their pictures share one scale, and their levels are compared by active speech
level (ITU-T P.56), so that a page can play them equally loud. To match levels, files are only attenuated, to the lowest
level among them; a file that is more than MAX_ATTENUATION_DB below the loudest one is left as it is and does not count.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from ...analysis.results import Results
from ...audio.levels import speech_level
from ...audio.opus import ESTIMATED_BYTES_PER_S, MAX_CHANNELS, as_opus
from ...audio.reading import Audio, read
from ...clips.discovery import estimate_path
from ...clips.external import open_folder
from ...core.devices import cores
from ...core.errors import AudioError, SeinferError
from ...core.hashing import sha256_of
from ...core.records import BASELINE, Clip

CLEAN = "clean"
"""Name of the reference among the sources of a clip."""
MAX_ATTENUATION_DB = 20.0
_BASE64 = 4 / 3


@dataclass(frozen=True)
class Recording:
    """One audio file of a clip, for a page.

    Attributes:
        source: name of the model, or CLEAN.
        url: of the audio, relative to the page or with the data in it; empty if there is no audio.
        picture: spectrogram as a data URL; empty if there is no audio.
        gain_db: gain that matches the level to that of the other files, never above 0; None if it is unknown.
        problem: why there is no audio; empty if there is.
    """

    source: str
    url: str = ""
    picture: str = ""
    gain_db: float | None = None
    problem: str = ""


@dataclass
class AudioFiles:
    """Finds the audio files of a run.

    Attributes:
        run_folder: the folder.
        results: all rows of the run.
        models: its models, in the order in which they are shown.
    """

    run_folder: Path
    results: Results
    models: Sequence[str]
    _folders: dict[str, Mapping[str, Path]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Noisy, CLEAN if a clip has a reference, then the other models in their order."""
        clean = [CLEAN] if any(clip.clean_path for clip in self.results.clips) else []
        noisy = [model for model in self.models if model == BASELINE]
        return (*noisy, *clean, *(model for model in self.models if model != BASELINE))

    def path(self, clip: Clip, source: str) -> Path | None:
        """Return the file of a clip; None if it has none, which `Recording.problem` explains."""
        if source == CLEAN:
            return Path(clip.clean_path) if clip.clean_path else None
        if self.results.header["models"][source].get("folder"):
            return self._external(source).get(clip.clip_id)
        path = estimate_path(self.run_folder, source, clip.clip_id)
        if source == BASELINE and not path.exists():
            return Path(clip.noisy_path)
        return path

    def expected_sha256(self, clip: Clip, source: str) -> str:
        """Return the digest of the file that was scored; "" if it is unknown."""
        if source == CLEAN:
            return clip.clean_sha256
        path, done = self.path(clip, source), self.results.rows[clip.clip_id, source].enhancement
        if source == BASELINE and path == Path(clip.noisy_path):
            return clip.noisy_sha256
        return done.estimate_sha256 if done else ""

    def _external(self, model: str) -> Mapping[str, Path]:
        if model not in self._folders:
            folder = Path(self.results.header["models"][model]["folder"])
            try:
                clips = [clip.clip_id for clip in self.results.clips]
                self._folders[model] = open_folder(model, folder, clips, exclude=[self.run_folder]).files
            except SeinferError:  # the folder was removed or changed after the run
                self._folders[model] = {}
        return self._folders[model]


def estimated_bytes(clips: Sequence[Clip], n_sources: int) -> int:
    """Return about how many bytes the audio of a page takes inside it."""
    seconds = sum(clip.duration_s * min(max(1, clip.channels), MAX_CHANNELS) for clip in clips)
    return round(seconds * n_sources * ESTIMATED_BYTES_PER_S * _BASE64)


def recordings(
    files: AudioFiles, clips: Sequence[Clip], page_folder: Path, *, is_embedded: bool
) -> Iterator[tuple[Recording, ...]]:
    """Yield the recordings of each clip, in the order of `AudioFiles.sources`.

    Args:
        files: of the run.
        clips: the clips of the page.
        page_folder: folder that the page is written to.
        is_embedded: put the audio into the page; otherwise link the files of the run.
    """
    for clip in clips:
        for source in files.sources:
            files.path(clip, source)  # folders of other programs are searched once, before the threads start
    pool = ThreadPoolExecutor(cores())  # the encoder and the filters release the lock of the interpreter
    try:
        yield from pool.map(lambda clip: _of_clip(files, clip, page_folder, is_embedded=is_embedded), clips)
    finally:  # on Ctrl-C only the clips that have begun are finished
        pool.shutdown(cancel_futures=True)


def _of_clip(files: AudioFiles, clip: Clip, page_folder: Path, *, is_embedded: bool) -> tuple[Recording, ...]:
    from ..figures.spectrogram import spectrogram_webp, top_level_db

    sources = [source for source in files.sources if source != CLEAN or clip.clean_path]
    read_files = {source: _read(files, clip, source) for source in sources}
    sounds = {source: audio for source, audio in read_files.items() if isinstance(audio, Audio)}
    tops = [top for one in sounds.values() if (top := top_level_db([one.samples], one.sample_rate)) is not None]
    gains = _gains(sounds)
    found = []
    for source, audio in read_files.items():
        if not isinstance(audio, Audio):
            found.append(Recording(source, problem=audio))
            continue
        picture = spectrogram_webp(audio.samples, audio.sample_rate, top_db=max(tops, default=None))
        url = _data_url("audio/ogg", as_opus(audio.samples, audio.sample_rate)) if is_embedded else ""
        url = url or _link(files.path(clip, source), page_folder)
        found.append(Recording(source, url, _data_url("image/webp", picture), gains.get(source)))
    return tuple(found)


def _read(files: AudioFiles, clip: Clip, source: str) -> Audio | str:
    """Return the samples of a file, or why there are none."""
    row = files.results.rows.get((clip.clip_id, source))
    if row and not row.is_ok and (row.clip.problem or not row.own_score):
        return row.error
    path = files.path(clip, source)
    if path is None or not path.is_file():
        return "the audio file is not there any more"
    try:
        if files.expected_sha256(clip, source) not in ("", sha256_of(path)):
            return "the audio file was changed after it was scored"
        return read(path)
    except (AudioError, OSError) as error:
        return str(error)


def _gains(sounds: Mapping[str, Audio]) -> dict[str, float]:
    """Return the gain of each file that has speech."""
    levels: dict[str, float] = {}
    for source, audio in sounds.items():
        try:
            levels[source] = speech_level(audio.samples.mean(0), audio.sample_rate).active_db
        except AudioError:  # no active speech
            continue
    loudest = max(levels.values(), default=0.0)
    matched = {source: level for source, level in levels.items() if level >= loudest - MAX_ATTENUATION_DB}
    lowest = min(matched.values(), default=0.0)
    return {source: lowest - level for source, level in matched.items()}


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _link(path: Path | None, page_folder: Path) -> str:
    return quote(os.path.relpath(path, page_folder)) if path else ""
