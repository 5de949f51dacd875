"""Raw PCM through a stream: bytes in, bytes out, as soon as they are ready. The base of `seinfer stream`.

Samples are little-endian and channels interleaved, as ffmpeg, sox, arecord and aplay write and read them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..audio.resampling import Samples
from ..core.errors import AudioError
from .streaming import ModelStream

_TYPES = {"f32": "<f4", "s16": "<i2"}
FORMATS = tuple(_TYPES)
_FULL_SCALE = 32_768
_SILENCE_DB = -120.0


@dataclass
class Load:
    """Levels and time of the blocks since the last reading.

    Attributes:
        n_samples: samples per channel.
        in_power, out_power: sums of squares over all samples of all channels.
        n_in, n_out: how many samples these are.
        busy_s: seconds of computation.
    """

    n_samples: int = 0
    in_power: float = 0.0
    out_power: float = 0.0
    n_in: int = 0
    n_out: int = 0
    busy_s: float = 0.0

    def add(self, given: Samples, returned: Samples, busy_s: float) -> None:
        """Count one block, shape (channels, time)."""
        self.n_samples += given.shape[1]
        self.in_power += float(np.sum(np.square(given, dtype=np.float64)))
        self.out_power += float(np.sum(np.square(returned, dtype=np.float64)))
        self.n_in += given.size
        self.n_out += returned.size
        self.busy_s += busy_s

    def describe(self, sample_rate: int) -> str:
        """Return the levels as RMS in dB of full scale, and the share of the time that computation takes."""
        duration_s = self.n_samples / sample_rate
        share = self.busy_s / duration_s if duration_s else 0.0
        levels = (_rms_db(self.in_power, self.n_in), _rms_db(self.out_power, self.n_out))
        return f"in {levels[0]:6.1f} dBFS  out {levels[1]:6.1f} dBFS  load {100 * share:3.0f} %"


def _rms_db(power: float, n: int) -> float:
    return max(_SILENCE_DB, 10 * float(np.log10(power / n))) if power else _SILENCE_DB


class PcmStream:
    """A `ModelStream` for bytes. Bytes of an incomplete sample are kept for the next block.

    Args:
        stream: for blocks of any length.
        pcm_format: "f32" or "s16".
        channels: interleaved in the bytes.
        on_block: called with the input, the output and the seconds of computation of each block.
    """

    def __init__(
        self,
        stream: ModelStream,
        pcm_format: str,
        channels: int,
        on_block: Callable[[Samples, Samples, float], None] = lambda given, returned, busy_s: None,
    ) -> None:
        self._stream = stream
        self._type = np.dtype(_TYPES[pcm_format])
        self._frame_bytes = self._type.itemsize * channels
        self._n_channels = channels
        self._on_block = on_block
        self._kept = b""

    def push(self, data: bytes) -> bytes:
        """Enhance the next bytes, any number; return the output that is ready, possibly none.

        Raises:
            AudioError: the samples are NaN or infinite.
        """
        data = self._kept + data
        n_complete = len(data) // self._frame_bytes * self._frame_bytes
        self._kept = data[n_complete:]
        if not n_complete:
            return b""
        return self._timed(self._decoded(data[:n_complete]))

    def finish(self) -> bytes:
        """Return the rest of the output, which then has as many complete samples as the input."""
        return self._encoded(self._stream.flush().reshape(self._n_channels, -1))

    def require_complete(self) -> None:
        """Check that the input did not end within a sample.

        Raises:
            AudioError: it did.
        """
        if self._kept:
            raise AudioError(
                "truncated",
                f"the input ended within a sample: {len(self._kept)} of the {self._frame_bytes} bytes of its last "
                f"sample ({self._type.name}, {self._n_channels} channels) arrived; all complete samples were enhanced. "
                "Check --format and --channels",
            )

    def _timed(self, samples: Samples) -> bytes:
        started = time.perf_counter()
        enhanced = self._stream.push(samples)
        self._on_block(samples, enhanced, time.perf_counter() - started)
        return self._encoded(enhanced)

    def _decoded(self, data: bytes) -> Samples:
        samples = np.frombuffer(data, self._type).reshape(-1, self._n_channels).T
        scaled = samples / np.float32(_FULL_SCALE) if self._type.kind == "i" else samples
        return np.ascontiguousarray(scaled, np.float32)

    def _encoded(self, samples: Samples) -> bytes:
        interleaved = samples.T
        if self._type.kind == "i":
            scaled = np.rint(interleaved * _FULL_SCALE)
            interleaved = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1)
        return interleaved.astype(self._type).tobytes()
