"""Frames, windows and frame energies against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.metrics.frames import frame_energies, frames_of, in_groups, matlab_hann, periodic_hann

SIGNAL = np.random.default_rng(0).standard_normal(1000)


def test_frames_of_are_the_whole_frames_of_a_signal() -> None:
    frames = frames_of(SIGNAL, 30, 7)
    assert frames.shape == ((1000 - 30) // 7 + 1, 30)
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, SIGNAL[7 * index : 7 * index + 30])


@pytest.mark.parametrize("n_frames", [0, 1, 63, 64, 65, 200])
def test_in_groups_covers_every_frame_once(n_frames: int) -> None:
    numbers = [index for group in in_groups(n_frames) for index in range(n_frames)[group]]
    assert numbers == list(range(n_frames))


def test_windows_equal_their_definitions() -> None:
    n = np.arange(8)
    np.testing.assert_allclose(periodic_hann(8), 0.5 - 0.5 * np.cos(2 * np.pi * n / 8), rtol=0, atol=1e-15)
    np.testing.assert_allclose(matlab_hann(8), 0.5 - 0.5 * np.cos(2 * np.pi * (n + 1) / 9), rtol=0, atol=1e-15)


@pytest.mark.parametrize("n_hops", [1, 2, 4])
def test_frame_energies_equal_the_direct_sum(n_hops: int) -> None:
    window = matlab_hann(10 * n_hops)
    frames = frames_of(SIGNAL, len(window), 10)[:50]
    expected = np.square(frames * window).sum(axis=1)
    np.testing.assert_allclose(frame_energies(SIGNAL, window, 10, 50), expected, rtol=1e-13)
