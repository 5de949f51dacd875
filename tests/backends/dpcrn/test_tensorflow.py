"""DPCRN in TensorFlow against the authors' own output, whole, in a batch and as a stream."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.backends import base
from seinfer.backends.base import Waveform, pad
from seinfer.backends.dpcrn import tensorflow as dpcrn_tf
from seinfer.backends.dpcrn.tensorflow import BLOCK_SAMPLES, DpcrnTf
from seinfer.core.errors import UsageError

from .models import enhance_one, load_cpu, needs_tensorflow, read_noisy, snr_db, weights_of

pytestmark = needs_tensorflow

SAME_DB = 100.0  # two ways to the same result differ by rounding only
LENGTHS = (1, 2, 199, 200, 201, 399, 400, 401, 5_000)


@pytest.fixture(scope="module")
def enhancer(shared: Path) -> DpcrnTf:
    return load_cpu(weights_of(shared))


@pytest.fixture(scope="module")
def noisy(shared: Path) -> Waveform:
    """Three seconds, which is more than two blocks."""
    return read_noisy(shared, "dns3_clatter")[16_000:64_000]


@pytest.fixture(scope="module")
def whole(enhancer: DpcrnTf, noisy: Waveform) -> Waveform:
    """The enhanced clip, all its frames in one call of the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dpcrn_tf, "BLOCK_SAMPLES", 10 * len(noisy))
        return enhance_one(enhancer, noisy)


def random_pieces(n_samples: int, largest: int, seed: int) -> list[slice]:
    """Cut a clip into pieces of 0 to `largest` samples."""
    rng, ends = np.random.default_rng(seed), [0]
    while ends[-1] < n_samples:
        ends.append(min(n_samples, ends[-1] + int(rng.integers(largest + 1))))
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


@pytest.mark.parametrize("name", ["dns3_clatter", "dns3_test"])
def test_enhance_published_clip_equals_authors_output(enhancer: DpcrnTf, shared: Path, name: str) -> None:
    published, _ = soundfile.read(shared / "golden" / "dpcrn" / f"{name}_enhanced.wav", dtype="int16")
    enhanced = enhance_one(enhancer, read_noisy(shared, name))[: len(published)]
    # libsndfile wrote the authors' floats so.
    written = np.clip(np.floor(enhanced * 32768.0), -32768, 32767)
    is_within_1 = np.abs(written - published) <= 1
    assert is_within_1.mean() >= 0.998
    assert snr_db(reference=published, estimate=written) > 50
    # The last hop of the authors' output lacks the second of its two frames, for want of padding; ours has both.
    assert is_within_1[:-200].all()
    assert snr_db(reference=published[:-200], estimate=written[:-200]) > 80


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_enhance_short_clip_keeps_length_and_input(enhancer: DpcrnTf, noisy: Waveform, n_samples: int) -> None:
    batch = pad([noisy[:n_samples]])
    before = batch.samples.copy()
    (enhanced,) = enhancer.enhance(batch)
    assert enhanced.shape == (n_samples,)
    assert enhanced.dtype == np.float32
    assert np.isfinite(enhanced).all()
    np.testing.assert_array_equal(batch.samples, before)


