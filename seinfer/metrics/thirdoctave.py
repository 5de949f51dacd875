"""The front end of STOI: third-octave envelopes of a signal in the frames in which the reference contains speech.

Frames of 256 samples at 10 kHz, half overlapped, Hann window. Frames more than 40 dB below the loudest frame of the
reference are removed from both signals, the others are joined by overlap-add, and the power spectrum of the result (512
points) is summed over 15 third-octave bands from 150 Hz:

    X_j(m) = sqrt(sum over bins k of band j of |x(k, m)|^2)    (eq. 1)

Source: Taal, Hendriks, Heusdens, Jensen 2011, doi:10.1109/TASL.2011.2114881, sec. II, in the form of the authors'
MATLAB code that pystoi ports (its window has no zeros at the ends; the last frame of a signal is not used).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from .frames import frame_energies, frames_of, in_groups, matlab_hann
from .resample10k import RATE
from .signals import Floats

N_BANDS = 15
EPS = float(np.finfo(np.float64).eps)
_FRAME, _HOP, _N_FFT = 256, 128, 512
_LOWEST_HZ = 150.0
_DYNAMIC_RANGE_DB = 40.0
_WINDOW = matlab_hann(_FRAME)

Indices = npt.NDArray[np.intp]


def frame_count(n_samples: int) -> int:
    """Return the number of frames in a signal at 10 kHz; a frame that ends exactly with the signal is not counted."""
    return max(0, -(-(n_samples - _FRAME) // _HOP))


def speech_frames(reference: Floats) -> Indices:
    """Return the indices of the frames of a reference at 10 kHz that are less than 40 dB below its loudest frame."""
    energy = frame_energies(reference, _WINDOW, _HOP, frame_count(len(reference)))
    level_db = 20 * np.log10(np.sqrt(energy) + EPS)
    return np.asarray(np.flatnonzero(level_db.max() - _DYNAMIC_RANGE_DB - level_db < 0))


def envelopes(signal: Floats, frames: Indices) -> Floats:
    """Return the envelopes X_j(m) of the chosen frames of a signal at 10 kHz, shape (frame, band); eq. 1."""
    joined = _join(signal, frames)
    view = frames_of(joined, _FRAME, _HOP)[: len(frames) - 1]
    bins, bands = _bands()
    powers = np.empty((len(view), N_BANDS))
    for group in in_groups(len(view)):
        spectra = rfft(view[group] * _WINDOW, n=_N_FFT, axis=-1)
        parts = spectra.view(np.float64)[:, bins]
        np.square(parts, out=parts)
        np.matmul(parts, bands, out=powers[group])
    return np.asarray(np.sqrt(powers, out=powers))


def _half_frames(signal: Floats) -> Floats:
    """Cut a signal into half frames, shape (frames + 1, 128)."""
    return signal[: (frame_count(len(signal)) + 1) * _HOP].reshape(-1, _HOP)


def _join(signal: Floats, frames: Indices) -> Floats:
    """Window the chosen frames and join them by overlap-add as if they were consecutive, shape (time,)."""
    halves = _half_frames(signal)
    joined = np.zeros((len(frames) + 1, _HOP))
    np.multiply(halves[frames], _WINDOW[:_HOP], out=joined[:-1])
    joined[1:] += halves[frames + 1] * _WINDOW[_HOP:]
    return joined.reshape(-1)


@cache
def _bands() -> tuple[slice, Floats]:
    """Return the bands as a matrix for interleaved real and imaginary parts, and the slice of the parts that it covers.

    Edges are rounded to the nearest bins, and a band ends before its upper edge.
    """
    hz = np.arange(_N_FFT // 2 + 1) * (RATE / _N_FFT)
    edges = _LOWEST_HZ * 2.0 ** ((2 * np.arange(N_BANDS + 1) - 1) / 6)
    bins = np.abs(hz - edges[:, None]).argmin(axis=1)
    first, last = int(bins[0]), int(bins[-1])
    matrix = np.zeros((last - first, N_BANDS))
    for band in range(N_BANDS):
        matrix[bins[band] - first : bins[band + 1] - first, band] = 1
    return slice(2 * first, 2 * last), np.repeat(matrix, 2, axis=0)
