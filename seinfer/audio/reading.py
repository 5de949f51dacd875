"""Audio files: decoding, and as one face the writing and resampling beside it; nothing else touches soundfile and soxr.

The rule it keeps: what comes out has the input's length to the sample, its rate and its alignment; nothing is rescaled.
Samples are float32, shape (channels, time), nominally within [-1, 1]; only writing clips them, and counts how many.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from ..core.errors import AudioError
from ..core.files import open_regular
from .resampling import Resampler, Samples, fit_length, resample
from .writing import PART_SUFFIX, SUBTYPES, WavWriter, count_clipped, wav_subtype, write

__all__ = [
    "MAX_CHANNELS",
    "PART_SUFFIX",
    "SUBTYPES",
    "SUFFIXES",
    "Audio",
    "Info",
    "Resampler",
    "Samples",
    "WavWriter",
    "count_clipped",
    "fit_length",
    "open_regular",
    "probe",
    "read",
    "read_blocks",
    "refuse_nonfinite",
    "resample",
    "wav_subtype",
    "write",
]

SUFFIXES = frozenset(
    (".wav", ".wave", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".snd", ".caf")
)
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
MAX_CHANNELS = 64
# A WAV file has a handful of chunks; a damaged one can seem to have one every eight bytes.
_MAX_CHUNKS = 1_000


@dataclass(frozen=True)
class Info:
    """What the header of a file says."""

    sample_rate: int
    channels: int
    n_samples: int
    subtype: str


@dataclass(frozen=True)
class Audio:
    """A decoded file: samples of shape (channels, time), Hz, and how they were stored."""

    samples: Samples
    sample_rate: int
    subtype: str


def probe(path: Path) -> Info:
    """Read the header of a file.

    Raises:
        AudioError: it is missing, empty, truncated, or no audio; `reason` says which.
    """
    with _opened(path) as (_, info):
        return info


def read(path: Path, *, mono: bool = False) -> Audio:
    """Decode a file.

    Args:
        path: any format that libsndfile knows, whatever its suffix.
        mono: average the channels.

    Raises:
        AudioError: as `probe`, or the data end early, or a sample is NaN or infinite.
    """
    with _opened(path) as (sound, info):
        try:
            samples = sound.read(dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise _breaks_off(path, error) from error
        except (MemoryError, ValueError) as error:  # ValueError where numpy cannot even count the bytes
            raise AudioError(
                "unreadable",
                f"{path} promises {info.n_samples} samples on {info.channels} channels, more than memory holds; "
                "copy it again, or cut it",
            ) from error
    _refuse_short(path, len(samples), info)
    if not len(samples):
        raise AudioError("empty", f"{path} holds no samples; expected at least one")
    samples = np.ascontiguousarray(samples.T)
    refuse_nonfinite(samples, info.sample_rate, str(path))
    return Audio(samples.mean(0, keepdims=True) if mono else samples, info.sample_rate, info.subtype)


def read_blocks(path: Path, block_s: float, *, mono: bool = False) -> Iterator[Samples]:
    """Decode a file piece by piece; every piece but the last is `block_s` long.

    Yields:
        Samples of shape (channels, time).

    Raises:
        AudioError: as `read`, where the trouble is met.
    """
    n_read = 0
    with _opened(path) as (sound, info):
        n_block = max(1, round(block_s * info.sample_rate))
        while len(block := _next_block(path, sound, n_block)):
            n_read += len(block)
            samples = np.ascontiguousarray(block.T)
            refuse_nonfinite(samples, info.sample_rate, str(path))
            yield samples.mean(0, keepdims=True) if mono else samples
    _refuse_short(path, n_read, info)


def _next_block(path: Path, sound: soundfile.SoundFile, n_samples: int) -> Samples:
    try:
        block: Samples = sound.read(n_samples, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise _breaks_off(path, error) from error
    return block


@contextmanager
def _opened(path: Path) -> Iterator[tuple[soundfile.SoundFile, Info]]:
    """Open a file and check its header.

    libsndfile is given the open file and not its name, which may be no text in the encoding of this process.
    """
    with open_regular(path) as file:
        try:
            _refuse_empty(path, file)
            _refuse_truncated_wave(path, file)
            file.seek(0)
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            raise _not_audio(path, error) from error
        except OSError as error:
            raise AudioError("unreadable", f"{path} cannot be read: {error.strerror or error}") from error
        with sound:
            yield sound, _checked(path, Info(sound.samplerate, sound.channels, sound.frames, sound.subtype))


def _refuse_short(path: Path, n_read: int, info: Info) -> None:
    if n_read < info.n_samples:
        raise AudioError(
            "truncated", f"{path} holds {n_read} samples, its header promises {info.n_samples}; copy it again"
        )


def refuse_nonfinite(samples: Samples, sample_rate: int, what: str, reason: str = "nonfinite") -> None:
    """Raise AudioError with `reason` where a sample of shape (channels, time) is NaN or infinite."""
    bad = ~np.isfinite(samples)
    if bad.any():
        first = int(np.flatnonzero(bad.any(0))[0])
        raise AudioError(
            reason,
            f"{what}: {int(bad.sum())} of {samples.size} samples are NaN or infinite, the first at "
            f"{first / sample_rate:.3f} s; expected finite numbers",
        )


def _refuse_empty(path: Path, file: BinaryIO) -> None:
    if os.fstat(file.fileno()).st_size == 0:
        raise AudioError("empty", f"{path} is empty (0 bytes); expected an audio file")


def _refuse_truncated_wave(path: Path, file: BinaryIO) -> None:
    """Compare the chunk sizes with the file: libsndfile reads what is there of a cut WAV file without a word."""
    size = os.fstat(file.fileno()).st_size
    if file.read(4) != b"RIFF":
        return
    file.seek(12)
    for _ in range(_MAX_CHUNKS):
        if len(header := file.read(8)) < 8:
            return
        name, n_bytes = struct.unpack("<4sI", header)
        if name == b"data":
            # A program that streams its output cannot know the size and writes one of these.
            missing = file.tell() + n_bytes - size
            if n_bytes not in (0, 0xFFFFFFFF, 0x7FFFFFFF) and missing > 0:
                raise AudioError("truncated", f"{path} ends {missing} bytes before its header says; copy it again")
            return
        file.seek(n_bytes + n_bytes % 2, os.SEEK_CUR)


def _checked(path: Path, info: Info) -> Info:
    if not MIN_SAMPLE_RATE <= info.sample_rate <= MAX_SAMPLE_RATE:
        raise AudioError(
            "unsupported",
            f"{path} has a sample rate of {info.sample_rate} Hz; expected {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz",
        )
    if info.channels > MAX_CHANNELS:
        raise AudioError("unsupported", f"{path} has {info.channels} channels; expected at most {MAX_CHANNELS}")
    if info.n_samples == 0:
        raise AudioError("empty", f"{path} holds no samples; expected at least one")
    return info


def _not_audio(path: Path, error: soundfile.LibsndfileError) -> AudioError:
    why = error.error_string.rstrip(".")
    return AudioError("unreadable", f"{path} is not audio that can be decoded ({why}); expected WAV, FLAC, OGG or MP3")


def _breaks_off(path: Path, error: soundfile.LibsndfileError) -> AudioError:
    return AudioError("truncated", f"{path} breaks off while decoding: {error.error_string} Copy it again")
