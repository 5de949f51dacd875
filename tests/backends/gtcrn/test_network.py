"""The network of GTCRN as a whole: causality, the bound of the mask, the order of the features."""

from __future__ import annotations

from typing import Any

import pytest

from seinfer.backends.gtcrn import weights
from seinfer.backends.gtcrn.layers import Memory

from .models import NETWORKS, random_state, torch

BUILD = {"gtcrn": weights.gtcrn, "gtcrn-micro": weights.micro}


def spectra(n_frames: int) -> Any:
    return torch.randn(2, n_frames, 257, dtype=torch.complex64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("name", NETWORKS)
def test_network_changed_frame_changes_no_earlier_one(name: str) -> None:
    network, given = BUILD[name](random_state(name)), spectra(20)
    before = network(given, Memory())
    given[:, 11] *= 2
    after = network(given, Memory())
    torch.testing.assert_close(after[:, :11], before[:, :11], rtol=0, atol=1e-6)
    assert not torch.allclose(after[:, 11:], before[:, 11:], atol=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_low_bins_are_amplified_by_at_most_the_root_of_two(name: str) -> None:
    # Real and imaginary part of the mask are hyperbolic tangents there.
    given = spectra(9)
    gains = (BUILD[name](random_state(name))(given, Memory()).abs() / given.abs())[..., :65]
    assert float(gains.max()) <= 2**0.5 + 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_network_first_layer_sees_magnitude_then_real_then_imaginary_part(name: str) -> None:
    seen: list[Any] = []
    network = BUILD[name](random_state(name))
    front = network.front
    object.__setattr__(network, "front", lambda x, memory: (seen.append(x), front(x, memory))[1])
    given = spectra(4)
    network(given, Memory())
    torch.testing.assert_close(seen[0][:, 0, :, :65], given.abs()[..., :65])
    torch.testing.assert_close(seen[0][:, 1, :, :65], given.real[..., :65])
    torch.testing.assert_close(seen[0][:, 2, :, 65:], given.imag[..., 65:] @ network.to_bands.T)
