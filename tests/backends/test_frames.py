"""Framing: a `FramedStream` keeps length and alignment for every way of cutting the signal into pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.backends.frames import FramedStream, Framer, Frames, Framing, Waveform, analyse, sine_window, synthesise
from seinfer.core.errors import BackendError, UsageError
from tests.helpers import lag_samples, snr_db


def vorbis_window(win_length: int) -> np.ndarray:
    return np.sin(np.pi / 2 * sine_window(win_length) ** 2)


# How the networks of the field cut their input: name -> (framing without lead, window of analysis and synthesis).
GEOMETRIES = {
    "DPCRN 512/256 sine": (Framing(512, 256), sine_window(512)),
    "DPCRN 400/200 sine": (Framing(400, 200), sine_window(400)),
    "DeepFilterNet 960/480 Vorbis": (Framing(960, 480), vorbis_window(960)),
    "DTLN 512/128 none": (Framing(512, 128), np.full(512, 0.5)),
    "RNNoise 480/480 none": (Framing(480, 480), np.ones(480)),
}


def noise(n_samples: int, seed: int = 0) -> Waveform:
    return np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)


def run(stream: FramedStream, signal: Waveform, cuts: Sequence[int] = ()) -> Waveform:
    pieces = [stream.push(piece) for piece in np.split(signal, sorted(cuts))]
    return np.concatenate([*pieces, stream.finish()])


class DelayLine:
    """A function of frames with a delayed output, like a network with look-ahead."""

    def __init__(self, delay_samples: int) -> None:
        self._kept = np.zeros(delay_samples, np.float32)

    def __call__(self, frames: Frames) -> Frames:
        joined = np.concatenate([self._kept, frames.reshape(-1)])
        self._kept = joined[frames.size :]
        return joined[: frames.size].reshape(frames.shape)


@pytest.mark.parametrize("win_length", [400, 512])
def test_sine_window_squared_adds_up_to_one_over_half_windows(win_length: int) -> None:
    halves = (sine_window(win_length) ** 2).reshape(2, -1)
    np.testing.assert_allclose(halves.sum(axis=0), 1, atol=1e-15)


def test_sine_window_starts_half_a_sample_in_and_is_symmetric() -> None:
    window = sine_window(4)
    np.testing.assert_allclose(window, np.sin(np.pi * np.array([1, 3, 5, 7]) / 8))
    np.testing.assert_allclose(window, window[::-1])


def test_analyse_cosine_at_a_bin_gives_half_the_window_length_there() -> None:
    frame = np.cos(2 * np.pi * 5 * np.arange(64) / 64).astype(np.float32)[None]
    spectrum = analyse(frame, np.ones(64))
    assert spectrum.shape == (1, 33)
    assert spectrum.dtype == np.complex128
    np.testing.assert_allclose(np.abs(spectrum[0]), 32 * (np.arange(33) == 5), atol=1e-5)


@pytest.mark.parametrize("name", list(GEOMETRIES))
def test_framed_stream_with_lead_returns_the_signal_to_140_db(name: str) -> None:
    framing, window = GEOMETRIES[name]
    framing = dataclasses.replace(framing, lead_samples=framing.win_length - framing.hop_length)
    signal = noise(5 * framing.win_length + 77)
    out = run(FramedStream(framing, lambda frames: synthesise(analyse(frames, window), window)), signal)
    assert out.dtype == np.float32
    assert snr_db(reference=signal, estimate=out) > 140


@pytest.mark.parametrize("hop_length", [160, 300, 511])
def test_framed_stream_window_of_broken_hops_returns_the_signal(hop_length: int) -> None:
    signal, n_frames = noise(5_000), -(-512 // hop_length)
    framing = Framing(512, hop_length, lead_samples=512 - hop_length)
    sums = np.zeros((n_frames + 1) * hop_length + 512)
    for k in range(n_frames):
        sums[k * hop_length :][:512] += 1
    covered = np.array([sums[(n_frames - 1) * hop_length :][:hop_length]] * n_frames).reshape(-1)[:512]
    out = run(FramedStream(framing, lambda frames: frames / covered), signal)
    np.testing.assert_allclose(out[512:], signal[512:], atol=1e-6)


def test_framed_stream_without_lead_fades_the_first_hop_in_by_the_window_squared() -> None:
    window = sine_window(512)
    signal = noise(2_000)
    out = run(FramedStream(Framing(512, 256), lambda frames: synthesise(analyse(frames, window), window)), signal)
    expected = signal.copy()
    expected[:256] *= window[:256].astype(np.float32) ** 2
    assert snr_db(reference=expected, estimate=out) > 130


@pytest.mark.parametrize("n_samples", [1, 2, 255, 256, 257, 511, 512, 513, 768, 1_025])
@pytest.mark.parametrize("name", list(GEOMETRIES))
def test_framed_stream_any_length_returns_as_many_samples(name: str, n_samples: int) -> None:
    framing, window = GEOMETRIES[name]
    assert len(run(FramedStream(framing, lambda frames: frames * window), noise(n_samples))) == n_samples


def test_framed_stream_without_samples_returns_none_and_runs_no_frame() -> None:
    def refuse(frames: Frames) -> Frames:
        raise AssertionError("no frame was expected")

    stream = FramedStream(Framing(480, 480, delay_samples=960), refuse)
    assert stream.push(noise(0)).shape == (0,)
    assert stream.finish().shape == (0,)


@pytest.mark.parametrize("delay_samples", [1, 479, 480, 960, 1_000])
def test_framed_stream_delay_stated_is_compensated(delay_samples: int) -> None:
    signal = noise(4_001)
    framing = Framing(480, 480, delay_samples=delay_samples)
    assert np.array_equal(run(FramedStream(framing, DelayLine(delay_samples)), signal), signal)


def test_framed_stream_delay_not_stated_shows_as_lag() -> None:
    signal = noise(4_000)
    out = run(FramedStream(Framing(480, 480), DelayLine(960)), signal)
    assert lag_samples(reference=signal, estimate=out) == 960


@given(
    overlap=st.integers(1, 4),
    hop_length=st.integers(1, 9),
    n_missing=st.integers(0, 8),
    lead_samples=st.integers(0, 30),
    delay_samples=st.integers(0, 30),
    cuts=st.lists(st.integers(0, 100), max_size=8),
    n_samples=st.integers(1, 100),
)
@settings(deadline=None, max_examples=150)
def test_framed_stream_cut_anywhere_is_bit_equal_to_the_whole(
    overlap: int,
    hop_length: int,
    n_missing: int,
    lead_samples: int,
    delay_samples: int,
    cuts: list[int],
    n_samples: int,
) -> None:
    win_length = max(hop_length, overlap * hop_length - n_missing)
    framing = Framing(win_length, hop_length, lead_samples, delay_samples)
    weights = noise(framing.win_length, seed=1)
    signal = noise(n_samples)
    whole = run(FramedStream(framing, lambda frames: frames * weights), signal)
    pieces = run(FramedStream(framing, lambda frames: frames * weights), signal, cuts)
    assert len(whole) == n_samples
    assert np.array_equal(whole, pieces)


@given(overlap=st.integers(1, 4), hop_length=st.integers(1, 9), n_samples=st.integers(1, 100))
@settings(deadline=None, max_examples=50)
def test_framed_stream_runs_only_frames_that_overlap_the_signal(overlap: int, hop_length: int, n_samples: int) -> None:
    framing = Framing(overlap * hop_length, hop_length)
    n_frames = 0

    def count(frames: Frames) -> Frames:
        nonlocal n_frames
        n_frames += len(frames)
        return frames

    run(FramedStream(framing, count), noise(n_samples))
    assert n_frames == framing.n_frames(n_samples) == -(-n_samples // hop_length)


def test_framed_stream_returns_samples_as_soon_as_they_are_final() -> None:
    stream = FramedStream(Framing(512, 256), lambda frames: frames)
    assert len(stream.push(noise(511))) == 0
    assert len(stream.push(noise(1))) == 256
    assert len(stream.push(noise(256))) == 256


def test_framed_stream_output_is_not_changed_by_later_pieces() -> None:
    stream = FramedStream(Framing(4, 4), lambda frames: frames)
    first = stream.push(noise(4))
    before = first.copy()
    stream.push(noise(8, seed=1))
    assert np.array_equal(first, before)


@given(
    overlap=st.integers(2, 4),
    hop_length=st.integers(1, 9),
    lead_hops=st.floats(0, 1),
    cuts=st.lists(st.integers(0, 100), max_size=8),
    n_samples=st.integers(1, 100),
)
@settings(deadline=None, max_examples=150)
def test_framed_stream_mirrored_lead_gives_the_frames_of_a_reflected_clip(
    overlap: int, hop_length: int, lead_hops: float, cuts: list[int], n_samples: int
) -> None:
    framing = Framing(
        overlap * hop_length, hop_length, int(lead_hops * (overlap - 1) * hop_length), is_lead_mirrored=True
    )
    signal, seen = noise(n_samples), []

    def record(frames: Frames) -> Frames:
        seen.extend(frames.copy())
        return frames

    assert len(run(FramedStream(framing, record), signal, cuts)) == n_samples
    padded = np.pad(signal, (0, framing.tail_samples(n_samples)))
    reflected = np.pad(padded, (framing.lead_samples, 0), mode="reflect")
    expected = np.lib.stride_tricks.sliding_window_view(reflected, framing.win_length)[:: framing.hop_length]
    np.testing.assert_array_equal(np.array(seen), expected)


def test_framed_stream_mirrored_lead_is_not_later_than_one_of_zeros() -> None:
    for is_lead_mirrored in (False, True):
        stream = FramedStream(Framing(512, 256, 256, is_lead_mirrored=is_lead_mirrored), lambda frames: frames)
        assert [len(stream.push(noise(256))) for _ in range(4)] == [0, 256, 256, 256]


def test_framing_with_a_mirrored_lead_longer_than_the_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than the overlap"):
        Framing(512, 256, 257, is_lead_mirrored=True)


def test_framer_frames_cannot_be_written_to() -> None:
    frames = Framer(Framing(4, 2)).push(noise(10))
    assert frames.shape == (4, 4)
    assert not frames.flags.writeable


@pytest.mark.parametrize("call", [lambda stream: stream.finish(), lambda stream: stream.push(noise(3))])
def test_framed_stream_after_finish_is_refused(call: object) -> None:
    stream = FramedStream(Framing(4, 2), lambda frames: frames)
    stream.finish()
    with pytest.raises(UsageError, match="finished"):
        call(stream)  # type: ignore[operator]


def test_framed_stream_network_that_loses_frames_is_backend_error() -> None:
    with pytest.raises(BackendError, match=r"shape \(2, 4\) for \(3, 4\)"):
        FramedStream(Framing(4, 2), lambda frames: frames[1:]).push(noise(8))


@pytest.mark.parametrize(
    ("win_length", "hop_length", "lead_samples", "delay_samples"),
    [(256, 512, 0, 0), (0, 1, 0, 0), (4, 0, 0, 0), (4, 2, -1, 0), (4, 2, 0, -1)],
)
def test_framing_with_invalid_sizes_is_refused(
    win_length: int, hop_length: int, lead_samples: int, delay_samples: int
) -> None:
    with pytest.raises(ValueError, match=r"must not be negative|expected a window of a hop or more"):
        Framing(win_length, hop_length, lead_samples, delay_samples)
