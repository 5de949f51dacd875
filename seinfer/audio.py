"""Audio files and sample rates: the only module that touches soundfile and soxr.

The rule it keeps: what comes out has the input's length to the sample, its rate and its alignment; nothing is rescaled.
Samples are float32, shape (channels, time), nominally within [-1, 1]; only writing clips them, and counts how many.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from .errors import AudioError

Samples = npt.NDArray[np.float32]

SUFFIXES = frozenset(
    (".wav", ".wave", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".snd", ".caf")
)
SUBTYPES = ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
MAX_CHANNELS = 64
# A RIFF file counts its bytes in 32 bits; beyond that the same file in the RF64 form is needed.
_RIFF_LIMIT_BYTES = 0xFFFFFFFF - 1024


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
    try:
        with open(path, "rb") as file:
            _refuse_empty(path, file)
            _refuse_truncated_wave(path, file)
            file.seek(0)
            with soundfile.SoundFile(file) as sound:
                return _checked(path, Info(sound.samplerate, sound.channels, sound.frames, sound.subtype))
    except soundfile.LibsndfileError as error:
        raise _not_audio(path, error) from error
    except OSError as error:
        raise AudioError("unreadable", f"{path} cannot be opened: {error.strerror or error}") from error


def read(path: Path, *, mono: bool = False) -> Audio:
    """Decode a file.

    Args:
        path: any format that libsndfile knows, whatever its suffix.
        mono: average the channels.

    Raises:
        AudioError: as `probe`, or the data end early, or a sample is NaN or infinite.
    """
    info = probe(path)
    try:
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError("truncated", f"{path} breaks off while decoding: {error}; copy it again") from error
    except OSError as error:
        raise AudioError("unreadable", f"{path} cannot be read: {error.strerror or error}") from error
    if len(samples) < info.n_samples:
        raise AudioError(
            "truncated", f"{path} holds {len(samples)} samples, its header promises {info.n_samples}; copy it again"
        )
    if not len(samples):
        raise AudioError("empty", f"{path} holds no samples; expected at least one")
    samples = np.ascontiguousarray(samples.T)
    refuse_nonfinite(samples, sample_rate, str(path))
    return Audio(samples.mean(0, keepdims=True) if mono else samples, sample_rate, info.subtype)


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
    while len(header := file.read(8)) == 8:
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


def _not_audio(path: Path, error: Exception) -> AudioError:
    return AudioError(
        "unreadable", f"{path} is not audio that can be decoded ({error}); expected WAV, FLAC, OGG or MP3"
    )


def resample(samples: Samples, source_rate: int, target_rate: int, quality: str = "VHQ") -> Samples:
    """Change the sample rate with soxr (linear phase, its delay compensated).

    Args:
        samples: shape (channels, time).
        source_rate: Hz of `samples`.
        target_rate: Hz wanted.
        quality: a soxr recipe; "VHQ" on the way through a network, "HQ" for scoring.

    Returns:
        Shape (channels, ceil(time * target_rate / source_rate)).
    """
    if source_rate == target_rate:
        return samples
    interleaved = samples.T.copy(order="C")  # soxr looks at the strides, also where an axis has one entry
    n_out = -(-samples.shape[1] * target_rate // source_rate)
    resampled = soxr.resample(interleaved, source_rate, target_rate, quality).T
    return fit_length(np.ascontiguousarray(resampled, np.float32), n_out)


def fit_length(samples: Samples, n_samples: int) -> Samples:
    """Cut or zero-pad the end of samples of shape (channels, time)."""
    missing = n_samples - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, missing))) if missing > 0 else samples[:, :n_samples]


def wav_subtype(subtype: str) -> str:
    """Return the WAV subtype nearest to a source's; lossy and 8-bit sources get 16 bits, not their noise once more."""
    return subtype if subtype in SUBTYPES else "PCM_16"


def write(path: Path, samples: Samples, sample_rate: int, subtype: str) -> int:
    """Write a WAV file: whole and under its name, or not at all.

    Args:
        path: target; folders are made.
        samples: shape (channels, time).
        sample_rate: Hz.
        subtype: one of SUBTYPES.

    Returns:
        How many samples were beyond full scale and had to be clipped; 0 for the float subtypes, which hold them.

    Raises:
        AudioError: the file cannot be written; nothing is left under its name.
    """
    # A short name of its own: the target's may already be as long as the file system allows.
    part = path.parent / f".seinfer-{os.getpid()}-{abs(hash(path)):x}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        container = "RF64" if samples.size * 8 > _RIFF_LIMIT_BYTES else "WAV"
        with open(part, "w+b") as file:
            soundfile.write(file, samples.T, sample_rate, subtype, format=container)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        with suppress(OSError):
            part.unlink()
        raise AudioError(
            "not_written", f"{path} cannot be written: {error}; free space or choose another --out"
        ) from error
    return count_clipped(samples, subtype)


def count_clipped(samples: Samples, subtype: str) -> int:
    """Count the samples that a subtype cannot hold: the integer ones end just below +1 and at -1."""
    return 0 if subtype in ("FLOAT", "DOUBLE") else int(np.count_nonzero((samples >= 1.0) | (samples < -1.0)))
