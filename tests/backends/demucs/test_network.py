from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from seinfer.backends.demucs import long_clips as demucs_long
from seinfer.backends.demucs.long_clips import in_blocks, in_windows, shared_frames
from seinfer.backends.demucs.network import Memory, Network
from seinfer.backends.demucs.resampling import Resampler
from tests.helpers import snr_db

from .models import CAUSAL, NONCAUSAL, largest_error, made_up, resample, torch

# Beside the published shapes, each number that they leave at its default: taken the wrong way round it would show.
OTHERS: list[dict[str, Any]] = [
    {"hidden": 8, "depth": 3, "kernel_size": 6, "stride": 3},
    {"hidden": 8, "depth": 2, "resample": 1, "glu": False},
    {"hidden": 4, "depth": 4, "kernel_size": 7, "stride": 2, "growth": 1.5, "max_hidden": 12},
    {"hidden": 4, "depth": 1, "kernel_size": 4, "stride": 4, "resample": 2},
]
CAUSALS = [dict(CAUSAL), *OTHERS]
ALL = [*CAUSALS, dict(NONCAUSAL), {"hidden": 6, "depth": 3, "kernel_size": 5, "stride": 3, "causal": False}]


@pytest.fixture(autouse=True)
def _inference() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(threads)


def noise(n_samples: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32))


def upsampled_by_package(signal: torch.Tensor, factor: int) -> torch.Tensor:
    for _ in range(factor.bit_length() - 1):
        signal = resample.upsample2(signal)
    return signal


def downsampled_by_package(signal: torch.Tensor, factor: int) -> torch.Tensor:
    for _ in range(factor.bit_length() - 1):
        signal = resample.downsample2(signal)
    return signal


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("n_samples", [1, 2, 63, 64, 65, 112, 1_001, 4_096])
def test_resampling_of_any_length_equals_the_package_to_1e_6(factor: int, n_samples: int) -> None:
    resampler = Resampler(resample.kernel_upsample2().flatten(), factor)
    signal = noise(n_samples)[None]
    up, down = resampler.up(signal, [n_samples]), resampler.down(signal, [n_samples])
    assert torch.allclose(up, upsampled_by_package(signal, factor), rtol=0, atol=1e-6)
    assert torch.allclose(down, downsampled_by_package(signal, factor), rtol=0, atol=1e-6)


