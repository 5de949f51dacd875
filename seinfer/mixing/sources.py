"""Read, check and select the recordings of a test set. A recording that cannot be used does not change the others.

The channels of speech and noise are averaged, and the mean of the signal is subtracted: an offset is not sound, but
would count in levels. Only the first channel of an impulse response is used, because the sum of several microphones is
not the response of a room.
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
from .mixture import Signal, require_sound
from .random_draws import RandomDraws

MIN_DURATION_S = 0.5
# The memory of `mix` stays below 1.5 GiB: reading takes up to 24 bytes per sample, mixing a pair 110 (see the benchmark
# `memory`). A recording of noise may be longer than a pair, because only an excerpt of it is mixed.
MAX_RECORDING_SAMPLES = 40_000_000
MAX_RESPONSE_SAMPLES = 5_000_000
MAX_PAIR_SAMPLES = 10_000_000


@dataclass(frozen=True)
class Recording:
    """A signal of shape (time,) with its sample rate in Hz; float32, because recordings of noise can be long."""

    signal: npt.NDArray[np.float32]
    sample_rate: int


@dataclass(frozen=True)
class Failure:
    """A file that is not used.

    Attributes:
        role: "speech", "noise" or "rir".
        source: path relative to its folder, with "/" on every system.
        reason: short code, as in the tables.
        message: what is wrong with the file.
    """

    role: str
    source: str
    reason: str
    message: str


@dataclass(frozen=True)
class Source:
    """A recording.

    Attributes:
        name: path relative to its folder, with "/" on every system.
        clip_id: the same without suffix, if that is unique.
        path: the file.
    """

    name: str
    clip_id: str
    path: Path


def list_sources(folder: Path, exclude: Sequence[Path]) -> list[Source]:
    """Return the audio files below a folder, sorted by name.

    Args:
        folder: a folder, or a single file.
        exclude: folders and files that are used as something else.

    Raises:
        UsageError: it does not exist, or contains no other audio files.
    """
    base, found = find_audio([folder], exclude=exclude)
    others = {path.resolve() for path in exclude}
    paths = [path for path in found if path.resolve() not in others]
    if not paths:
        raise UsageError(f"{folder} contains only audio files that have another role; expected different folders")
    names = clip_ids(paths, base)
    return [Source(path.relative_to(base).as_posix(), name, path) for name, path in zip(names, paths, strict=True)]


def read_recording(path: Path) -> Recording:
    """Read speech or noise.

    Raises:
        AudioError: as for `reading.read`; `too_long`; `too_short`; `silent`.
    """
    decoded = reading.read(path, mono=True, max_samples=MAX_RECORDING_SAMPLES)
    signal = decoded.samples[0]
    if len(signal) < MIN_DURATION_S * decoded.sample_rate:
        raise AudioError(
            "too_short", f"{path} lasts {len(signal) / decoded.sample_rate:.3f} s; expected at least {MIN_DURATION_S} s"
        )
    signal = signal - signal.mean(dtype=np.float64).astype(np.float32)
    require_sound(signal, str(path))
    return Recording(signal, decoded.sample_rate)


def read_response(path: Path) -> Recording:
    """Read an impulse response.

    Raises:
        AudioError: as for `reading.read`; `too_long`; `silent`.
    """
    decoded = reading.read(path, max_samples=MAX_RESPONSE_SAMPLES)
    response = decoded.samples[0]
    if not response.any():
        raise AudioError("silent", f"{path} contains only zeros in its first channel; expected an impulse response")
    return Recording(response, decoded.sample_rate)


def refuse_long_pair(name: str, speech: Recording, sample_rate: int) -> None:
    """Refuse speech whose mixing would need too much memory.

    Args:
        name: the file, for the message.
        speech: the part of it that is mixed.
        sample_rate: Hz of the pair.

    Raises:
        AudioError: `too_long`.
    """
    duration_s = len(speech.signal) / speech.sample_rate
    if duration_s * sample_rate > MAX_PAIR_SAMPLES:
        raise AudioError(
            "too_long",
            f"{name}: {duration_s:.1f} s of speech; expected at most {MAX_PAIR_SAMPLES / sample_rate:.1f} s, "
            f"{MAX_PAIR_SAMPLES} samples at {sample_rate} Hz; split it, or give --duration-s",
        )


def resampled(recording: Recording, sample_rate: int) -> Signal:
    """Return the signal of a recording at another rate in Hz; its length becomes ceil(n * new rate / old rate)."""
    signal = resampling.resample(recording.signal[np.newaxis], recording.sample_rate, sample_rate)
    return np.asarray(signal[0], np.float64)


class SourcePool:
    """Files to draw from. A file that cannot be used is replaced by the next in the order of preference.

    Attributes:
        failures: files that could not be used so far, with the reason.
    """

    def __init__(
        self, role: str, sources: Sequence[Source], read: Callable[[Path], Recording], draws: RandomDraws
    ) -> None:
        self.failures: list[Failure] = []
        self._role = role
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}
        self._read = read
        self._draws = draws
        self._is_usable_by_name: dict[str, bool] = {}
        self._latest: tuple[str, Recording] | None = None

    def preference(self, key: str) -> list[str]:
        """Return the names of all files in the random order of preference of `key`."""
        return self._draws.ranked(f"{self._role} of {key}", self._sources)

    def usable_file(self, preference: Sequence[str], rank: int) -> tuple[str, Recording]:
        """Return a usable file by its rank in an order of preference.

        Args:
            preference: names of files.
            rank: position among the usable files, from 0; after the last it continues with the first.

        Returns:
            Its name and its recording.

        Raises:
            UsageError: no file can be used.
        """
        usable: list[str] = []
        for name in preference:
            if self._is_usable(name):
                usable.append(name)
            if len(usable) > rank:
                break
        if not usable:
            first = self.failures[0]
            raise UsageError(f"none of the {len(preference)} {self._role} files can be used, such as: {first.message}")
        name = usable[rank % len(usable)]
        return name, self._recording(name)

    def _is_usable(self, name: str) -> bool:
        if name not in self._is_usable_by_name:
            self._is_usable_by_name[name] = self._can_be_read(name)
        return self._is_usable_by_name[name]

    def _can_be_read(self, name: str) -> bool:
        try:
            self._recording(name)
        except AudioError as error:
            self.failures.append(Failure(self._role, name, error.reason, str(error)))
            return False
        return True

    def _recording(self, name: str) -> Recording:
        # Pairs with the same noise follow each other, so it is enough to keep the latest recording.
        if self._latest is None or self._latest[0] != name:
            self._latest = name, self._read(self._sources[name].path)
        return self._latest[1]
