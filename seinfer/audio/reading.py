"""Decoding audio files of every format that libsndfile reads. Only the modules in audio/ use soundfile and soxr.

The rule: the decoded audio has the file's length to the sample, its sample rate and its level; nothing is rescaled, and
a damaged file is an error with a reason, never a shorter clip. Samples are float32, shape (channels, time), nominally
within [-1, 1]; values beyond that are kept (writing.py clips them and counts how many).
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
from .resampling import Samples

SUFFIXES = frozenset(
    (".wav", ".wave", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".snd", ".caf")
)
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
MAX_CHANNELS = 64
# A WAV file has a few chunks; a damaged one can appear to have one every eight bytes.
_MAX_CHUNKS = 1_000


@dataclass(frozen=True)
class Info:
    """The header of an audio file: Hz, number of channels, samples per channel, and how the samples are stored."""

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
        AudioError: it is missing, empty, truncated, or not audio; `reason` says which.
    """
    with _opened(path) as (_, info):
        return info


def read(path: Path, *, mono: bool = False) -> Audio:
    """Decode a file.

    Args:
        path: any format that libsndfile reads; the content decides, not the suffix.
        mono: average the channels.

    Raises:
        AudioError: as for `probe`; also if the data end early, or a sample is NaN or infinite.
    """
    with _opened(path) as (sound, info):
        try:
            samples = sound.read(dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise _decoding_stopped(path, error) from error
        except (MemoryError, ValueError) as error:  # ValueError: more bytes than numpy can count
            raise AudioError(
                "unreadable",
                f"{path}: header with {info.n_samples} samples on {info.channels} channels; they do not fit in memory; "
                "copy the file again, or split it",
            ) from error
    _refuse_short(path, len(samples), info)
    if not len(samples):
        raise AudioError("empty", f"{path} contains no samples; expected at least one")
    samples = np.ascontiguousarray(samples.T)
    refuse_nonfinite(samples, info.sample_rate, str(path))
    return Audio(samples.mean(0, keepdims=True) if mono else samples, info.sample_rate, info.subtype)


def read_blocks(path: Path, block_s: float, *, mono: bool = False) -> Iterator[Samples]:
    """Decode a file in blocks; every block except the last is `block_s` seconds long.

    Yields:
        Samples of shape (channels, time).

    Raises:
        AudioError: as for `read`, raised when the damaged part is reached.
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
        raise _decoding_stopped(path, error) from error
    return block


@contextmanager
def _opened(path: Path) -> Iterator[tuple[soundfile.SoundFile, Info]]:
    """Open a file and check its header.

    libsndfile gets the open file instead of its name: the name may not be valid text in this process's encoding.
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
            "truncated", f"{path} contains {n_read} samples, but its header says {info.n_samples}; copy the file again"
        )


def refuse_nonfinite(samples: Samples, sample_rate: int, what: str, reason: str = "nonfinite") -> None:
    """Refuse samples that are NaN or infinite.

    Args:
        samples: shape (channels, time).
        sample_rate: Hz, for the time in the message.
        what: the file or signal, for the message.
        reason: code of the error.

    Raises:
        AudioError: with `reason`, if any sample is NaN or infinite.
    """
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
    """Compare the chunk sizes with the file's size: libsndfile reads a truncated WAV file without reporting it."""
    size = os.fstat(file.fileno()).st_size
    if file.read(4) != b"RIFF":
        return
    file.seek(12)
    for _ in range(_MAX_CHUNKS):
        if len(header := file.read(8)) < 8:
            return
        name, n_bytes = struct.unpack("<4sI", header)
        if name == b"data":
            # Programs that stream their output do not know the size in advance and write one of these values.
            missing = file.tell() + n_bytes - size
            if n_bytes not in (0, 0xFFFFFFFF, 0x7FFFFFFF) and missing > 0:
                raise AudioError(
                    "truncated", f"{path} ends {missing} bytes earlier than its header says; copy the file again"
                )
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
        raise AudioError("empty", f"{path} contains no samples; expected at least one")
    return info


def _not_audio(path: Path, error: soundfile.LibsndfileError) -> AudioError:
    why = error.error_string.rstrip(".")
    return AudioError("unreadable", f"{path} is not audio that can be decoded ({why}); expected WAV, FLAC, OGG or MP3")


def _decoding_stopped(path: Path, error: soundfile.LibsndfileError) -> AudioError:
    return AudioError("truncated", f"{path} cannot be decoded to its end: {error.error_string} Copy the file again")
