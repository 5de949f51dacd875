"""The stimulus files of a listening test, all of one form: nothing but their sound differs.

Each is mono, 16-bit PCM, of the same rate and number of samples, with fades of 10 ms and TPDF dither whose seed is its
own: two copies of one stimulus have different bytes. A WAV file has the chunks fmt and data only.

Anchors (ITU-R BS.1534): the clean file through linear-phase low-pass filters of 3.5 and 7 kHz. The distorted version
for gold and trap trials: the reference through a low-pass of 1 kHz, plus white noise 6 dB above its level.
"""

from __future__ import annotations

import hashlib
import io
import wave
from functools import cache

import numpy as np
import numpy.typing as npt

from .signals import Signal

FADE_S = 0.01
ANCHORS_HZ = {"anchor35": 3_500, "anchor70": 7_000}
_DISTORTED_HZ = 1_000
_DISTORTED_NOISE_DB = 6.0
_TRANSITION_HZ = 500.0
_STOP_BAND_DB = 80.0
_STEPS = 1 << 15


def low_passed(signal: Signal, cutoff_hz: float, sample_rate: int) -> Signal:
    """Return a signal of shape (time,) through a linear-phase low-pass, its delay compensated.

    The pass band ends at `cutoff_hz`; 500 Hz above it the attenuation is 80 dB.
    """
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(signal, _kernel(cutoff_hz, sample_rate), mode="same"), np.float64)


@cache
def _kernel(cutoff_hz: float, sample_rate: int) -> Signal:
    from scipy.signal import firwin, kaiserord

    n_taps, beta = kaiserord(_STOP_BAND_DB, _TRANSITION_HZ / (sample_rate / 2))
    taps = firwin(n_taps | 1, cutoff_hz + _TRANSITION_HZ / 2, window=("kaiser", beta), fs=sample_rate)
    return np.asarray(taps, np.float64)


def distorted(signal: Signal, sample_rate: int, seed: bytes) -> Signal:
    """Return a version of a signal of shape (time,) that everybody must rate as bad; see the module."""
    noise = _generator(seed).standard_normal(len(signal))
    level = float(np.sqrt(np.mean(np.square(signal)))) * 10 ** (_DISTORTED_NOISE_DB / 20)
    return low_passed(signal, _DISTORTED_HZ, sample_rate) + level * noise


def faded(signal: Signal, sample_rate: int) -> Signal:
    """Return a signal of shape (time,) with a raised-cosine fade of 10 ms at each end."""
    n_fade = min(round(FADE_S * sample_rate), len(signal) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n_fade) + 0.5) / n_fade) if n_fade else np.zeros(0)
    result = signal.copy()
    result[:n_fade] *= ramp
    result[len(signal) - n_fade :] *= ramp[::-1]
    return result


def wav_bytes(signal: Signal, n_samples: int, sample_rate: int, seed: bytes) -> bytes:
    """Return the content of a stimulus file.

    Args:
        signal: shape (time,), at most `n_samples` long and below full scale; zeros are added at its end.
        n_samples: length of all stimuli.
        sample_rate: Hz.
        seed: of the dither, also over the zeros, so that the end of a clip is as noisy as the rest.
    """
    padded = np.pad(signal, (0, n_samples - len(signal)))
    random = _generator(seed)
    dither = random.random(n_samples) - random.random(n_samples)  # triangular, +-1 step
    pcm = np.clip(np.rint(padded * _STEPS + dither), -_STEPS, _STEPS - 1).astype("<i2")
    return _wav(pcm, sample_rate)


def _wav(pcm: npt.NDArray[np.int16], sample_rate: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(pcm.tobytes())
    return content.getvalue()


def _generator(seed: bytes) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(seed).digest()[:16], "big"))
