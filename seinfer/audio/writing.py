"""Writing WAV files atomically: a complete file under its name, or none. Clipped samples are counted.

The file is written under a temporary name, flushed to disk and then renamed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile

from ..core.errors import AudioError
from .resampling import Samples

SUBTYPES = ("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
PART_SUFFIX = ".part"
# A RIFF header stores sizes in 32 bits; a larger file must be RF64, the same format with 64-bit sizes.
_RIFF_LIMIT_BYTES = 0xFFFFFFFF - 1024


def wav_subtype(subtype: str) -> str:
    """Return the WAV subtype for the estimate of a source with this subtype.

    Lossy and 8-bit sources get 16 bits, so that their quantisation noise is not added a second time.
    """
    return subtype if subtype in SUBTYPES else "PCM_16"


def write(path: Path, samples: Samples, sample_rate: int, subtype: str) -> int:
    """Write a WAV file; if this fails, no file is left and an older file of that name is unchanged.

    Args:
        path: target; missing folders are created.
        samples: shape (channels, time).
        sample_rate: Hz.
        subtype: one of SUBTYPES.

    Returns:
        How many samples were beyond full scale and were clipped; 0 for the float subtypes, which can store them.

    Raises:
        AudioError: `not_written`, the file cannot be written.
    """
    with WavWriter(path, sample_rate, len(samples), subtype, samples.shape[1]) as file:
        file.write(samples)
    return file.n_clipped


class WavWriter:
    """Writes a WAV file block by block, in a `with` statement.

    The file gets its name when the `with` block ends without an error; otherwise it is deleted.

    Attributes:
        n_clipped: number of samples so far that were beyond full scale.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, subtype: str, n_samples: int) -> None:
        """Prepare the writer; the expected number of samples per channel decides between a WAV and an RF64 file."""
        self.n_clipped = 0
        self._path = path
        self._subtype = subtype
        container = "RF64" if n_samples * channels * 8 > _RIFF_LIMIT_BYTES else "WAV"
        self._form = {"samplerate": sample_rate, "channels": channels, "subtype": subtype, "format": container}
        # Not the target's name plus a suffix: that name may already be as long as the file system allows.
        self._part = path.parent / f".seinfer-{os.getpid()}-{abs(hash(path)):x}{PART_SUFFIX}"

    def __enter__(self) -> WavWriter:
        with self._as_audio_error():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = open(self._part, "w+b", buffering=0)
        try:
            with self._as_audio_error():
                # libsndfile gets the descriptor: it then reports a full disk; through a Python file object it does not.
                self._sound = soundfile.SoundFile(self._raw.fileno(), "w", closefd=False, **self._form)
        except AudioError:
            self._delete_part()
            raise
        return self

    def write(self, samples: Samples) -> None:
        """Append samples of shape (channels, time)."""
        with self._as_audio_error():
            self._sound.write(samples.T)
        self.n_clipped += count_clipped(samples, self._subtype)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self._as_audio_error():
                self._sound.close()
                os.fsync(self._raw.fileno())
                if error is None:
                    self._part.replace(self._path)
        finally:
            self._delete_part()

    def _delete_part(self) -> None:
        with suppress(OSError):  # the cause was reported already, and the next run deletes leftover parts
            self._raw.close()
            self._part.unlink(missing_ok=True)

    @contextmanager
    def _as_audio_error(self) -> Iterator[None]:
        try:
            yield
        except (OSError, soundfile.LibsndfileError) as error:
            system = error if isinstance(error, OSError) else self._system_error()
            why = (system.strerror if system else None) or str(error)
            is_too_long = system is not None and system.errno == errno.ENAMETOOLONG
            remedy = "give the clip or --out a shorter name" if is_too_long else "free space or choose another --out"
            raise AudioError("not_written", f"{self._path} cannot be written: {why}; {remedy}") from error

    def _system_error(self) -> OSError | None:
        """Return the operating system's error for this file; libsndfile only reports "system error"."""
        try:
            self._raw.seek(0, os.SEEK_END)
            self._raw.write(b"\0")
        except OSError as error:
            return error
        return None


def count_clipped(samples: Samples, subtype: str) -> int:
    """Count the samples that a subtype cannot store: integer subtypes cover -1 to just below +1."""
    return 0 if subtype in ("FLOAT", "DOUBLE") else int(np.count_nonzero((samples >= 1.0) | (samples < -1.0)))
