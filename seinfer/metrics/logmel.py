"""The features of DNSMOS P.808: log power in 120 mel bands, a frame every 10 ms at 16 kHz. Pure numpy.

The rule: the same values as librosa's `power_to_db(melspectrogram(n_fft=321, hop_length=160, n_mels=120), ref=np.max)`,
then (x + 40) / 40, without librosa. Frames are centred, with zeros around the signal; the window is a periodic Hann
window; the bands are Slaney's, of equal area, in single precision (narrower than a bin at the bottom, so that some are
empty); values more than 80 dB below the loudest cell are set to -80 dB.

Sources: Slaney, "Auditory Toolbox", Technical Report 1998-010, Interval Research; librosa's documentation; the settings
of microsoft/DNS-Challenge@591184a:DNSMOS/dnsmos_local.py.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from .frames import frames_of, periodic_hann
from .signals import Floats

SAMPLE_RATE = 16_000
_N_FFT, _HOP, N_BANDS = 321, 160, 120
_LEAST_POWER = 1e-10
_DYNAMIC_RANGE_DB = 80.0
# Slaney's scale: linear up to 1 kHz, 15 mel; then 27 mel to a factor of 6.4.
_HZ_PER_MEL, _CORNER_HZ, _MEL_PER_NEPER = 200 / 3, 1000.0, 27 / np.log(6.4)


def log_mel(signal: Floats) -> npt.NDArray[np.float32]:
    """Return the features of a signal of shape (time,) at 16 kHz, shape (frame, 120), -1 to 1."""
    frames = frames_of(np.pad(signal, _N_FFT // 2), _N_FFT, _HOP)
    spectra = np.fft.rfft(frames * periodic_hann(_N_FFT))
    bands = mel_bands(_N_FFT, SAMPLE_RATE, N_BANDS, SAMPLE_RATE / 2)
    power = np.maximum((np.square(spectra.real) + np.square(spectra.imag)) @ bands, _LEAST_POWER)
    level_db = 10 * np.log10(power) - 10 * np.log10(power.max())
    np.maximum(level_db, -_DYNAMIC_RANGE_DB, out=level_db)
    return np.asarray((level_db + 40) / 40, np.float32)


@cache
def mel_bands(n_fft: int, sample_rate: int, n_bands: int, top_hz: float) -> npt.NDArray[np.float32]:
    """Return triangular bands of equal area from 0 Hz to `top_hz`, shape (frequency, band).

    Bands above half the sample rate are empty.
    """
    corner_mel = _CORNER_HZ / _HZ_PER_MEL
    top_mel = corner_mel + np.log(top_hz / _CORNER_HZ) * _MEL_PER_NEPER
    mel = np.linspace(0, top_mel, n_bands + 2)
    edges_hz = np.where(mel < corner_mel, mel * _HZ_PER_MEL, _CORNER_HZ * np.exp((mel - corner_mel) / _MEL_PER_NEPER))
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sample_rate)[:, None]
    lower_hz, centre_hz, upper_hz = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz - lower_hz) / (centre_hz - lower_hz)
    falling = (upper_hz - bins_hz) / (upper_hz - centre_hz)
    triangles = np.maximum(0, np.minimum(rising, falling)) * 2 / (upper_hz - lower_hz)
    return np.asarray(triangles, np.float32)
