"""The processing before and after SEGAN+'s network: scale of the samples, emphasis, windows."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.segan.options import WINDOW_SAMPLES
from seinfer.backends.segan.signal import DeEmphasis, PreEmphasis, Windower, normalise
from tests.helpers import speech_like


def test_normalise_of_16_bit_samples_is_the_authors_map_of_all_of_them() -> None:
    v = np.arange(-32_768, 32_768)
    theirs = (2.0 / 65_535.0) * (v - 32_767.0) + 1.0
    assert np.abs(normalise((v / 32_768).astype(np.float32)) - theirs).max() < 1e-15


def test_normalise_of_samples_below_a_step_of_16_bits_does_not_round_them() -> None:
    faint = (speech_like(1.0, 16_000) * 1e-5).astype(np.float32)
    assert len(np.unique(normalise(faint))) > 1_000


def test_normalise_of_samples_beyond_full_scale_does_not_clip_them() -> None:
    assert normalise(np.array([4.0, -4.0], np.float32)) == pytest.approx([4.0, -4.0], abs=1e-4)


@pytest.mark.parametrize("block_samples", [1, 7, 1_000])
def test_de_emphasis_of_pre_emphasis_in_blocks_gives_the_normalised_samples(block_samples: int) -> None:
    samples = speech_like(0.2, 16_000)
    emphasis, de_emphasis = PreEmphasis(0.95), DeEmphasis(0.95)
    starts = range(0, len(samples), block_samples)
    pieces = [de_emphasis.push(emphasis.push(samples[start : start + block_samples])) for start in starts]
    assert np.abs(np.concatenate(pieces) - normalise(samples)).max() < 1e-6


def test_windower_after_any_number_of_samples_keeps_less_than_a_window() -> None:
    windower = Windower()
    for _ in range(300):
        windower.push(np.zeros(1_000, np.float32))
        assert sum(piece.nbytes for piece in windower._pieces) < 4 * WINDOW_SAMPLES
        # A view would keep all of the array that it was cut from.
        assert all(piece.base is None for piece in windower._pieces)
