"""Spectrogram of one audio file as a small picture, for a page that shows many files beside each other.

Power in dB over time (left to right) and frequency (0 Hz at the bottom, half the sample rate at the top). The colours
cover RANGE_DB below a level that the caller chooses: with one level for all files of a clip, equal colours mean equal
power. The same samples give the same bytes with the same release of Pillow.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ...backends.base import Waveform
from ...models.extras import require_extra

RANGE_DB = 70.0
"""Range of the colours: what is further below the top level has the darkest colour."""
WINDOW_S = 0.032
MAX_FRAMES_PER_COLUMN = 16
"""A column of a long clip is the mean of as many frames, evenly spaced."""
QUALITY = 40
"""Quality of the lossy WebP: about 4 KB for speech, with no visible loss at the size shown."""
_SILENCE_DB = -200.0

_Power = npt.NDArray[np.float64]


def spectrogram_webp(
    waveform: Waveform, sample_rate: int, *, top_db: float | None = None, width: int = 320, height: int = 120
) -> bytes:
    """Return the spectrogram of a waveform as a WebP file.

    Args:
        waveform: samples, shape (time,) or (channels, time), any length; the power of the channels is averaged, and
            samples that are not finite count as zero.
        sample_rate: Hz.
        top_db: level of the brightest colour, in the unit of `top_level_db`; by default that of this waveform. Pass one
            level for all files of a clip, otherwise their colours do not compare.
        width: pixels; the whole waveform, whatever its length.
        height: pixels.

    Raises:
        MissingExtraError: the packages of the extra report are not installed.
    """
    require_extra("report", "a spectrogram")
    from PIL import Image

    levels = _levels_db(waveform, sample_rate, width, height)
    top = float(levels.max(initial=_SILENCE_DB)) if top_db is None else top_db
    indices = np.clip((levels - (top - RANGE_DB)) / RANGE_DB * 255, 0, 255).astype(np.uint8)
    if top <= _SILENCE_DB:
        indices[:] = 0
    file = io.BytesIO()
    Image.fromarray(_colours()[indices[::-1]]).save(file, "WEBP", quality=QUALITY, method=6)
    return file.getvalue()


def top_level_db(
    waveforms: Iterable[Waveform], sample_rate: int, *, width: int = 320, height: int = 120
) -> float | None:
    """Return the largest level in the spectrograms of several waveforms, in dB relative to a full-scale sine.

    Args:
        waveforms: the files of one clip, shapes as in `spectrogram_webp`.
        sample_rate: Hz.
        width: pixels of the pictures.
        height: pixels of the pictures.

    Returns:
        The level; None if all waveforms are silent.
    """
    tops = [float(_levels_db(one, sample_rate, width, height).max(initial=_SILENCE_DB)) for one in waveforms]
    top = max(tops, default=_SILENCE_DB)
    return top if top > _SILENCE_DB else None


def _levels_db(waveform: Waveform, sample_rate: int, width: int, height: int) -> _Power:
    """Return the level of each pixel in dB, shape (height, width), lowest frequency first."""
    n_fft = 2 ** max(6, round(np.log2(max(1, WINDOW_S * sample_rate))))
    channels = np.nan_to_num(np.atleast_2d(waveform).astype(np.float64), posinf=0.0, neginf=0.0)
    power = sum(_power(channel, n_fft, width) for channel in channels) / len(channels)
    rows = _rows(np.asarray(power, np.float64), height)
    return np.asarray(10 * np.log10(np.maximum(rows, 10 ** (_SILENCE_DB / 10))), np.float64)


def _power(samples: _Power, n_fft: int, width: int) -> _Power:
    """Return the mean power spectrum of each column, shape (frequency, width)."""
    window = np.hanning(n_fft + 1)[:-1]
    scale = (2 / window.sum()) ** 2  # a full-scale sine has 0 dB
    padded = np.pad(samples, n_fft // 2)
    columns = [
        (np.abs(np.fft.rfft(padded[starts[:, None] + np.arange(n_fft)] * window)) ** 2).mean(axis=0)
        for starts in _starts(len(samples), n_fft, width)
    ]
    return np.asarray(np.stack(columns, axis=1) * scale, np.float64)


def _starts(n_samples: int, n_fft: int, width: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the first samples of the frames of each column; frame centres are evenly spaced over the waveform."""
    n_frames = int(np.clip(np.ceil(n_samples / width / (n_fft / 2)), 1, MAX_FRAMES_PER_COLUMN))
    centres = (np.arange(width * n_frames) + 0.5) * n_samples / (width * n_frames)
    yield from centres.astype(np.int64).reshape(width, n_frames)


def _rows(power: _Power, height: int) -> _Power:
    """Return the mean power in `height` equal bands of frequency, shape (height, width)."""
    edges = np.linspace(0, len(power), height + 1)
    sums = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)])
    at_edges = np.stack([np.interp(edges, np.arange(len(sums)), column) for column in sums.T], axis=1)
    return np.asarray(np.diff(at_edges, axis=0) * height / len(power), np.float64)


def _colours() -> npt.NDArray[np.uint8]:
    """Return the colours from low to high power, shape (256, 3)."""
    from matplotlib import colormaps

    return np.asarray(colormaps["magma"](np.arange(256))[:, :3] * 255, np.float64).round().astype(np.uint8)
