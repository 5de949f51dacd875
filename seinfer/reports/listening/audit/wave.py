"""Read the bytes of a WAV file completely: every chunk, and everything after the last one.

A reader of sound skips what it does not know; the audit must not, because a comment or a time of recording in the file
can identify a model. Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PCM = 1
_FULL_SCALE = 32768


@dataclass(frozen=True)
class Wave:
    """A parsed WAV file.

    Attributes:
        chunks: names of the chunks in the order of the file.
        n_extra_bytes: bytes after the end of the RIFF chunk.
        codec: 1 is PCM.
        channels, sample_rate, bits: of the header.
        samples: shape (time,), full scale at 1; empty if it is not mono PCM of 16 bits.
    """

    chunks: tuple[str, ...]
    n_extra_bytes: int
    codec: int
    channels: int
    sample_rate: int
    bits: int
    samples: npt.NDArray[np.float32]

    @property
    def is_pcm16(self) -> bool:
        """Whether it is mono PCM of 16 bits, as every stimulus should be."""
        return (self.codec, self.channels, self.bits) == (PCM, 1, 16)


def parse(content: bytes) -> Wave | None:
    """Return the parts of a WAV file, or None if these bytes are not one."""
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    riff_end = min(8 + struct.unpack_from("<I", content, 4)[0], len(content))
    names: list[str] = []
    first: dict[str, bytes] = {}
    position = 12
    while position + 8 <= riff_end:
        raw, size = struct.unpack_from("<4sI", content, position)
        name = raw.decode("latin-1")
        names.append(name)
        first.setdefault(name, content[position + 8 : min(position + 8 + size, riff_end)])
        position += 8 + size + size % 2
    if len(first.get("fmt ", b"")) < 16 or "data" not in first:
        return None
    codec, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", first["fmt "])
    is_readable = (codec, channels, bits) == (PCM, 1, 16)
    data = first["data"] if is_readable else b""
    samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / _FULL_SCALE
    return Wave(tuple(names), len(content) - riff_end, codec, channels, sample_rate, bits, samples)
