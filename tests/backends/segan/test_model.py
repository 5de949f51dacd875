"""SEGAN+ compared with the authors' output for a slim generator; clips alone, in batches and as streams."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform, pad, run_stream
from seinfer.backends.segan.model import Segan
from seinfer.backends.segan.options import WINDOW_SAMPLES
from seinfer.backends.segan.signal import PreEmphasis, Windower, normalise
from seinfer.core.errors import UsageError
from tests.backends.waveforms import alone
from tests.helpers import speech_like

from .models import CLIPS, load_file, random_state, read_noisy, saved, slim_checkpoint, torch, with_z

GOLDEN = 2e-6
"""Largest difference to the authors' samples."""
SAME = 1e-6
"""Largest difference between two ways to the same samples, which are within [-1, 1]."""
LENGTHS = (1, 2, WINDOW_SAMPLES - 1, WINDOW_SAMPLES, WINDOW_SAMPLES + 1, 2 * WINDOW_SAMPLES, 40_000)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(np.load(shared / "golden/segan/golden_generate.npz"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, for tests that do not need the authors'."""
    return saved(tmp_path_factory.mktemp("segan"), random_state())


@pytest.fixture
def model(checkpoint: Path) -> Segan:
    return load_file(checkpoint)


@pytest.fixture(scope="module")
def speech() -> Waveform:
    return speech_like(20.0, 16_000)


def difference(one: Waveform, other: Waveform) -> float:
    assert one.shape == other.shape and one.dtype == other.dtype == np.float32
    return float(np.abs(one - other).max())


# The authors' output ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", CLIPS)
def test_enhance_with_z_zero_equals_the_authors_output(shared: Path, golden: dict[str, Any], clip: str) -> None:
    model = load_file(slim_checkpoint(shared), z="zero")
    assert difference(alone(model, read_noisy(shared, clip)), golden[f"{clip}_z0"]) <= GOLDEN


@pytest.mark.parametrize("clip", CLIPS)
def test_enhance_with_a_given_z_equals_the_authors_output(shared: Path, golden: dict[str, Any], clip: str) -> None:
    model = with_z(load_file(slim_checkpoint(shared)), golden["z_fixed"])
    enhanced = alone(model, read_noisy(shared, clip))
    assert difference(enhanced, golden[f"{clip}_zfix"]) <= GOLDEN


def test_stages_equal_the_authors(shared: Path, golden: dict[str, Any]) -> None:
    model = with_z(load_file(slim_checkpoint(shared)), golden["z_fixed"])
    noisy = read_noisy(shared, "p287_001")
    assert np.abs(normalise(noisy)[:64] - golden["stage_normalised"]).max() <= 1e-15
    emphasised = PreEmphasis(0.95).push(noisy)
    assert np.abs(emphasised[:64] - golden["stage_preemph"]).max() <= 1e-9
    windower = Windower()
    windows = np.concatenate([windower.push(emphasised), windower.finish()])
    code, _ = model._generator._encode(torch.from_numpy(windows))
    assert np.abs(code[-1].T.numpy() - golden["stage_bottleneck_last_chunk"][0]).max() <= GOLDEN
    assert np.abs(model.generate(windows)[0] - golden["stage_canvas_chunk0_zfix"]).max() <= GOLDEN


@pytest.mark.parametrize("clip", CLIPS)
def test_written_clip_equals_the_authors_file_sample_for_sample(shared: Path, tmp_path: Path, clip: str) -> None:
    import soundfile

    # Their script uses another z for the first window of a clip than for the others.
    z = np.load(shared / "golden/segan/clean_py_z.npz")[clip]
    enhanced = alone(with_z(load_file(slim_checkpoint(shared)), z), read_noisy(shared, clip))
    soundfile.write(tmp_path / "ours.wav", enhanced, 16_000)
    ours, _ = soundfile.read(tmp_path / "ours.wav", dtype="int16")
    theirs, _ = soundfile.read(shared / "golden/segan/clean_py_pcm16" / f"{clip}.wav", dtype="int16")
    # libsndfile truncates: a sample within a rounding error of a step may be written as either neighbour.
    steps = enhanced.astype(np.float64) * 32_768
    is_on_the_edge = np.abs(steps - np.round(steps)) < 2e-7 * 32_768
    assert np.array_equal(ours[~is_on_the_edge], theirs[~is_on_the_edge])
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert np.mean(ours == theirs) > 0.999


# Batches ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_clip_of_any_length_keeps_it(model: Segan, speech: Waveform, n_samples: int) -> None:
    enhanced = alone(model, speech[:n_samples])
    assert enhanced.shape == (n_samples,)
    assert np.isfinite(enhanced).all()


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6], [6, 4, 2, 0], [3, 3, 3], [5]], ids=str)
def test_batch_equals_each_clip_alone(model: Segan, speech: Waveform, order: list[int]) -> None:
    clips = [speech[1_000 : 1_000 + n] for n in LENGTHS]
    together = model.enhance(pad([clips[i] for i in order]))
    for enhanced, i in zip(together, order, strict=True):
        assert difference(enhanced, alone(model, clips[i])) <= SAME


