"""DeepFilterNet around networks that do nothing: clips, streams, the frames that the network gets, and `probe`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.backends.base import Waveform, pad, run_stream
from seinfer.backends.deepfilternet.clips import DeepFilterNet, probe
from seinfer.backends.deepfilternet.config import Architecture, Settings
from seinfer.backends.deepfilternet.features import LOOKAHEAD, N_BANDS, N_FILTERED, N_TAPS

from .models import MODELS


class ConstantNetwork:
    """A network whose masks are `gain` and whose filters pass one tap."""

    def __init__(self, gain: float = 1.0, tap: int = LOOKAHEAD) -> None:
        self.gain, self.tap = gain, tap

    def start(self, n_clips: int) -> dict[str, Any]:
        return {"frames": np.zeros(n_clips, int)}

    def run(self, levels: Any, spectra: Any, state: Any) -> Any:
        shape = levels.shape[:2]
        coefficients = np.zeros((*shape, N_FILTERED, N_TAPS), np.complex64)
        coefficients[..., self.tap] = 1
        gains = np.full((*shape, N_BANDS), self.gain, np.float32)
        return gains, coefficients, {"frames": state["frames"] + shape[1]}


@pytest.mark.parametrize("limit_db", [6.0, 40.0])
@pytest.mark.parametrize("model", MODELS)
def test_attenuation_limit_with_masks_of_zero_leaves_noise_at_the_limit(model: Architecture, limit_db: float) -> None:
    clip = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    silent = ConstantNetwork(gain=0.0)
    silent_low = DeepFilterNet(silent, model, Settings(atten_lim_db=limit_db), 1)
    [enhanced] = silent_low.enhance(pad([clip]))
    [unlimited] = DeepFilterNet(silent, model, Settings(), 1).enhance(pad([clip]))
    share = 10 ** (-limit_db / 20)
    np.testing.assert_allclose(enhanced, share * clip + (1 - share) * unlimited, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 3_000), min_size=1, max_size=10),
    threads=st.integers(1, 3),
    model=st.sampled_from(MODELS),
)
def test_enhance_with_a_network_that_changes_nothing_returns_every_clip(
    lengths: list[int], threads: int, model: Architecture
) -> None:
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    for clip, enhanced in zip(
        clips, DeepFilterNet(ConstantNetwork(), model, Settings(), threads).enhance(pad(clips)), strict=True
    ):
        assert enhanced.shape == clip.shape
        assert enhanced.dtype == np.float32
        np.testing.assert_allclose(enhanced, clip, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(n_samples=st.integers(0, 4_000), block_samples=st.integers(1, 2_000), model=st.sampled_from(MODELS))
def test_stream_with_a_network_that_changes_nothing_returns_the_clip(
    n_samples: int, block_samples: int, model: Architecture
) -> None:
    clip: Waveform = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
    streamed = run_stream(DeepFilterNet(ConstantNetwork(), model, Settings(), 1).open_stream(), clip, block_samples)
    assert streamed.shape == clip.shape
    np.testing.assert_allclose(streamed, clip, atol=1e-6)


@pytest.mark.parametrize("n_samples", [1, 479, 480, 481, 1_000, 9_600])
@pytest.mark.parametrize("model", MODELS)
def test_network_gets_as_many_frames_as_in_the_authors_code(model: Architecture, n_samples: int) -> None:
    class Recording(ConstantNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.levels = np.zeros((0, N_BANDS))

        def run(self, levels: Any, spectra: Any, state: Any) -> Any:
            self.levels = np.concatenate([self.levels, levels[0]])
            return super().run(levels, spectra, state)

    network = Recording()
    DeepFilterNet(network, model, Settings(), 1).enhance(pad([np.ones(n_samples, np.float32)]))
    # In their code: (length + 960) // 480 frames, without the first two, and with two frames of zeros after the last.
    n_real = (n_samples + 960) // 480 - LOOKAHEAD
    assert network.levels[:n_real].any(axis=1).sum() == n_real
    assert not network.levels[n_real:].any()


class FixedNetwork:
    """A network with a fixed output."""

    def __init__(self, gains: Any, coefficients: Any) -> None:
        self._made = gains, coefficients, {}

    def start(self, n_clips: int) -> dict[str, Any]:
        return {}

    def run(self, levels: Any, spectra: Any, state: Any) -> Any:
        return self._made


def test_probe_wrong_shapes_and_values_are_described() -> None:
    gains, coefficients = np.ones((2, 3, N_BANDS)), np.zeros((2, 3, N_FILTERED, N_TAPS), complex)
    assert probe(FixedNetwork(gains, coefficients)) == ""
    assert "have the shapes (1, 3, 32)" in probe(FixedNetwork(gains[:1], coefficients))
    assert "and (2, 3, 96, 4)" in probe(FixedNetwork(gains, coefficients[..., :4]))
    assert "expected 0 to 1" in probe(FixedNetwork(2 * gains, coefficients))
    assert "expected 0 to 1" in probe(FixedNetwork(np.nan * gains, coefficients))
    assert "finite coefficients" in probe(FixedNetwork(gains, coefficients + np.inf))
