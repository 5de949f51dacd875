"""The contract page: batches, the defaults of optional capabilities, and the helpers."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seinfer.backends.base import (
    Batch,
    BatchLimits,
    Waveform,
    batch_limits,
    each_row,
    is_chunked,
    pad,
    require,
    run_stream,
    stream_over,
)
from seinfer.core.errors import MissingExtraError
from seinfer.models.registry import load_registry

WAVEFORMS = st.lists(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)), max_size=8)
SPEC = load_registry().specs["dpcrn-tf"]


class Plain:
    """An enhancer without optional capabilities."""

    sample_rate = 16_000

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.copy() for row in batch.rows()]


class Doubling:
    """A stream that keeps one block back."""

    def __init__(self, gain: float = 2.0) -> None:
        self.gain = np.float32(gain)
        self.sizes: list[int] = []
        self._kept = np.zeros(0, np.float32)

    def push(self, block: Waveform) -> Waveform:
        self.sizes.append(len(block))
        ready, self._kept = self._kept, self.gain * block
        return ready

    def finish(self) -> Waveform:
        return self._kept


class InOnePass(Plain):
    def open_stream(self) -> Doubling:
        return Doubling()


class Levelling:
    """A first pass that measures the peak."""

    def __init__(self) -> None:
        self.peak = 0.0

    def push(self, block: Waveform) -> None:
        self.peak = max(self.peak, float(np.abs(block).max()))

    def open_stream(self) -> Doubling:
        return Doubling(1 / self.peak)


class InTwoPasses(Plain):
    def open_first_pass(self) -> Levelling:
        return Levelling()


class InPieces(Plain):
    batch_limits = BatchLimits(max_clips=3)

    def is_chunked(self, n_samples: int) -> bool:
        return n_samples > 100


@given(WAVEFORMS)
def test_pad_any_waveforms_rows_give_them_back(waveforms: list[np.ndarray]) -> None:
    batch = pad(waveforms)
    assert len(batch) == len(waveforms)
    for row, waveform in zip(batch.rows(), waveforms, strict=True):
        np.testing.assert_array_equal(row, waveform)


@given(WAVEFORMS)
def test_pad_any_waveforms_fills_with_zeros_at_the_end(waveforms: list[np.ndarray]) -> None:
    batch = pad(waveforms)
    for row, length in zip(batch.samples, batch.lengths, strict=True):
        assert not row[length:].any()


def test_batch_limits_own_or_one_clip_at_a_time() -> None:
    assert batch_limits(InPieces()).max_clips == 3
    assert batch_limits(Plain()) == BatchLimits(max_clips=1, max_batch_s=60.0)


def test_is_chunked_enhancer_without_the_method_is_exact() -> None:
    assert not is_chunked(Plain(), 10**9)
    assert not is_chunked(InPieces(), 100)
    assert is_chunked(InPieces(), 101)


def test_stream_over_one_pass_two_passes_and_no_stream() -> None:
    clip = np.linspace(-0.25, 0.5, 10, dtype=np.float32)
    one, two = stream_over(InOnePass(), clip), stream_over(InTwoPasses(), clip)
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(run_stream(one, clip, 4), 2 * clip)
    np.testing.assert_array_equal(run_stream(two, clip, 4), 2 * clip)  # the peak is 0.5
    assert stream_over(Plain(), clip) is None


def test_run_stream_cuts_into_blocks_and_joins_the_output() -> None:
    clip, stream = np.arange(10, dtype=np.float32), Doubling()
    np.testing.assert_array_equal(run_stream(stream, clip, 4), 2 * clip)
    assert stream.sizes == [4, 4, 2]
    assert run_stream(Doubling(), clip[:0], 4).shape == (0,)


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_each_row_any_number_of_threads_keeps_the_order(threads: int) -> None:
    clips = [np.full(n, n, np.float32) for n in (3, 1, 2, 5)]
    for clip, made in zip(clips, each_row(pad(clips), lambda row: 2 * row, threads), strict=True):
        np.testing.assert_array_equal(made, 2 * clip)


def test_each_row_two_threads_run_two_clips_at_a_time() -> None:
    both = threading.Barrier(2, timeout=30)

    def meet(row: Waveform) -> Waveform:
        both.wait()
        return row

    assert len(each_row(pad([np.ones(2, np.float32)] * 2), meet, threads=2)) == 2


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.inner"])
def test_require_package_that_is_not_installed_is_missing_extra_error(name: str) -> None:
    with pytest.raises(MissingExtraError, match=r"dpcrn-tf needs the package 'no_such_package'.*the extra 'dpcrn'"):
        require(name, SPEC)


def test_require_installed_module_returns_it() -> None:
    found: Callable[[str], str] = require("os.path", SPEC).basename
    assert found("a/b") == "b"
