"""Signal-to-distortion ratio of BSS-eval v3, one source.

The estimate is split into what a filter of 512 taps can make of the reference, and the rest; SDR is the ratio of their
energies. So gain, any fixed equalisation, and delays of up to 511 samples are forgiven; being early is not.

Source: Vincent, Gribonval, Févotte, "Performance measurement in blind audio source separation", IEEE TASLP 14(4), 2006,
sec. III-B and eq. 11. The oracle in tests is mir_eval.separation.bss_eval_sources, which this matches to 1e-9 dB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.linalg import cho_factor, toeplitz
from scipy.linalg.blas import dtrsv

from .blocks import Blocks, Floats, Spectra
from .metric import MetricError
from .signals import Signal, check_both, ratio_db

if TYPE_CHECKING:
    from .pair import Pair

TAPS = 512
_BLOCKS = Blocks(first_lag=0, last_lag=TAPS - 1, n_fft=4096)

# Share of the reference's energy that is added to the diagonal, so that the factor exists for any reference: that of a
# faded tone is singular to working precision. One step of refinement takes the effect out again wherever the matrix
# itself has a say (what is left is below 1e-12 dB on speech).
_LOADING = 1e-12

# The residual's energy as a difference of energies loses digits where it is small against them: 1e-10 dB at this share.
# Below it (SDR over 30 dB, or an ill-conditioned reference) the residual itself is formed.
_TRUSTED_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class PreparedSdr:
    """What SDR needs of a reference.

    Attributes:
        n_samples: length of the reference.
        autocorrelation: for lags of 0 to 511 samples.
        factor: lower Cholesky factor of the loaded autocorrelation matrix, Fortran order.
        circulant: spectrum of the circulant matrix in which the autocorrelation matrix is the upper left part.
        spectra: the reference in blocks, a group at a time.
    """

    n_samples: int
    autocorrelation: Floats
    factor: Floats
    circulant: Spectra
    spectra: tuple[Spectra, ...]

    def cross_correlation(self, estimate: Floats) -> Floats:
        """Correlate the estimate with the reference delayed by 0 to 511 samples."""
        total = np.zeros(_BLOCKS.n_fft // 2 + 1, np.complex128)
        for group, spectra in zip(self.groups(), self.spectra, strict=True):
            total += _BLOCKS.cross_spectrum(spectra, _BLOCKS.estimate_blocks(estimate, group))
        return _BLOCKS.lags(total)

    def groups(self) -> list[slice]:
        """Return the groups of blocks that cover the filtered reference, tail included."""
        return list(_BLOCKS.groups(self.n_samples + TAPS - 1))

    def solve(self, right_side: Floats) -> Floats:
        """Solve the loaded normal equations."""
        # Two triangular solves of BLAS; LAPACK's potrs takes three times as long for one right side.
        half = dtrsv(self.factor, right_side, lower=1)
        return np.asarray(dtrsv(self.factor, half, lower=1, trans=1, overwrite_x=1))

    def covariance_times(self, taps: Floats) -> Floats:
        """Multiply the unloaded autocorrelation matrix with a vector."""
        return np.asarray(irfft(self.circulant * rfft(taps, 2 * TAPS))[:TAPS])


def sdr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute SDR by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz. The filter has 512 taps at any rate: 32 ms at 16 kHz, 10.7 ms at 48 kHz.

    Returns:
        dB; infinite where the estimate is a filtered reference, to the last bit.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; too_short for 512 samples or fewer.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other)


def prepare(reference: Signal, sample_rate: int) -> PreparedSdr:
    """Do the part that depends on the reference alone."""
    if reference.size <= TAPS:
        raise MetricError("too_short", f"{reference.size} samples, fewer than the {TAPS} taps fit anything")
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
    """Compute SDR in dB of an estimate as long as the prepared reference."""
    cross = prepared.cross_correlation(estimate)
    taps = prepared.solve(cross)
    taps += prepared.solve(cross - prepared.covariance_times(taps))
    energy = float(np.dot(estimate, estimate))
    target = float(np.dot(taps, prepared.covariance_times(taps)))
    residual = energy - 2 * float(np.dot(taps, cross)) + target
    scale = energy + float(np.dot(taps, taps)) * float(prepared.autocorrelation[0])
    if residual < _TRUSTED_SHARE * scale:
        target, residual = _filtered_energies(prepared, estimate, taps)
    return ratio_db(target, residual)


def _filtered_energies(prepared: PreparedSdr, estimate: Signal, taps: Floats) -> tuple[float, float]:
    """Filter the reference; return the energies of the result and of what it leaves of the estimate."""
    target = residual = 0.0
    for group, spectra in zip(prepared.groups(), prepared.spectra, strict=True):
        filtered = _BLOCKS.filtered(spectra, taps)
        rest = _BLOCKS.estimate_blocks(estimate, group) - filtered
        target += float(np.einsum("bt,bt->", filtered, filtered))
        residual += float(np.einsum("bt,bt->", rest, rest))
    return target, residual


def of_pair(pair: Pair) -> float:
    """Compute SDR of a pair, its reference prepared once."""
    return score(pair.reference.remember(prepare), pair.estimate)
