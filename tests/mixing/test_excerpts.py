"""Excerpts: exact pieces of a recording, never a pause, and repetition without a click."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.audio.levels import rms_db
from seinfer.mixing.excerpts import excerpt

from .mixtures import RATE, pink


@given(fraction=st.floats(0, 1, exclude_max=True), n_samples=st.integers(1, 4 * RATE))
def test_excerpt_is_part_of_the_signal_from_a_multiple_of_10_ms(fraction: float, n_samples: int) -> None:
    signal = pink(4 * RATE).astype(np.float32)
    piece, start = excerpt(signal, RATE, n_samples, fraction)
    assert start % (RATE // 100) == 0
    assert np.array_equal(piece, signal[start : start + n_samples])
    assert len(piece) == n_samples


@given(fraction=st.floats(0, 1, exclude_max=True))
def test_excerpt_is_not_a_pause_of_the_signal(fraction: float) -> None:
    signal = pink(20 * RATE, seed=1, level_db=-70).astype(np.float32)
    signal[10 * RATE : 12 * RATE] = pink(2 * RATE)
    piece, _ = excerpt(signal, RATE, RATE, fraction)
    assert rms_db(piece) > rms_db(signal) - 20.1  # dB


def test_excerpt_can_start_at_every_multiple_of_10_ms() -> None:
    signal = pink(2 * RATE).astype(np.float32)
    starts = {excerpt(signal, RATE, RATE, fraction)[1] for fraction in np.linspace(0, 1, 1000, endpoint=False)}
    assert starts == set(range(0, RATE + 1, RATE // 100))


@pytest.mark.parametrize("fraction", [0.0, 0.37, 0.999])
@pytest.mark.parametrize("n_samples", [RATE + 1, 5 * RATE + 3])
def test_excerpt_of_a_short_signal_repeats_it_without_a_jump(fraction: float, n_samples: int) -> None:
    tone = np.cos(2 * np.pi * 100.5 * np.arange(RATE) / RATE)  # ends with half a period
    piece, start = excerpt(tone.astype(np.float32), RATE, n_samples, fraction)
    assert len(piece) == n_samples
    period = RATE - round(0.02 * RATE)
    assert np.array_equal(piece[period:], piece[:-period])
    assert 0 <= start < period
    steepest = 2 * np.pi * 100.5 / RATE
    assert np.max(np.abs(np.diff(piece))) < 2.5 * steepest  # a plain repetition would jump by 25 of these


def test_excerpt_of_repeated_noise_keeps_the_level() -> None:
    levels_db = []
    for seed in range(40):
        noise = np.random.default_rng(seed).standard_normal(RATE).astype(np.float32)
        piece, _ = excerpt(noise, RATE, 2 * RATE, 0.0)
        levels_db.append(rms_db(piece[: round(0.02 * RATE)]))
    # 40 fades of 160 samples each: the mean power has a standard deviation of 0.08 dB.
    assert 10 * math.log10(np.mean(10 ** (np.array(levels_db) / 10))) == pytest.approx(0, abs=0.3)
