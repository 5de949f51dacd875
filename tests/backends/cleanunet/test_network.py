"""The network of CleanUNet: blocks of frames, and how far attention looks back."""

from __future__ import annotations

import pytest

from seinfer.backends.cleanunet import network as cleanunet
from seinfer.backends.cleanunet.options import Options

from .models import SMALL, random_tensors, torch

HOP, FRAME = Options(**SMALL).hop_samples, Options(**SMALL).frame_samples
N_FRAMES = 40


@pytest.fixture
def network() -> cleanunet.Network:
    network = cleanunet.Network(Options(**SMALL))
    network.load_state_dict(random_tensors(SMALL))
    return network.double().eval()


@pytest.fixture
def clip() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(FRAME + (N_FRAMES - 1) * HOP, generator=generator, dtype=torch.float64)


def in_blocks(network: cleanunet.Network, clip: torch.Tensor, n_frames: int) -> torch.Tensor:
    """Run a clip in blocks of so many frames."""
    memory, start, pieces = cleanunet.Memory(), 0, []
    while start < len(clip):
        end = FRAME + (n_frames - 1) * HOP if start == 0 else start + n_frames * HOP
        with torch.inference_mode():
            pieces.append(network(clip[start:end], memory, is_last=end >= len(clip)))
        start = end
    return torch.cat(pieces)


@pytest.mark.parametrize("n_frames", [1, 3, 39])
def test_blocks_of_any_number_of_frames_equal_the_whole_clip(
    network: cleanunet.Network, clip: torch.Tensor, n_frames: int
) -> None:
    whole = in_blocks(network, clip, N_FRAMES)
    assert whole.shape == clip.shape
    assert (in_blocks(network, clip, n_frames) - whole).abs().max() < 1e-12


def test_output_before_a_sample_does_not_depend_on_it_more_than_one_frame_ahead(
    network: cleanunet.Network, clip: torch.Tensor
) -> None:
    changed = clip.clone()
    changed[400] += 1
    difference = (in_blocks(network, changed, N_FRAMES) - in_blocks(network, clip, N_FRAMES)).abs()
    first = int(torch.nonzero(difference > 1e-12)[0])
    assert 400 - FRAME < first < 400


@pytest.mark.parametrize("n_frames", [1, 7, N_FRAMES])
def test_frame_beyond_the_limit_of_attention_has_no_influence_in_blocks_of_any_size(
    network: cleanunet.Network, clip: torch.Tensor, monkeypatch: pytest.MonkeyPatch, n_frames: int
) -> None:
    monkeypatch.setattr(cleanunet, "MAX_FRAMES", 5)
    changed = clip.clone()
    changed[0] += 1
    difference = (in_blocks(network, changed, n_frames) - in_blocks(network, clip, N_FRAMES)).abs()
    # Each of the two blocks looks 4 frames back, so frame 0 reaches frame 8.
    reach = 8 * HOP + FRAME
    assert difference[:reach].max() > 1e-6
    assert difference[reach:].max() < 1e-12
