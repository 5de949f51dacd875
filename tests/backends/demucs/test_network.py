"""The network's forward pass, for one clip and for a batch, against the package's.

Both run in float64, in which they agree to the last digits on every processor (see EXACT in models.py). A last test
bounds what float32 adds to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from .models import EXACT, SHAPES, UNIT_ROUNDOFF, largest_error, made_up, noise, resample, torch

pytestmark = pytest.mark.usefixtures("_inference")


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_whole_clip_of_any_length_equals_the_package_in_float64(options: Mapping[str, Any]) -> None:
    original, network = made_up(torch.float64, normalize=False, **options)
    for n_samples in (1, 2, 100, 4_999, 8_000):
        clip = noise(n_samples)[None]
        ours, theirs = network.whole(clip, [n_samples])[0], original(clip)[0, 0]
        assert largest_error(reference=theirs, estimate=ours) < EXACT, n_samples


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_batch_of_unequal_clips_equals_the_package_clip_by_clip_in_float64(options: Mapping[str, Any]) -> None:
    original, network = made_up(torch.float64, normalize=False, **options)
    lengths = [3_000, 1, 8_001, 700, 4_999]
    clips = [noise(length, seed=length) for length in lengths]
    together = network.whole(torch.nn.utils.rnn.pad_sequence(clips, batch_first=True), lengths)
    theirs = [original(clip[None])[0, 0] for clip in clips]
    peak = max(float(row.abs().max()) for row in theirs)
    for ours, row in zip(together, theirs, strict=True):
        assert float((ours[: len(row)] - row).abs().max()) <= EXACT * peak, len(row)


def n_additions(original: Any, options: Mapping[str, Any]) -> int:
    """Return how many additions lie between a sample of the input and one of the output: the terms of each layer.

    The frames before it in the LSTM are left out: they come in through gates, which let errors fade.
    """
    taps = resample.kernel_upsample2().numel()
    n = 2 * (options.get("resample", 4).bit_length() - 1) * (taps + 1)
    for layer in original.modules():
        if isinstance(layer, torch.nn.ConvTranspose1d):
            n += layer.in_channels * -(-layer.kernel_size[0] // layer.stride[0]) + 1
        elif isinstance(layer, torch.nn.Conv1d):
            n += layer.in_channels * layer.kernel_size[0] + 1
        elif isinstance(layer, torch.nn.LSTM):
            n += layer.num_layers * (layer.input_size + layer.hidden_size + 2)
        elif isinstance(layer, torch.nn.Linear):
            n += layer.in_features + 1
    return n


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_whole_clip_in_float32_differs_from_float64_by_less_than_a_random_walk_of_roundings(
    options: Mapping[str, Any],
) -> None:
    # Each addition rounds by at most u. Errors of random sign add up like the steps of a random walk, to sqrt(n) u of
    # the signal's level (Higham and Mary, "A new approach to probabilistic rounding error analysis", 2019), in whatever
    # order a processor adds. The made-up weights keep the level about as it is, so no layer enlarges the errors.
    original, exact_network = made_up(torch.float64, normalize=False, **options)
    _, network = made_up(torch.float32, normalize=False, **options)
    clip = noise(8_000)[None]
    exact = exact_network.whole(clip, [8_000])[0]
    error = network.whole(clip.float(), [8_000])[0].double() - exact
    assert error.square().mean() <= n_additions(original, options) * UNIT_ROUNDOFF**2 * exact.square().mean()
