"""Writing WAV files: whole and under their name, or not at all; what has to be clipped is counted."""

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
# A RIFF file counts its bytes in 32 bits; beyond that the same file in the RF64 form is needed.
_RIFF_LIMIT_BYTES = 0xFFFFFFFF - 1024


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
    with WavWriter(path, sample_rate, len(samples), subtype, samples.shape[1]) as file:
        file.write(samples)
    return file.n_clipped


class WavWriter:
    """A WAV file in the making, for `with`: it gets its name when the block ends well and leaves nothing otherwise.

    Attributes:
        n_clipped: samples so far that were beyond full scale.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, subtype: str, n_samples: int) -> None:
        """Describe the file; `n_samples` frames are expected, which decides its container."""
        self.n_clipped = 0
        self._path = path
        self._subtype = subtype
        container = "RF64" if n_samples * channels * 8 > _RIFF_LIMIT_BYTES else "WAV"
        self._form = {"samplerate": sample_rate, "channels": channels, "subtype": subtype, "format": container}
        # A short name of its own: the target's may already be as long as the file system allows.
        self._part = path.parent / f".seinfer-{os.getpid()}-{abs(hash(path)):x}{PART_SUFFIX}"

    def __enter__(self) -> WavWriter:
        with self._reported():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = open(self._part, "w+b", buffering=0)
        try:
            with self._reported():
                # libsndfile gets the descriptor: it reports a full disk, where a Python file's error is lost in it.
                self._sound = soundfile.SoundFile(self._raw.fileno(), "w", closefd=False, **self._form)
        except AudioError:
            self._drop()
            raise
        return self

    def write(self, samples: Samples) -> None:
        """Append samples of shape (channels, time)."""
        with self._reported():
            self._sound.write(samples.T)
        self.n_clipped += count_clipped(samples, self._subtype)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self._reported():
                self._sound.close()
                os.fsync(self._raw.fileno())
                if error is None:
                    self._part.replace(self._path)
        finally:
            self._drop()

    def _drop(self) -> None:
        with suppress(OSError):  # whatever is wrong was reported by then, and the next run sweeps what is left
            self._raw.close()
            self._part.unlink(missing_ok=True)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (OSError, soundfile.LibsndfileError) as error:
            system = error if isinstance(error, OSError) else self._system_error()
            why = (system.strerror if system else None) or str(error)
            short = system is not None and system.errno == errno.ENAMETOOLONG
            remedy = "give the clip or --out a shorter name" if short else "free space or choose another --out"
            raise AudioError("not_written", f"{self._path} cannot be written: {why}; {remedy}") from error

    def _system_error(self) -> OSError | None:
        """Find out what the system has against this file: libsndfile says "system error", whatever it was."""
        try:
            self._raw.seek(0, os.SEEK_END)
            self._raw.write(b"\0")
        except OSError as error:
            return error
        return None


def count_clipped(samples: Samples, subtype: str) -> int:
    """Count the samples that a subtype cannot hold: the integer ones end just below +1 and at -1."""
    return 0 if subtype in ("FLOAT", "DOUBLE") else int(np.count_nonzero((samples >= 1.0) | (samples < -1.0)))
