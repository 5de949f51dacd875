"""CleanUNet behind the contract: two passes, the level, long clips and wrong checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.cleanunet.model import CleanUNet, n_frames
from seinfer.backends.cleanunet.options import MAX_FRAMES, Options
from seinfer.core.errors import BackendError, IntegrityError
from tests.backends.waveforms import alone
from tests.helpers import snr_db

from .models import SMALL, load_file, load_random, random_tensors, saved


@pytest.fixture
def model(tmp_path: Path) -> CleanUNet:
    return load_random(tmp_path, SMALL)


def noise(n_samples: int) -> Waveform:
    return (0.1 * np.random.default_rng(0).standard_normal(n_samples) + 0.05).astype(np.float32)


@pytest.mark.parametrize("block", [1, 16, 997, 9_000])
def test_second_pass_in_blocks_of_any_size_gives_the_result_of_the_whole_clip(model: CleanUNet, block: int) -> None:
    clip = noise(9_000)
    first_pass = model.open_first_pass()
    for start in range(0, len(clip), 1_999):
        first_pass.push(clip[start : start + 1_999])
    stream = first_pass.open_stream()
    pieces = [stream.push(clip[start : start + block]) for start in range(0, len(clip), block)]
    streamed = np.concatenate([*pieces, stream.finish()])
    assert snr_db(reference=alone(model, clip), estimate=streamed) >= 120


def test_output_is_ready_one_frame_after_its_input(model: CleanUNet) -> None:
    clip, options = noise(9_000), Options(**SMALL)
    first_pass = model.open_first_pass()
    first_pass.push(clip)
    ready = len(first_pass.open_stream().push(clip[:5_000]))
    assert 5_000 - options.frame_samples < ready < 5_000


def test_second_pass_with_fewer_samples_than_the_first_is_an_error(model: CleanUNet) -> None:
    first_pass = model.open_first_pass()
    first_pass.push(noise(900))
    stream = first_pass.open_stream()
    stream.push(noise(899))
    with pytest.raises(BackendError, match="899 samples, expected the 900"):
        stream.finish()


def test_clip_of_one_sample_gives_a_finite_one(model: CleanUNet) -> None:
    assert np.isfinite(alone(model, np.float32([0.3]))).all()


def test_clip_that_is_four_times_as_loud_gives_an_output_four_times_as_loud(model: CleanUNet) -> None:
    clip = 50 * noise(5_000)  # 1e-3 is added to the level
    assert snr_db(reference=4 * alone(model, clip), estimate=alone(model, 4 * clip)) > 60


def test_published_network_is_exact_for_a_minute_and_reports_longer_clips(tmp_path: Path) -> None:
    model = CleanUNet(None, Options(), 16_000, None)  # type: ignore[arg-type]
    limit = 766 + (MAX_FRAMES - 1) * 256
    assert limit / 16_000 > 60
    assert n_frames(Options(), limit) == MAX_FRAMES
    assert not model.is_chunked(limit)
    assert model.is_chunked(limit + 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state_dict": {}}, "contains no model_state_dict"),
        ([1], "contains no model_state_dict"),
        ({"model_state_dict": {}}, "is missing"),
        ({"model_state_dict": random_tensors({**SMALL, "hidden": 5})}, "has shape"),
        ({"model_state_dict": random_tensors({**SMALL, "n_blocks": 3})}, "is not part of the network"),
    ],
)
def test_checkpoint_of_another_network_is_an_integrity_error(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        load_file(saved(tmp_path, content), **SMALL)
