"""Resampling: exact lengths, alignment and level, of a whole signal and block by block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.audio import resampling
from tests.helpers import lag_samples, snr_db, speech_like

from .sounds import noise

RATES_HZ = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)


@given(
    n_samples=st.integers(1, 3_000),
    channels=st.integers(1, 3),
    source=st.sampled_from(RATES_HZ),
    target=st.sampled_from((16_000, 48_000)),
)
def test_resample_and_back_keeps_every_sample(n_samples: int, channels: int, source: int, target: int) -> None:
    samples = noise(channels, n_samples)
    resampled = resampling.resample(samples, source, target)
    assert resampled.shape == (channels, -(-n_samples * target // source))
    assert resampling.resample(resampled, target, source).shape[1] >= n_samples


@pytest.mark.parametrize("source", RATES_HZ)
@pytest.mark.parametrize("target", [16_000, 48_000])
def test_resample_and_back_keeps_alignment_and_level(source: int, target: int) -> None:
    speech = resampling.resample(speech_like(1.0, 48_000)[None], 48_000, 8_000)
    clip = resampling.resample(speech, 8_000, source)
    back = resampling.fit_length(
        resampling.resample(resampling.resample(clip, source, target), target, source), clip.shape[1]
    )
    assert lag_samples(reference=clip[0], estimate=back[0]) == 0
    # 60 dB: the remaining difference comes from the steep edge of two low-pass filters at 4 kHz.
    assert snr_db(reference=clip[0, 500:-500], estimate=back[0, 500:-500]) > 60


@pytest.mark.parametrize(("source", "target"), [(44_100, 16_000), (16_000, 48_000), (16_000, 16_000)])
@pytest.mark.parametrize("n_block", [1, 160, 1_000, 5_000])
def test_resampler_in_blocks_equals_resample_of_the_whole(source: int, target: int, n_block: int) -> None:
    samples = noise(1, 4_000)
    resampler = resampling.Resampler(source, target)
    blocks = [samples[0, start : start + n_block] for start in range(0, 4_000, n_block)]
    ready = [resampler.push(block, is_last=index == len(blocks) - 1) for index, block in enumerate(blocks)]
    whole = resampling.resample(samples, source, target)
    joined = resampling.fit_length(np.concatenate(ready)[None], whole.shape[1])
    np.testing.assert_allclose(joined, whole, atol=1e-6)


@pytest.mark.parametrize(("n_samples", "expected"), [(5, [1, 2, 3, 0, 0]), (3, [1, 2, 3]), (2, [1, 2]), (0, [])])
def test_fit_length_cuts_or_pads_the_end(n_samples: int, expected: list[int]) -> None:
    fitted = resampling.fit_length(np.array([[1, 2, 3]], np.float32), n_samples)
    np.testing.assert_array_equal(fitted, np.array([expected], np.float32))


@pytest.mark.parametrize(("n_samples", "expected"), [(0, 0), (1, 1), (44_100, 16_000), (44_101, 16_001)])
def test_resampled_length_rounds_up(n_samples: int, expected: int) -> None:
    assert resampling.resampled_length(n_samples, 44_100, 16_000) == expected
