"""Our resampling against the package's.

The comparison runs in float64, in which both sides agree to the last digits on every processor. A second test bounds
what float32 adds: it rounds in an order that depends on the processor, so it is compared with the float64 result by the
error bound of a dot product and not with the package's float32 result.
"""

from __future__ import annotations

import pytest

from seinfer.backends.demucs.resampling import Resampler

from .models import EXACT, UNIT_ROUNDOFF, noise, resample, resampler, torch

pytestmark = pytest.mark.usefixtures("_inference")

LENGTHS = [1, 2, 63, 64, 65, 112, 1_001, 4_096]


def upsampled_by_package(signal: torch.Tensor, factor: int) -> torch.Tensor:
    for _ in range(factor.bit_length() - 1):
        signal = resample.upsample2(signal)
    return signal


def downsampled_by_package(signal: torch.Tensor, factor: int) -> torch.Tensor:
    for _ in range(factor.bit_length() - 1):
        signal = resample.downsample2(signal)
    return signal


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_resampling_of_any_length_equals_the_package_in_float64(factor: int, n_samples: int) -> None:
    ours, signal = resampler(torch.float64, factor), noise(n_samples)[None]
    up, down = ours.up(signal, [n_samples]), ours.down(signal, [n_samples])
    assert torch.allclose(up, upsampled_by_package(signal, factor), rtol=0, atol=EXACT)
    assert torch.allclose(down, downsampled_by_package(signal, factor), rtol=0, atol=EXACT)


@pytest.mark.parametrize("factor", [2, 4])
def test_resampling_of_unequal_rows_equals_each_alone_in_float64_and_is_zero_beyond(factor: int) -> None:
    ours, lengths = resampler(torch.float64, factor), [300, 1_000, 1, 77]
    rows = torch.zeros(4, 1_000, dtype=torch.float64)
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = noise(length, seed=length)
    up, down = ours.up(rows, lengths), ours.down(rows, lengths)
    for index, length in enumerate(lengths):
        one, n_down = rows[index : index + 1, :length], -(-length // factor)
        assert torch.allclose(up[index, : factor * length], upsampled_by_package(one, factor)[0], rtol=0, atol=EXACT)
        assert torch.allclose(down[index, :n_down], downsampled_by_package(one, factor)[0], rtol=0, atol=EXACT)
        assert not up[index, factor * length :].any()
        assert not down[index, n_down:].any()


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_resampling_in_float32_differs_from_float64_by_no_more_than_the_bound_of_dot_products(
    factor: int, n_samples: int
) -> None:
    # A dot product of n terms, added in any order, is off by at most g * sum |h x|, with g = n u / (1 - n u): Higham,
    # "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1. After k stages that is (1 + g)^k - 1 times
    # what the stages make of |x| with the filter |h|. A stage has a term for each tap, and down adds the even sample.
    taps = resample.kernel_upsample2().flatten()
    single, double = Resampler(taps, factor), Resampler(taps.double(), factor)
    magnitudes = Resampler(taps.double().abs(), factor)
    n_terms, n_stages = len(taps) + 1, factor.bit_length() - 1
    relative = (1 + n_terms * UNIT_ROUNDOFF / (1 - n_terms * UNIT_ROUNDOFF)) ** n_stages - 1
    signal, lengths = noise(n_samples)[None], [n_samples]
    # Errors of random sign add up like the steps of a random walk, so their mean square is far smaller than that.
    for resample_by in ("up", "down"):
        exact = getattr(double, resample_by)(signal, lengths)
        error = getattr(single, resample_by)(signal.float(), lengths).double() - exact
        magnitude = getattr(magnitudes, resample_by)(signal.abs(), lengths)
        assert (error.abs() <= relative * magnitude).all(), resample_by
        random_walk = UNIT_ROUNDOFF**2 * n_stages * n_terms * magnitude.square().mean()
        assert error.square().mean() <= random_walk, resample_by