def test_batch_of_more_windows_than_run_at_once_equals_one_by_one(
    model: Segan, speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [speech, speech[: 3 * WINDOW_SAMPLES], speech[5_000:200_000]]
    together = model.enhance(pad(clips))
    assert sum(-(-len(clip) // WINDOW_SAMPLES) for clip in clips) > 3 * model._windows_at_once
    monkeypatch.setattr(model, "_windows_at_once", 1)
    for enhanced, clip in zip(together, clips, strict=True):
        assert difference(enhanced, alone(model, clip)) <= SAME


def test_empty_batch_gives_an_empty_list(model: Segan) -> None:
    assert model.enhance(pad([])) == []


def test_two_threads_equal_one(checkpoint: Path, model: Segan, speech: Waveform) -> None:
    one = alone(model, speech)
    assert difference(alone(load_file(checkpoint, threads=2), speech), one) <= SAME


def test_windows_of_a_batch_do_not_influence_each_other(model: Segan, speech: Waveform) -> None:
    windows = speech[: 3 * WINDOW_SAMPLES].reshape(3, -1)
    loud = windows.copy()
    loud[1] = 1e30
    assert np.array_equal(model.generate(loud)[[0, 2]], model.generate(windows)[[0, 2]])


# The latent code ----------------------------------------------------------------------------------------------------


def test_z_is_drawn_from_the_seed_alone(checkpoint: Path, model: Segan, speech: Waveform) -> None:
    clip = speech[:20_000]
    seeds = {seed: alone(load_file(checkpoint, seed=seed), clip) for seed in (0, 1)}
    assert np.array_equal(alone(model, clip), seeds[0])
    assert difference(seeds[0], seeds[1]) > 1e-3
    expected = np.random.RandomState(1).standard_normal((1, 64, 16)).astype(np.float32)
    assert np.array_equal(alone(with_z(model, expected), clip), seeds[1])


def test_z_is_the_same_for_all_windows_of_all_clips(model: Segan, speech: Waveform) -> None:
    window = PreEmphasis(0.95).push(speech[:WINDOW_SAMPLES])
    first, second, third = model.generate(np.stack([window] * 3))
    assert difference(first, second) <= SAME and difference(first, third) <= SAME


# Streams ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [7_000, 16_384, 100_000])
def test_stream_in_pieces_of_any_size_equals_the_whole_clip(model: Segan, speech: Waveform, largest: int) -> None:
    rng, ends = np.random.default_rng(largest), [0]
    while ends[-1] < len(speech):
        ends.append(min(len(speech), ends[-1] + int(rng.integers(largest + 1))))
    stream = model.open_stream()
    pieces = [stream.push(speech[a:b]) for a, b in itertools.pairwise(ends)]
    assert difference(np.concatenate([*pieces, stream.finish()]), alone(model, speech)) <= SAME


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_stream_of_any_length_keeps_it(model: Segan, speech: Waveform, n_samples: int) -> None:
    clip = speech[:n_samples]
    assert difference(run_stream(model.open_stream(), clip, 1_000), alone(model, clip)) <= SAME


def test_finished_stream_refuses_more_samples(model: Segan, speech: Waveform) -> None:
    stream = model.open_stream()
    stream.finish()
    for call in (lambda: stream.push(speech[:1]), stream.finish):
        with pytest.raises(UsageError, match="finished"):
            call()
