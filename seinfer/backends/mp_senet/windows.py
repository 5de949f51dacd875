"""A clip that is too long to run at once, in overlapping windows: an approximation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..base import Waveform


def in_windows(
    run: Callable[[Waveform], Waveform], clip: Waveform, *, window_samples: int, overlap_samples: int
) -> Waveform:
    """Run a clip of shape (time,) in windows of the same length, cross-faded where they overlap.

    Args:
        run: enhances a window, shape (time,).
        clip: longer than a window.
        window_samples: length of a window.
        overlap_samples: two neighbours share at least as many.
    """
    n_windows = -(-(len(clip) - overlap_samples) // (window_samples - overlap_samples))
    rise = np.minimum(np.arange(1, window_samples + 1, dtype=np.float32) / overlap_samples, 1)
    fade = rise * rise[::-1]
    enhanced, weight = np.zeros_like(clip), np.zeros_like(clip)
    for start in np.linspace(0, len(clip) - window_samples, n_windows).astype(int):
        part = slice(start, start + window_samples)
        enhanced[part] += fade * run(clip[part])
        weight[part] += fade
    return enhanced / weight
