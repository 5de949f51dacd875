"""Overlapping windows of a long clip."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.windows import Windows


def ramp(n_samples: int) -> Waveform:
    return np.arange(n_samples, dtype=np.float32)


@pytest.mark.parametrize("n_samples", [1, 99, 100, 101, 130, 171, 1_003])
@pytest.mark.parametrize("step_samples", [1, 7])
def test_run_with_a_method_that_changes_nothing_returns_the_clip(n_samples: int, step_samples: int) -> None:
    clip = ramp(n_samples)
    enhanced = Windows(100, 30, step_samples).run(clip, np.copy)
    np.testing.assert_allclose(enhanced, clip, rtol=1e-6)
    assert enhanced.dtype == np.float32


def test_run_windows_start_at_multiples_of_the_step_and_have_at_least_the_window_length() -> None:
    seen: list[tuple[int, int]] = []

    def enhance(samples: Waveform) -> Waveform:
        seen.append((int(samples[0]), len(samples)))
        return samples.copy()

    Windows(100, 30, 7).run(ramp(253), enhance)
    assert all(start % 7 == 0 for start, _ in seen)
    assert all(100 <= length < 107 for _, length in seen)
    assert all(a + 100 - b >= 30 - 7 for (a, _), (b, _) in pairwise(seen))
    assert sum(seen[-1]) == 253


def test_run_two_windows_with_different_results_are_cross_faded_in_the_middle_of_their_overlap() -> None:
    results = iter([np.zeros(100, np.float32), np.ones(100, np.float32)])
    enhanced = Windows(100, 30).run(np.zeros(170, np.float32), lambda samples: next(results))
    assert not enhanced[:80].any()
    assert (enhanced[90:] == 1).all()
    assert (np.diff(enhanced[80:90]) > 0).all()


def test_is_chunked_of_one_window_is_false_and_of_more_is_true() -> None:
    assert not Windows(100, 30).is_chunked(100)
    assert Windows(100, 30).is_chunked(101)
