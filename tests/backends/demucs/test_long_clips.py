"""Long clips of Demucs: blocks equal the whole clip in float64 (see EXACT in models.py), windows come near to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seinfer.backends.demucs import long_clips
from seinfer.backends.demucs.long_clips import in_blocks, in_windows, shared_frames
from seinfer.backends.demucs.network import Memory, Network
from tests.helpers import snr_db

from .models import CAUSAL, CAUSAL_SHAPES, EXACT, NONCAUSAL, largest_error, made_up, noise, torch

pytestmark = pytest.mark.usefixtures("_inference")


@pytest.mark.parametrize("options", CAUSAL_SHAPES, ids=str)
@pytest.mark.parametrize("n_blocks", [1, 2, 3, 7])
def test_blocks_of_any_number_equal_the_whole_clip_in_float64(options: Mapping[str, Any], n_blocks: int) -> None:
    _, network = made_up(torch.float64, normalize=False, **options)
    clip = noise(9_011)
    [whole] = network.whole(clip[None], [len(clip)])
    pieces = in_blocks(network, clip, network.n_frames(len(clip)) // n_blocks + shared_frames(network))
    assert largest_error(reference=whole, estimate=pieces) <= EXACT


@pytest.mark.parametrize("n_samples", [1, 900, 5_003])
def test_blocks_of_one_new_frame_each_equal_the_whole_clip_in_float64(n_samples: int) -> None:
    _, network = made_up(torch.float64, normalize=False, **CAUSAL)
    clip = noise(n_samples)
    [whole] = network.whole(clip[None], [len(clip)])
    assert largest_error(reference=whole, estimate=in_blocks(network, clip, 1)) <= EXACT


def test_blocks_without_lstm_state_or_with_a_frame_less_shared_fall_below_60_db(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, network = made_up(torch.float64, normalize=False, **CAUSAL)
    clip = noise(40_000)
    whole = network.whole(clip[None], [len(clip)])[0].numpy()
    with monkeypatch.context() as patch:
        patch.setattr(Memory, "last", lambda memory, n_frames: Memory(None, memory.frames[-n_frames:]))
        without_state = in_blocks(network, clip, 30).numpy()
    with monkeypatch.context() as patch:
        patch.setattr(long_clips, "shared_frames", lambda network: shared_frames(network) - 1)
        a_frame_less = in_blocks(network, clip, 30).numpy()
    assert snr_db(reference=whole, estimate=in_blocks(network, clip, 30).numpy()) > 100
    assert snr_db(reference=whole, estimate=without_state) < 60
    assert snr_db(reference=whole, estimate=a_frame_less) < 60


class Passing(Network):
    """A network that returns its input and records the lengths."""

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
    _, network = made_up(torch.float64, normalize=False, **NONCAUSAL)
    clip = noise(n_samples)
    [whole] = network.whole(clip[None], [len(clip)])
    assert snr_db(reference=whole.numpy(), estimate=in_windows(network, clip, 30_000, 8_000).numpy()) > 60
