"""Opus in an Ogg container as bytes, for players in HTML pages: small, and equal bytes for equal samples.

The rule: the decoded audio has the length of the input at 48 kHz, and no delay, because the container states how many
samples a player must skip at the start. libsndfile draws the serial number of the stream at random; it is replaced here
by a fixed one, and the checksum of each page by that of the changed page.

Source: RFC 3533 (Ogg: pages, checksum with polynomial 0x04c11db7), RFC 7845 (Opus in Ogg).
"""

from __future__ import annotations

import io
import zlib

import numpy as np
import soundfile

from .resampling import Samples, resample

OPUS_RATE = 48_000
MAX_CHANNELS = 2
ESTIMATED_BYTES_PER_S = 9_000
"""About how many bytes a second of one channel takes; between 60 and 75 kbit/s was measured for speech."""
_SERIAL = (1).to_bytes(4, "little")
_HEADER_BYTES = 27
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def as_opus(samples: Samples, sample_rate: int) -> bytes:
    """Return samples as an Ogg Opus file at 48 kHz.

    Args:
        samples: shape (channels, time); more than MAX_CHANNELS channels are averaged. Samples beyond full scale are
            clipped.
        sample_rate: Hz.
    """
    channels = samples if len(samples) <= MAX_CHANNELS else samples.mean(0, keepdims=True, dtype=np.float32)
    resampled = np.clip(resample(channels, sample_rate, OPUS_RATE), -1.0, 1.0)
    file = io.BytesIO()
    soundfile.write(file, resampled.T, OPUS_RATE, format="OGG", subtype="OPUS")
    return with_serial(file.getvalue(), _SERIAL)


def with_serial(stream: bytes, serial: bytes) -> bytes:
    """Return an Ogg stream with another serial number in all its pages, and their checksums computed again.

    Args:
        stream: one logical stream.
        serial: 4 bytes.
    """
    changed = bytearray(stream)
    start = 0
    while start < len(changed):
        n_segments = changed[start + 26]
        end = start + _HEADER_BYTES + n_segments
        end += sum(changed[start + _HEADER_BYTES : end])
        changed[start + 14 : start + 18] = serial
        changed[start + 22 : start + 26] = bytes(4)
        changed[start + 22 : start + 26] = _checksum(bytes(changed[start:end]))
        start = end
    return bytes(changed)


def _checksum(page: bytes) -> bytes:
    """Return the checksum of a page whose checksum field is 0, in the byte order of the field.

    It is the CRC of zlib with the bits of each byte, and those of the result, in reverse order, without its two
    inversions.
    """
    crc = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return crc.to_bytes(4, "little").translate(_REVERSED_BITS)[::-1]
