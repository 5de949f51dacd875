"""The recordings that a test set is made of: read, checked, and drawn; a bad one is as if it were not there.

Speech and noise of several channels are averaged, and their mean is taken off: an offset is no sound, but levels would
count it. Of an impulse response the first channel is taken, for a sum of microphones is no room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..audio import reading, resampling
from ..clips.discovery import clip_ids, find_audio
from ..core.errors import AudioError, UsageError
from .draws import Draws
from .signals import Signal, audible

MIN_S = 0.5


@dataclass(frozen=True)
class Recording:
    """Sound of shape (time,) with its rate in Hz; float32 as decoded, for recordings of noise can be long."""

    signal: npt.NDArray[np.float32]
    sample_rate: int


@dataclass(frozen=True)
class Failure:
    """A file that is left out.

    Attributes:
        role: "speech", "noise" or "rir".
        source: path relative to its folder.
        reason: short code, as in the tables.
        message: what is wrong with it.
    """

    role: str
    source: str
    reason: str
    message: str


@dataclass(frozen=True)
class Source:
    """A file by its name in its folder, with "/" on every system."""

    name: str
    clip_id: str
    path: Path


def list_sources(folder: Path, exclude: Sequence[Path]) -> list[Source]:
    """Return the audio files below a folder, sorted by name; a single file may be given too.

    Args:
        folder: what to list.
        exclude: folders and files that have another role.

    Raises:
        UsageError: it does not exist, or there is no audio in it.
    """
    base, found = find_audio([folder], exclude=exclude)
    others = {path.resolve() for path in exclude}
    paths = [path for path in found if path.resolve() not in others]
    if not paths:
        raise UsageError(f"{folder} holds no audio but what is given for another role; expected different folders")
    names = clip_ids(paths, base)
    return [Source(path.relative_to(base).as_posix(), name, path) for name, path in zip(names, paths, strict=True)]


def read_sound(path: Path) -> Recording:
    """Read speech or noise.

    Raises:
        AudioError: as `audio.read`; `too_short`, `silent`.
    """
    found = reading.read(path, mono=True)
    signal = found.samples[0]
    if len(signal) < MIN_S * found.sample_rate:
        raise AudioError(
            "too_short", f"{path} lasts {len(signal) / found.sample_rate:.3f} s; expected at least {MIN_S} s"
        )
    signal = signal - signal.mean(dtype=np.float64).astype(np.float32)
    audible(signal, str(path))
    return Recording(signal, found.sample_rate)


def read_response(path: Path) -> Recording:
    """Read an impulse response.

    Raises:
        AudioError: as `audio.read`; `silent`.
    """
    found = reading.read(path)
    response = found.samples[0]
    if not response.any():
        raise AudioError("silent", f"{path} holds nothing but zeros in its first channel; expected an impulse response")
    return Recording(response, found.sample_rate)


def at_rate(recording: Recording, sample_rate: int) -> Signal:
    """Return the signal at another rate; n samples become ceil(n * sample_rate / its rate)."""
    resampled = resampling.resample(recording.signal[np.newaxis], recording.sample_rate, sample_rate)
    return np.asarray(resampled[0], np.float64)


class Pool:
    """Files to draw from. One that cannot be used is passed over by all who would draw it, and kept with its reason.

    Attributes:
        failures: what was passed over so far.
    """

    def __init__(self, role: str, sources: Sequence[Source], read: Callable[[Path], Recording], draws: Draws) -> None:
        self.failures: list[Failure] = []
        self._role = role
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}
        self._read = read
        self._draws = draws
        self._verdicts: dict[str, bool] = {}
        self._latest: tuple[str, Recording] | None = None

    def favourites(self, drawer: str) -> list[str]:
        """Return the names in the order in which `drawer` takes them."""
        return self._draws.ranked(f"{self._role} of {drawer}", self._sources)

    def take(self, favourites: Sequence[str], rank: int) -> tuple[str, Recording]:
        """Return the usable file of that rank, from 0, starting over where there are not that many.

        Raises:
            UsageError: none can be used.
        """
        usable: list[str] = []
        for name in favourites:
            if self._is_usable(name):
                usable.append(name)
            if len(usable) > rank:
                break
        if not usable:
            first = self.failures[0]
            raise UsageError(f"none of the {len(favourites)} {self._role} files can be used, such as: {first.message}")
        name = usable[rank % len(usable)]
        return name, self._recording(name)

    def _is_usable(self, name: str) -> bool:
        if name not in self._verdicts:
            self._verdicts[name] = self._can_be_read(name)
        return self._verdicts[name]

    def _can_be_read(self, name: str) -> bool:
        try:
            self._recording(name)
        except AudioError as error:
            self.failures.append(Failure(self._role, name, error.reason, str(error)))
            return False
        return True

    def _recording(self, name: str) -> Recording:
        # Clips with the same noise follow each other, so the latest is enough.
        if self._latest is None or self._latest[0] != name:
            self._latest = name, self._read(self._sources[name].path)
        return self._latest[1]
