"""The signal processing of DeepFilterNet against its definition and against the authors' library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seinfer.backends.deepfilternet.config import Settings
from seinfer.backends.deepfilternet.features import (
    BAND_WIDTHS,
    LOOKAHEAD,
    N_BANDS,
    N_BINS,
    N_FILTERED,
    N_TAPS,
    WIN_LENGTH,
    WINDOW,
    Filter,
    FrontEnd,
    MaskedFilter,
    NoisyFilter,
    RunningMean,
    vorbis_window,
)
from seinfer.backends.frames import analyse
from tests.helpers import speech_like

from .models import MODELS, RATE

FILTERS = {"deepfilternet2": MaskedFilter, "deepfilternet3": NoisyFilter}


def random_spectra(n_frames: int, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_frames, N_BINS)) + 1j * rng.standard_normal((n_frames, N_BINS))


def filtered(back_end: Filter, spectra: Any, gains: Any, coefficients: Any, size: int) -> Any:
    """Send spectra through a filter, `size` frames at a time; the network's output is two frames late."""
    spectra = np.concatenate([spectra, np.zeros((back_end.delay, N_BINS))])
    gains, coefficients = (
        np.concatenate([v, np.zeros((LOOKAHEAD, *v.shape[1:]), v.dtype)]) for v in (gains, coefficients)
    )
    made, given_frames = [], 0
    for start in range(0, len(spectra), size):
        back_end.push_noisy(spectra[start : start + size])
        ready = max(given_frames, min(start + size, len(spectra)) - LOOKAHEAD)
        made.append(back_end.push(gains[given_frames:ready], coefficients[given_frames:ready]))
        given_frames = ready
    return np.concatenate(made)


def test_window_squared_adds_up_to_one_over_half_windows() -> None:
    half = WIN_LENGTH // 2
    np.testing.assert_allclose(WINDOW[:half] ** 2 + WINDOW[half:] ** 2, 1, atol=1e-12)


def test_bands_cover_all_bins_once() -> None:
    assert sum(BAND_WIDTHS) == N_BINS
    assert N_BANDS == 32


@pytest.mark.parametrize("size", [1, 3, 64, 200])
def test_running_mean_for_any_grouping_of_frames_equals_its_recursion(size: int) -> None:
    values = np.random.default_rng(0).standard_normal((200, 4))
    state, expected = np.linspace(-60, -90, 4), np.empty_like(values)
    for k, frame in enumerate(values):
        state = 0.01 * frame + 0.99 * state
        expected[k] = state
    mean = RunningMean(-60, -90, 4)
    found = np.concatenate([mean.push(values[k : k + size]) for k in range(0, 200, size)])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert mean.push(values[:0]).shape == (0, 4)


def test_running_mean_does_not_change_its_input() -> None:
    values = np.ones((5, 2))
    RunningMean(0, 0, 2).push(values)
    np.testing.assert_array_equal(values, 1)


def test_front_end_equals_the_authors_library() -> None:
    libdf = pytest.importorskip("libdf", reason="DeepFilterLib, of the extra deepfilternet-torch, is not installed")
    signal = speech_like(2.0, RATE) + 1e-3 * np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(480), signal]), WIN_LENGTH)[::480]
    ours = FrontEnd().push(analyse(frames, WINDOW) / WIN_LENGTH)

    state = libdf.DF(RATE, WIN_LENGTH, 480, N_BANDS, 2)
    spectra = state.analysis(signal[None].astype(np.float32))
    assert list(state.erb_widths()) == list(BAND_WIDTHS)
    np.testing.assert_allclose(state.fft_window(), WINDOW, atol=1e-6)
    levels = libdf.erb_norm(libdf.erb(spectra, state.erb_widths()), 0.99)[0]
    low = libdf.unit_norm(np.ascontiguousarray(spectra[..., :N_FILTERED]), 0.99)[0]
    assert len(ours) == len(levels)
    np.testing.assert_allclose(ours.levels, levels, atol=1e-4)  # of units of 40 dB
    np.testing.assert_allclose(ours.spectra, [low.real, low.imag], atol=1e-4)


def test_front_end_after_twenty_minutes_of_digital_silence_is_finite() -> None:
    front_end = FrontEnd()
    for _ in range(120):
        features = front_end.push(np.zeros((1000, 481), np.complex128))
    assert np.isfinite(features.levels).all()
    assert not features.spectra.any()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_filter_for_any_grouping_of_frames_equals_its_definition(model: str, size: int) -> None:
    n_frames, rng = 30, np.random.default_rng(1)
    spectra, gains = random_spectra(n_frames), rng.uniform(0, 1, (n_frames, N_BANDS)).astype(np.float32)
    coefficients = random_spectra(n_frames * N_TAPS, 2)[:, :N_FILTERED].reshape(n_frames, N_FILTERED, N_TAPS)

    masked = spectra * np.repeat(gains, BAND_WIDTHS, axis=1)
    source = np.zeros((n_frames + 4, N_FILTERED), complex)
    source[2:-2] = (masked if model == "deepfilternet2" else spectra)[:, :N_FILTERED]
    expected = masked.copy()
    for t in range(n_frames):
        expected[t, :N_FILTERED] = sum(source[t + n] * coefficients[t, :, n] for n in range(N_TAPS))

    found = filtered(FILTERS[model](Settings()), spectra, gains, coefficients, size)
    np.testing.assert_allclose(found[:n_frames], expected, atol=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_post_filter_changes_nothing_at_gain_1_and_most_at_gain_0(model: str) -> None:
    n_frames = 6
    gains = np.repeat(np.float32([1, 1e-3, 1, 0.5, 1, 0])[:, None], N_BANDS, axis=1)
    middle = np.zeros((n_frames, N_FILTERED, N_TAPS))
    middle[..., LOOKAHEAD] = 1
    spectra = random_spectra(n_frames)
    plain, softened = (
        filtered(FILTERS[model](Settings(post_filter=on)), spectra, gains, middle, 100)[:n_frames, N_FILTERED:]
        for on in (False, True)
    )
    ratios = np.divide(np.abs(softened), np.abs(plain), out=np.ones_like(plain, float), where=plain != 0)
    np.testing.assert_allclose(ratios[[0, 2, 4]], 1, atol=1e-6)
    assert 0.97 < ratios[3].max() < 1  # sin(pi/4)^2 = 1/2: (1 + b) / (1 + 2 b)
    assert ratios[1].max() < 1e-3
    assert np.isfinite(softened).all()


def test_vorbis_window_of_two_samples_is_flat() -> None:
    np.testing.assert_allclose(vorbis_window(2), np.sin(np.pi / 4), atol=1e-15)
