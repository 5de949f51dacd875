"""Correlation and filtering of long signals by short FFTs, a few blocks at a time.

A reference is cut into overlapping blocks, so that each block of the estimate needs only the one block of the reference
that contains all of its lags. Few blocks are processed at a time, so that they stay in the processor's cache and memory
does not grow with the clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from .signals import Floats

Spectra = npt.NDArray[np.complex128]

# Samples processed at a time: 16 blocks of 4096, half a megabyte.
_GROUP_SAMPLES = 1 << 16


@dataclass(frozen=True)
class Blocks:
    """How signals are cut into blocks.

    Attributes:
        first_lag, last_lag: range of delays of the reference, in samples; first_lag <= 0 <= last_lag.
        n_fft: transform length.
    """

    first_lag: int
    last_lag: int
    n_fft: int

    @classmethod
    def covering(cls, first_lag: int, last_lag: int, n_samples: int) -> Blocks:
        """Choose a transform as long as the whole signal, or three times the range of lags, which measured fastest."""
        span = last_lag - first_lag
        return cls(first_lag, last_lag, next_fast_len(min(n_samples + span, max(3 * span, 4096)), real=True))

    @property
    def hop(self) -> int:
        """Samples of the estimate in a block."""
        return self.n_fft - (self.last_lag - self.first_lag)

    def groups(self, n_samples: int) -> Iterator[slice]:
        """Yield the blocks of a signal, as many at a time as fit into the processor's cache."""
        n_blocks = -(-n_samples // self.hop)
        size = max(1, _GROUP_SAMPLES // self.n_fft)
        for start in range(0, n_blocks, size):
            yield slice(start, min(start + size, n_blocks))

    def estimate_blocks(self, estimate: Floats, group: slice) -> Floats:
        """Cut the blocks of a group out of an estimate, shape (block, hop), with zeros after its end."""
        return _cut(estimate, group.start * self.hop, group.stop - group.start, self.hop, self.hop)

    def reference_spectra(self, reference: Floats, group: slice) -> Spectra:
        """Transform the blocks of a reference that belong to those of an estimate, shape (block, frequency)."""
        start = group.start * self.hop - self.last_lag
        return np.asarray(rfft(_cut(reference, start, group.stop - group.start, self.hop, self.n_fft), axis=-1))

    def cross_spectrum(self, reference: Spectra, estimate: Floats) -> Spectra:
        """Return the spectrum of a group's share of the correlation, for `lags`, shape (frequency,)."""
        spectra = np.asarray(rfft(estimate, n=self.n_fft, axis=-1))
        np.conj(spectra, out=spectra)
        spectra *= reference
        return np.asarray(spectra.sum(axis=0))

    def lags(self, cross_spectrum: Spectra) -> Floats:
        """Return sum over n of reference[n - lag] estimate[n], for the lags from first_lag to last_lag."""
        circular = irfft(cross_spectrum, n=self.n_fft)
        return np.asarray(circular[self.last_lag - self.first_lag :: -1])

    def filtered(self, reference: Spectra, taps: Floats) -> Floats:
        """Filter the blocks of a reference with taps for lags 0 to last_lag, shape (block, hop)."""
        product = reference * rfft(taps, n=self.n_fft)
        blocks = irfft(product, n=self.n_fft, axis=-1, overwrite_x=True)
        return np.asarray(blocks[:, self.last_lag : self.last_lag + self.hop])


def correlate(reference: Floats, estimate: Floats, blocks: Blocks) -> Floats:
    """Correlate two signals of the same length, shape (time,).

    Returns:
        sum over n of reference[n - lag] estimate[n], shape (last_lag - first_lag + 1,).
    """
    total = np.zeros(blocks.n_fft // 2 + 1, np.complex128)
    for group in blocks.groups(len(estimate)):
        spectra = blocks.reference_spectra(reference, group)
        total += blocks.cross_spectrum(spectra, blocks.estimate_blocks(estimate, group))
    return blocks.lags(total)


def _cut(signal: Floats, start: int, count: int, hop: int, length: int) -> Floats:
    """Return `count` blocks of `length`, `hop` apart from sample `start` on, with zeros around the signal."""
    stop = start + (count - 1) * hop + length
    piece = signal[max(start, 0) : max(min(stop, len(signal)), 0)]
    before = max(-start, 0)
    if before or len(piece) < stop - start:
        padded = np.zeros(stop - start)
        padded[before : before + len(piece)] = piece
        piece = padded
    return np.lib.stride_tricks.sliding_window_view(piece, length)[::hop]
