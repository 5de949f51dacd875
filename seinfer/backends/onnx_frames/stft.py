"""The centred STFT of a clip and its inverse, frame by frame.

The rule: samples that are not changed come back unchanged. Frame k has its centre at sample k * hop_length, and the
front of the clip is mirrored, so frame 0 is half mirrored. Analysis and synthesis have the same window; the sum of the
frames is divided by the sum of the squared windows that cover a sample. Zeros follow the end of the clip, where
`torch.stft` mirrors it: only the last n_fft samples differ.

Source: `torch.stft` and `torch.istft` with `center=True`; Griffin and Lim, "Signal estimation from modified short-time
Fourier transform", IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984, equation 6.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from ..frames import Frames, Framing, Spectra, Window, analyse
from .options import Options

_TINY = 1e-10
"""A sum of squared windows below this belongs to a sample in front of the clip, which is dropped."""


class Stft:
    """Analysis and synthesis with the window of a network.

    Attributes:
        framing: how the clip is cut into frames.
    """

    def __init__(self, options: Options) -> None:
        n_fft, hop_length = options.n_fft, options.hop_length
        self.framing = Framing(n_fft, hop_length, lead_samples=n_fft // 2, is_lead_mirrored=True)
        self._window = window_of(options)
        # The first samples are covered by fewer windows, if the hop is shorter than half a window.
        n_first = -(-n_fft // hop_length)
        squares = np.zeros((2 * n_first - 1) * hop_length + n_fft)
        for frame in range(2 * n_first):
            squares[frame * hop_length :][:n_fft] += self._window**2
        sums = [squares[frame * hop_length :][:n_fft] for frame in range(n_first)]
        self._synthesis = np.array([self._window / np.where(total > _TINY, total, np.inf) for total in sums])

    def spectra(self, frames: Frames) -> Spectra:
        """Return the spectra of frames of samples, shape (frame, frequency)."""
        return analyse(frames, self._window)

    def frames(self, spectra: Spectra, first: int) -> Frames:
        """Return the frames of samples to add up; `first` is the position of the first one in the clip."""
        places = np.minimum(first + np.arange(len(spectra)), len(self._synthesis) - 1)
        return cast("Frames", np.fft.irfft(spectra, len(self._window)) * self._synthesis[places])


def window_of(options: Options) -> Window:
    """Return the window, shape (time,)."""
    hann: Window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(options.n_fft) / options.n_fft)
    return np.sqrt(hann) if options.window == "root-hann" else hann