def test_enhance_prefix_of_clip_is_prefix_of_result_but_for_last_frame(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform
) -> None:
    # So the zeros behind a clip are heard in the frames that reach beyond its end, and nowhere else.
    n_samples = 20_077
    enhanced = enhance_one(enhancer, noisy[:n_samples])
    same = (n_samples // 200 - 1) * 200
    assert snr_db(reference=whole[:same], estimate=enhanced[:same]) > SAME_DB
    assert np.abs(enhanced[same:]).max() > 0


def test_enhance_batch_equals_each_clip_alone(enhancer: DpcrnTf, noisy: Waveform) -> None:
    clips = [noisy[: n + 7_000] for n in LENGTHS] + [noisy[: LENGTHS[0]]]
    together = enhancer.enhance(pad(clips))
    for clip, enhanced in zip(clips, together, strict=True):
        np.testing.assert_allclose(enhanced, enhance_one(enhancer, clip), rtol=0, atol=1e-5)


def test_enhance_again_gives_same_bits(enhancer: DpcrnTf, noisy: Waveform) -> None:
    np.testing.assert_array_equal(enhance_one(enhancer, noisy), enhance_one(enhancer, noisy))


def test_enhance_silence_gives_silence(enhancer: DpcrnTf) -> None:
    assert not enhance_one(enhancer, np.zeros(8_000, np.float32)).any()


@pytest.mark.parametrize("seed", range(3))
def test_enhance_in_blocks_of_any_size_equals_whole_clip(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_samples = 200 * int(np.random.default_rng(seed).integers(3, 120))
    monkeypatch.setattr(dpcrn_tf, "BLOCK_SAMPLES", block_samples)
    assert snr_db(reference=whole, estimate=enhance_one(enhancer, noisy)) > SAME_DB


def test_enhance_65_s_gives_network_no_more_than_a_block(
    enhancer: DpcrnTf, noisy: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, advance = [], enhancer._network.advance

    def spy(hops: Waveform, state: object) -> object:
        sizes.append(len(hops))
        return advance(hops, state)  # type: ignore[arg-type]

    monkeypatch.setattr(enhancer._network, "advance", spy)
    enhanced = enhance_one(enhancer, np.resize(noisy, 65 * 16_000))
    assert enhanced.shape == (65 * 16_000,)
    assert np.isfinite(enhanced).all()
    assert max(sizes) == BLOCK_SAMPLES


@pytest.mark.parametrize(("largest", "seed"), [(50, 0), (700, 1), (9_000, 2), (40_000, 3)])
def test_stream_in_random_pieces_equals_whole_clip(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform, largest: int, seed: int
) -> None:
    n_samples = min(len(noisy), 60 * largest)
    stream = enhancer.open_stream()
    pieces = [stream.push(noisy[piece]) for piece in random_pieces(n_samples, largest, seed)]
    streamed = np.concatenate([*pieces, stream.finish()])
    reference = whole if n_samples == len(noisy) else enhance_one(enhancer, noisy[:n_samples])
    assert streamed.dtype == np.float32
    assert snr_db(reference=reference, estimate=streamed) > SAME_DB


@pytest.mark.parametrize("n_samples", [1, 199, 200, 400, 1_001])
def test_stream_sample_by_sample_equals_whole_clip(enhancer: DpcrnTf, noisy: Waveform, n_samples: int) -> None:
    clip = noisy[8_000 : 8_000 + n_samples]
    streamed = base.run_stream(enhancer.open_stream(), clip, 1)
    assert snr_db(reference=enhance_one(enhancer, clip), estimate=streamed) > SAME_DB


def test_streams_side_by_side_do_not_mix(enhancer: DpcrnTf, noisy: Waveform) -> None:
    clips = noisy[:8_000], noisy[20_000:28_000]
    streams = [enhancer.open_stream() for _ in clips]
    pieces: list[list[Waveform]] = [[], []]
    for start in range(0, 8_000, 1_000):
        for clip, stream, out in zip(clips, streams, pieces, strict=True):
            out.append(stream.push(clip[start : start + 1_000]))
    for clip, stream, out in zip(clips, streams, pieces, strict=True):
        assert snr_db(reference=enhance_one(enhancer, clip), estimate=np.concatenate([*out, stream.finish()])) > SAME_DB


def test_stream_gives_a_hop_when_its_frame_is_complete(enhancer: DpcrnTf, noisy: Waveform) -> None:
    stream = enhancer.open_stream()
    assert [len(stream.push(noisy[a:b])) for a, b in ((0, 399), (399, 400), (400, 600))] == [0, 200, 200]


def test_stream_without_samples_gives_none(enhancer: DpcrnTf) -> None:
    assert enhancer.open_stream().finish().shape == (0,)


def test_stream_pushed_after_its_end_is_usage_error(enhancer: DpcrnTf, noisy: Waveform) -> None:
    stream = enhancer.open_stream()
    stream.finish()
    with pytest.raises(UsageError, match="finished stream"):
        stream.push(noisy)


def test_enhancer_is_streaming_and_takes_clips_for_every_core(enhancer: DpcrnTf) -> None:
    assert isinstance(enhancer, base.Streaming)
    assert base.batch_limits(enhancer).max_clips > 2
