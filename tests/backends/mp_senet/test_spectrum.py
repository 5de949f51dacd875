"""Magnitude and phase of MP-SENet."""

from __future__ import annotations

import pytest

from .models import torch


@pytest.mark.parametrize("n_samples", [201, 400, 3_399])
def test_spectrum_there_and_back_gives_the_samples_to_the_last(n_samples: int) -> None:
    from seinfer.backends.mp_senet.spectrum import analyse, synthesise

    samples = torch.randn(n_samples, generator=torch.Generator().manual_seed(0))
    magnitude, phase = analyse(samples)
    assert magnitude.shape == phase.shape == (201, 1 + n_samples // 100)
    assert (synthesise(magnitude, phase, n_samples) - samples).abs().max() < 1e-3


def test_magnitude_is_compressed_by_an_exponent_of_0_3() -> None:
    from seinfer.backends.mp_senet.spectrum import analyse

    samples = torch.randn(1_000, generator=torch.Generator().manual_seed(0))
    ratio = analyse(10 * samples)[0] / analyse(samples)[0]
    assert (ratio - 10**0.3).abs().max() < 1e-3
