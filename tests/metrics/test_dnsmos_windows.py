"""The windows of DNSMOS against the script's own slicing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.metrics.dnsmos_windows import SAMPLE_RATE, WINDOW, plan

from .signals import Floats


def slices_of_script(n_samples: int) -> tuple[int, list[Floats]]:
    """Cut sample numbers as dnsmos_local.py cuts samples; the number of hops, and the windows that it keeps."""
    audio = np.arange(n_samples)
    while len(audio) < int(9.01 * 16000):
        audio = np.append(audio, audio)
    n_hops = int(np.floor(len(audio) / 16000) - 9.01) + 1
    cut = [audio[int(hop * 16000) : int((hop + 9.01) * 16000)] for hop in range(n_hops)]
    return n_hops, [window for window in cut if len(window) >= int(9.01 * 16000)]


# Seconds -> windows started, windows averaged.
@pytest.mark.parametrize(
    ("duration_s", "n_hops", "n_used"),
    [(1, 7, 7), (4, 7, 7), (5, 1, 1), (9, 9, 7), (9.01, 1, 1), (10.99, 1, 1), (11, 2, 2), (12, 3, 3), (20, 11, 7)],
)
def test_plan_known_durations_give_the_scripts_counts(duration_s: float, n_hops: int, n_used: int) -> None:
    windows = plan(round(duration_s * SAMPLE_RATE))
    assert (windows.n_hops, len(windows.starts)) == (n_hops, n_used)
    assert windows.is_tiled == (duration_s < 9.01)


@settings(max_examples=30)
@given(st.one_of(st.integers(1, 3 * WINDOW), st.integers(1, 90).map(lambda seconds: seconds * SAMPLE_RATE)))
def test_rate_any_length_sees_the_scripts_windows(n_samples: int) -> None:
    windows = plan(n_samples)
    n_hops, expected = slices_of_script(n_samples)
    assert (windows.n_hops, len(windows.starts)) == (n_hops, len(expected))
    seen: list[Floats] = []

    def network(samples: Floats) -> Floats:
        seen.append(samples)
        return samples[[0, -1]]

    ends = windows.rate(np.arange(n_samples, dtype=np.float64), network)
    np.testing.assert_array_equal(ends, [window[[0, -1]] for window in expected])
    # Equal windows are rated once; the rated windows equal the script's, sample by sample.
    whole = {window.tobytes() for window in np.asarray(expected, np.float64)}
    assert {window.tobytes() for window in seen} == whole
    assert len(seen) == len(whole)


@pytest.mark.parametrize("n_samples", [1, 2, 100])
def test_plan_tiny_clip_is_repeated_but_not_without_end(n_samples: int) -> None:
    windows = plan(n_samples)
    assert windows.is_tiled
    assert 1 <= len(windows.starts) <= 9


def test_plan_long_clip_keeps_the_hops_that_the_script_keeps() -> None:
    windows = plan(300 * SAMPLE_RATE)
    assert windows.n_hops == 291
    assert len(windows.starts) == len(slices_of_script(300 * SAMPLE_RATE)[1])
    assert not windows.is_tiled
