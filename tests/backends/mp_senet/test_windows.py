"""Windows of a long clip."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.mp_senet.windows import in_windows

WINDOW, OVERLAP = 1_000, 200


def ramp(n_samples: int) -> Waveform:
    return np.linspace(-1, 1, n_samples, dtype=np.float32)


@pytest.mark.parametrize("n_samples", [1_001, 1_800, 1_801, 9_999])
def test_windows_that_change_nothing_give_the_clip(n_samples: int) -> None:
    clip = ramp(n_samples)
    copied = in_windows(np.copy, clip, window_samples=WINDOW, overlap_samples=OVERLAP)
    assert copied.dtype == np.float32
    assert np.abs(copied - clip).max() < 1e-6


@pytest.mark.parametrize(("n_samples", "n_windows"), [(1_001, 2), (1_800, 2), (1_801, 3)])
def test_windows_are_no_more_than_needed_and_share_the_overlap(n_samples: int, n_windows: int) -> None:
    seen: list[Waveform] = []

    def run(window: Waveform) -> Waveform:
        seen.append(window)
        return window

    clip = np.arange(n_samples, dtype=np.float32)
    in_windows(run, clip, window_samples=WINDOW, overlap_samples=OVERLAP)
    assert len(seen) == n_windows
    assert [len(window) for window in seen] == [WINDOW] * n_windows
    assert (seen[0][0], seen[-1][-1]) == (0, n_samples - 1)
    assert all(one[-1] - other[0] >= OVERLAP - 1 for one, other in pairwise(seen))


def test_difference_between_windows_is_faded_and_does_not_jump() -> None:
    levels = iter(np.float32([1, 2]))
    faded = in_windows(
        lambda window: np.full_like(window, next(levels)), ramp(1_800), window_samples=WINDOW, overlap_samples=OVERLAP
    )
    assert (faded[0], faded[-1]) == (1, 2)
    assert 0 < np.diff(faded).max() < 2 / OVERLAP