@pytest.mark.parametrize("factor", [2, 4])
def test_resampling_of_unequal_rows_equals_each_alone_and_is_zero_beyond(factor: int) -> None:
    resampler = Resampler(resample.kernel_upsample2().flatten(), factor)
    lengths = [300, 1_000, 1, 77]
    rows = torch.zeros(4, 1_000)
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = noise(length, seed=length)
    up, down = resampler.up(rows, lengths), resampler.down(rows, lengths)
    for index, length in enumerate(lengths):
        one, n_down = rows[index : index + 1, :length], -(-length // factor)
        assert torch.allclose(up[index, : factor * length], upsampled_by_package(one, factor)[0], rtol=0, atol=1e-6)
        assert torch.allclose(down[index, :n_down], downsampled_by_package(one, factor)[0], rtol=0, atol=1e-6)
        assert not up[index, factor * length :].any()
        assert not down[index, n_down:].any()


@pytest.mark.parametrize("options", ALL, ids=str)
def test_whole_clip_of_any_length_equals_the_package_to_1e_6_of_the_peak(options: Mapping[str, Any]) -> None:
    original, network = made_up(normalize=False, **options)
    for n_samples in (1, 2, 100, 4_999, 8_000):
        clip = noise(n_samples)[None]
        ours, theirs = network.whole(clip, [n_samples])[0], original(clip)[0, 0]
        assert largest_error(reference=theirs.numpy(), estimate=ours.numpy()) < 1e-6, n_samples


@pytest.mark.parametrize("options", ALL, ids=str)
def test_batch_of_unequal_clips_equals_the_package_clip_by_clip_to_2e_6_of_the_peak(options: Mapping[str, Any]) -> None:
    original, network = made_up(normalize=False, **options)
    lengths = [3_000, 1, 8_001, 700, 4_999]
    clips = [noise(length, seed=length) for length in lengths]
    together = network.whole(torch.nn.utils.rnn.pad_sequence(clips, batch_first=True), lengths)
    theirs = [original(clip[None])[0, 0] for clip in clips]
    peak = max(float(row.abs().max()) for row in theirs)
    for ours, row in zip(together, theirs, strict=True):
        assert float((ours[: len(row)] - row).abs().max()) <= 2e-6 * peak, len(row)


@pytest.mark.parametrize("options", CAUSALS, ids=str)
@pytest.mark.parametrize("n_blocks", [1, 2, 3, 7])
def test_blocks_of_any_number_equal_the_whole_clip_to_2e_6_of_the_peak(
    options: Mapping[str, Any], n_blocks: int
) -> None:
    _, network = made_up(normalize=False, **options)
    clip = noise(9_011)
    [whole] = network.whole(clip[None], [len(clip)])
    pieces = in_blocks(network, clip, network.n_frames(len(clip)) // n_blocks + shared_frames(network))
    assert largest_error(reference=whole.numpy(), estimate=pieces.numpy()) <= 2e-6


@pytest.mark.parametrize("n_samples", [1, 900, 5_003])
def test_blocks_of_one_new_frame_each_equal_the_whole_clip_to_2e_6_of_the_peak(n_samples: int) -> None:
    _, network = made_up(normalize=False, **CAUSAL)
    clip = noise(n_samples)
    [whole] = network.whole(clip[None], [len(clip)])
    assert largest_error(reference=whole.numpy(), estimate=in_blocks(network, clip, 1).numpy()) <= 2e-6


def test_blocks_that_forget_or_share_too_little_fall_below_60_db(monkeypatch: pytest.MonkeyPatch) -> None:
    _, network = made_up(normalize=False, **CAUSAL)
    clip = noise(40_000)
    whole = network.whole(clip[None], [len(clip)])[0].numpy()
    with monkeypatch.context() as patch:
        patch.setattr(Memory, "last", lambda memory, n_frames: Memory(None, memory.frames[-n_frames:]))
        forgetful = in_blocks(network, clip, 30).numpy()
    with monkeypatch.context() as patch:
        patch.setattr(demucs_long, "shared_frames", lambda network: shared_frames(network) - 1)
        stingy = in_blocks(network, clip, 30).numpy()
    assert snr_db(reference=whole, estimate=in_blocks(network, clip, 30).numpy()) > 100
    assert snr_db(reference=whole, estimate=forgetful) < 60
    assert snr_db(reference=whole, estimate=stingy) < 60


class Passing(Network):
    """A network that gives back what it gets, and remembers how long that was."""

    hop_samples, factor = 32, 2

    def __init__(self) -> None:
        self.seen: list[int] = []

    def whole(self, clips: torch.Tensor, lengths: Any) -> torch.Tensor:
        self.seen += lengths
        return clips.clone()


@pytest.mark.parametrize("n_samples", [1_001, 1_599, 1_600, 1_601, 9_999])
def test_windows_cover_a_clip_and_fade_to_a_gain_of_one(n_samples: int) -> None:
    network, clip = Passing(), noise(n_samples)
    pieces = in_windows(network, clip, window_samples=1_000, overlap_samples=400)
    assert torch.allclose(pieces, clip, rtol=0, atol=1e-6)
    assert len(network.seen) == -(-(n_samples - 400) // 600)
    assert set(network.seen[:-1]) == {1_000}
    assert 1_000 <= network.seen[-1] < 1_016


@pytest.mark.parametrize("n_samples", [49_999, 60_000, 60_013])
def test_windows_of_a_network_that_looks_both_ways_are_within_60_db_of_the_whole_clip(n_samples: int) -> None:
    _, network = made_up(normalize=False, **NONCAUSAL)
    clip = noise(n_samples)
    [whole] = network.whole(clip[None], [len(clip)])
    assert snr_db(reference=whole.numpy(), estimate=in_windows(network, clip, 30_000, 8_000).numpy()) > 60
