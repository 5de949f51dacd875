"""Signal-to-distortion ratio (SDR) of BSS-eval v3, one source.

    s = sum over k = 0 ... 511 of h_k r[n - k], with the taps h that minimise |e - s|^2
    SDR = 10 log10(|s|^2 / |e - s|^2)

for reference r and estimate e, both padded with 511 zeros. The filter compensates for gain, any fixed equalisation, and
delays of up to 511 samples, but not for an estimate that is early.

Unit: dB. Range: -100 to 100 as shown (unbounded by definition); higher is better.

Source: Vincent, Gribonval, Févotte, "Performance measurement in blind audio source separation", IEEE TASLP 14(4), 2006,
doi:10.1109/TSA.2005.858005, sec. III-B and eq. 11. The oracle in tests is mir_eval.separation.bss_eval_sources, which
this matches to 1e-9 dB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.linalg import cho_factor, toeplitz
from scipy.linalg.blas import dtrsv

from .blocks import Blocks, Spectra
from .errors import MetricError
from .pair import Pair, pair_of
from .signals import Floats, Signal, ratio_db

TAPS = 512
_BLOCKS = Blocks(first_lag=0, last_lag=TAPS - 1, n_fft=4096)

# Share of the reference's energy that is added to the diagonal, so that the Cholesky factor exists for any reference:
# the matrix of a faded tone is singular to working precision. One step of iterative refinement removes the effect again
# unless the matrix is singular (the remaining error is below 1e-12 dB on speech).
_LOADING = 1e-12

# The residual's energy, computed as a difference of energies, loses digits if it is small: 1e-10 dB at this share.
# Below it (SDR over 30 dB, or an ill-conditioned reference) the residual itself is computed.
_TRUSTED_SHARE = 1e-3


def sdr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute SDR of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz. The filter has 512 taps at any rate: 32 ms at 16 kHz, 10.7 ms at 48 kHz.

    Returns:
        dB; infinite if the estimate is a filtered reference, to the last bit.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; too_short for 512 samples or fewer.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute SDR of a pair; the reference's part is cached."""
    return score(pair.reference.remember(prepare), pair.estimate)


@dataclass(frozen=True, eq=False)
class PreparedSdr:
    """The part of SDR that depends on the reference.

    Attributes:
        n_samples: length of the reference.
        autocorrelation: for lags of 0 to 511 samples.
        factor: lower Cholesky factor of the loaded autocorrelation matrix, Fortran order.
        circulant: spectrum of the circulant matrix whose upper left part is the autocorrelation matrix.
        spectra: spectra of the reference in blocks, one array per group of blocks.
    """

    n_samples: int
    autocorrelation: Floats
    factor: Floats
    circulant: Spectra
    spectra: tuple[Spectra, ...]

    def cross_correlation(self, estimate: Floats) -> Floats:
        """Return sum over n of e[n] r[n - k] for k = 0 ... 511."""
        total = np.zeros(_BLOCKS.n_fft // 2 + 1, np.complex128)
        for group, spectra in zip(self.groups(), self.spectra, strict=True):
            total += _BLOCKS.cross_spectrum(spectra, _BLOCKS.estimate_blocks(estimate, group))
        return _BLOCKS.lags(total)

    def groups(self) -> list[slice]:
        """Return the groups of blocks that cover the filtered reference, tail included."""
        return list(_BLOCKS.groups(self.n_samples + TAPS - 1))

    def solve(self, right_side: Floats) -> Floats:
        """Solve the normal equations with the loaded matrix."""
        # Two triangular solves of BLAS; LAPACK's potrs takes three times as long for one right-hand side.
        half = dtrsv(self.factor, right_side, lower=1)
        return np.asarray(dtrsv(self.factor, half, lower=1, trans=1, overwrite_x=1))

    def covariance_times(self, taps: Floats) -> Floats:
        """Multiply the autocorrelation matrix, without loading, with a vector."""
        return np.asarray(irfft(self.circulant * rfft(taps, 2 * TAPS))[:TAPS])


def prepare(reference: Signal, sample_rate: int) -> PreparedSdr:
    """Compute the part that depends on the reference alone.

    Raises:
        MetricError: too_short.
    """
    if reference.size <= TAPS:
        raise MetricError("too_short", f"{reference.size} samples; expected more than the {TAPS} taps of the filter")
    groups = list(_BLOCKS.groups(reference.size + TAPS - 1))
    spectra = tuple(_BLOCKS.reference_spectra(reference, group) for group in groups)
    pairs = zip(groups, spectra, strict=True)
    total = sum(_BLOCKS.cross_spectrum(s, _BLOCKS.estimate_blocks(reference, group)) for group, s in pairs)
    autocorrelation = _BLOCKS.lags(np.asarray(total))
    loaded = autocorrelation.copy()
    loaded[0] *= 1 + _LOADING
    factor, _ = cho_factor(toeplitz(loaded), lower=True, overwrite_a=True, check_finite=False)
    circulant = rfft(np.concatenate([autocorrelation, [0.0], autocorrelation[:0:-1]]))
    return PreparedSdr(reference.size, autocorrelation, np.asfortranarray(factor), circulant, spectra)


def score(prepared: PreparedSdr, estimate: Signal) -> float:
    """Compute SDR in dB of an estimate that is as long as the reference."""
    cross = prepared.cross_correlation(estimate)
    taps = prepared.solve(cross)
    taps += prepared.solve(cross - prepared.covariance_times(taps))  # one step of iterative refinement
    energy = float(np.dot(estimate, estimate))
    target = float(np.dot(taps, prepared.covariance_times(taps)))  # |s|^2 = h' R h
    residual = energy - 2 * float(np.dot(taps, cross)) + target  # |e - s|^2 = |e|^2 - 2 h' c + h' R h
    scale = energy + float(np.dot(taps, taps)) * float(prepared.autocorrelation[0])
    if residual < _TRUSTED_SHARE * scale:
        target, residual = _filtered_energies(prepared, estimate, taps)
    return ratio_db(target, residual)


def _filtered_energies(prepared: PreparedSdr, estimate: Signal, taps: Floats) -> tuple[float, float]:
    """Filter the reference and return the energies |s|^2 and |e - s|^2."""
    target = residual = 0.0
    for group, spectra in zip(prepared.groups(), prepared.spectra, strict=True):
        filtered = _BLOCKS.filtered(spectra, taps)
        rest = _BLOCKS.estimate_blocks(estimate, group) - filtered
        target += float(np.einsum("bt,bt->", filtered, filtered))
        residual += float(np.einsum("bt,bt->", rest, rest))
    return target, residual
