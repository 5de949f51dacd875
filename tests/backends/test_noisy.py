"""The baseline returns its input."""

from __future__ import annotations

import numpy as np

from seinfer.backends import noisy
from seinfer.backends.base import pad, run_stream
from seinfer.models.registry import load_registry

ENHANCER = noisy.load(load_registry().specs["noisy"], {}, device="cpu", threads=1)


def test_enhance_returns_a_copy_of_each_clip() -> None:
    clips = [np.linspace(-1, 1, n, dtype=np.float32) for n in (5, 1, 0, 9)]
    batch = pad(clips)
    for clip, made in zip(clips, ENHANCER.enhance(batch), strict=True):
        np.testing.assert_array_equal(made, clip)
        assert not np.shares_memory(made, batch.samples)


def test_stream_returns_every_block_at_once_as_a_copy() -> None:
    clip, stream = np.linspace(-1, 1, 9, dtype=np.float32), ENHANCER.open_stream()
    block = stream.push(clip[:4])
    np.testing.assert_array_equal(block, clip[:4])
    assert not np.shares_memory(block, clip)
    np.testing.assert_array_equal(run_stream(ENHANCER.open_stream(), clip, 2), clip)
    assert stream.finish().shape == (0,)
