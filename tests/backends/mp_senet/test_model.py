"""MP-SENet behind the contract: the level, short, silent and long clips, and wrong checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.mp_senet.model import MpSenet
from seinfer.core.errors import IntegrityError
from tests.backends.waveforms import alone
from tests.helpers import snr_db

from .models import SMALL, load_file, load_random, random_tensors, saved


@pytest.fixture
def model(tmp_path: Path) -> MpSenet:
    return load_random(tmp_path, SMALL)


def noise(n_samples: int) -> Waveform:
    return (0.1 * np.random.default_rng(0).standard_normal(n_samples)).astype(np.float32)


def test_clip_that_is_four_times_as_loud_gives_an_output_four_times_as_loud(model: MpSenet) -> None:
    clip = noise(5_000)
    assert snr_db(reference=4 * alone(model, clip), estimate=alone(model, 4 * clip)) > 80


@pytest.mark.parametrize("n_samples", [1, 200, 4_000])
def test_silence_gives_silence(model: MpSenet, n_samples: int) -> None:
    assert not alone(model, np.zeros(n_samples, np.float32)).any()


def test_clip_that_is_too_short_for_a_frame_is_filled_up_with_zeros(model: MpSenet) -> None:
    clip = noise(150)
    filled = np.pad(clip, (0, 250))
    # The level is that of the clip alone.
    assert alone(model, clip).shape == (150,)
    assert np.abs(alone(model, clip)).max() > 0.1 * np.abs(alone(model, filled)[:150]).max()


def test_clip_is_run_in_windows_above_16_s_only(model: MpSenet) -> None:
    assert not model.is_chunked(16 * 16_000)
    assert model.is_chunked(16 * 16_000 + 1)
    assert alone(model, noise(17 * 16_000)).shape == (17 * 16_000,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state_dict": {}}, "contains no generator"),
        ([1], "contains no generator"),
        ({"generator": {}}, "is missing"),
        ({"generator": random_tensors({**SMALL, "channels": 12})}, "has shape"),
        ({"generator": random_tensors({**SMALL, "n_blocks": 3})}, "is not part of the network"),
    ],
)
def test_checkpoint_of_another_network_is_an_integrity_error(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        load_file(saved(tmp_path, content), **SMALL)
