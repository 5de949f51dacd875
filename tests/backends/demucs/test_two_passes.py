"""Demucs in two passes: the result compared with that of the whole clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import Stream, Waveform
from seinfer.backends.demucs.model import CausalDemucs
from seinfer.core.errors import BackendError
from tests.backends.waveforms import alone

from .models import load, noise
from .record_golden import FOLDER, NETWORKS


@pytest.fixture
def enhancer(tmp_path: Path) -> CausalDemucs:
    loaded = load(tmp_path, FOLDER / "causal.th", dry=0.25, **NETWORKS["causal"])
    assert isinstance(loaded, CausalDemucs)
    return loaded


@pytest.fixture
def clip() -> Waveform:
    samples: Waveform = noise(70_000).numpy().astype(np.float32)
    return 0.1 * samples + np.float32(0.5)


def in_two_passes(enhancer: CausalDemucs, clip: Waveform) -> Stream:
    first_pass = enhancer.open_first_pass()
    for start in range(0, len(clip), 1_999):
        first_pass.push(clip[start : start + 1_999])
    return first_pass.open_stream()


def test_second_pass_gives_the_result_of_the_whole_clip(enhancer: CausalDemucs, clip: Waveform) -> None:
    stream, whole = in_two_passes(enhancer, clip), alone(enhancer, clip)
    pieces = [stream.push(clip[start : start + 7_001]) for start in range(0, len(clip), 7_001)]
    enhanced = np.concatenate([*pieces, stream.finish()])
    assert enhanced.shape == whole.shape
    assert np.abs(enhanced - whole).max() <= 1e-5 * np.abs(whole).max()


def test_second_pass_with_fewer_samples_than_the_first_is_an_error(enhancer: CausalDemucs, clip: Waveform) -> None:
    stream = in_two_passes(enhancer, clip)
    stream.push(clip[:-1])
    with pytest.raises(BackendError, match="fewer samples than the first"):
        stream.finish()
