from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seinfer.backends.batching import pad

WAVEFORMS = st.lists(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)), max_size=8)


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
