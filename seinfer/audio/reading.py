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

from ..core.counts import counted
from ..core.errors import AudioError
from ..core.files import open_regular
from .resampling import Samples

SUFFIXES = frozenset(
    (".wav", ".wave", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".snd", ".caf")
)
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
MAX_CHANNELS = 64
MAX_BLOCK_SAMPLES = 4_000_000
"""Largest block that `read_blocks` yields, samples of all channels together: 10 s of 8 channels at 48 kHz fit."""
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


def read(path: Path, *, mono: bool = False, max_samples: int | None = None, at_rate: int = 0) -> Audio:
    """Decode a file.

    Args:
        path: any format that libsndfile reads; the content decides, not the suffix.
        mono: average the channels.
        max_samples: largest number of samples that are kept, all channels together; None for any. A compressed file of
            a few kB can contain hours, so the number is checked before anything is decoded.
        at_rate: the samples are counted at this rate in Hz if that of the file is lower.

    Raises:
        AudioError: as for `probe`; `too_long`; also if the data end early, or a sample is NaN or infinite.
    """
    with _opened(path) as (sound, info):
        if max_samples is not None:
            _refuse_long(path, info, 1 if mono else info.channels, max_samples, max(info.sample_rate, at_rate))
        try:
            samples, n_read = _decoded(sound, mono=mono and info.channels > 1)
        except soundfile.LibsndfileError as error:
            raise _decoding_stopped(path, error) from error
        except (MemoryError, ValueError) as error:  # ValueError: more bytes than numpy can count
            raise AudioError(
                "unreadable",
                f"{path}: header with {info.n_samples} samples on {info.channels} channels; they do not fit in memory; "
                "copy the file again, or split it",
            ) from error
    _refuse_short(path, n_read, info)
    if not n_read:
        raise AudioError("empty", f"{path} contains no samples; expected at least one")
    refuse_nonfinite(samples, info.sample_rate, str(path))
    return Audio(samples, info.sample_rate, info.subtype)


def _decoded(sound: soundfile.SoundFile, *, mono: bool) -> tuple[Samples, int]:
    """Return all samples and their number per channel; with `mono` only one block of all channels is in memory."""
    if not mono:
        whole = sound.read(dtype="float32", always_2d=True)
        return np.ascontiguousarray(whole.T), len(whole)
    means = [np.zeros(0, np.float32)]
    while len(block := sound.read(max(1, MAX_BLOCK_SAMPLES // sound.channels), dtype="float32", always_2d=True)):
        means.append(np.ascontiguousarray(block.T).mean(0))
    joined = np.concatenate(means)
    return joined[None], len(joined)


def read_blocks(path: Path, block_s: float, *, mono: bool = False) -> Iterator[Samples]:
    """Decode a file in blocks; every block except the last is `block_s` seconds long, or shorter for many channels.

    A block has at most MAX_BLOCK_SAMPLES, all channels together.

    Yields:
        Samples of shape (channels, time).

    Raises:
        AudioError: as for `read`, raised when the damaged part is reached.
    """
    n_read = 0
    with _opened(path) as (sound, info):
        n_block = max(1, min(round(block_s * info.sample_rate), MAX_BLOCK_SAMPLES // info.channels))
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


def _refuse_long(path: Path, info: Info, channels: int, max_samples: int, rate: int) -> None:
    if info.n_samples * channels * rate > max_samples * info.sample_rate:
        raise AudioError(
            "too_long",
            f"{path} lasts {info.n_samples / info.sample_rate:.1f} s; expected at most "
            f"{max_samples / (rate * channels):.1f} s, {max_samples} samples in {counted(channels, 'channel')} at "
            f"{rate} Hz; split it",
        )


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
