"""A clip of any length in bounded memory: decode, resample, enhance, resample and write block by block.

If the state of the network can be carried from block to block, the result equals that of the whole clip. If the network
needs the level of the whole clip first, the clip is decoded twice. If the state cannot be carried, the clip is cut into
overlapping windows; each is enhanced with context on both sides, and neighbouring windows are cross-faded. Such a row
is marked `chunked`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..audio.reading import Info, read_blocks, refuse_nonfinite
from ..audio.resampling import Resampler, Samples
from ..audio.writing import WavWriter
from ..backends.base import Enhancer, Stream, Streaming, TwoPass
from ..core.errors import AudioError
from .model import enhance_clips
from .streaming import Channel, open_stream

LONG_S = 60.0
"""Clips longer than this are enhanced block by block (seconds, all channels together)."""
LONG_SAMPLES = round(LONG_S * 48_000)
"""So are clips with more samples, all channels together: short ones of a very high rate."""
_BLOCK_S = 10.0
# A recurrent network forgets its initial state within a few seconds; the fade hides the remaining difference.
_WINDOW_S, _CONTEXT_S, _FADE_S = 30.0, 5.0, 0.5
_MAX_WINDOW_SAMPLES = 40_000_000  # 20 channels at 48 kHz


@dataclass
class Clock:
    """Adds up the seconds of resampling and inference, without reading and writing."""

    seconds: float = 0.0
    _started: float = field(default=0.0, repr=False)

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._started


def enhance_file(
    enhancer: Enhancer,
    source: Path,
    target: Path,
    info: Info,
    subtype: str,
    *,
    mono: bool,
    on_block: Callable[[], None] = lambda: None,
    block_s: float = 0.0,
) -> LongResult:
    """Enhance a file into another.

    Args:
        enhancer: the network.
        source: file to read.
        target: WAV file to write.
        info: header of the source.
        subtype: subtype of the target.
        mono: average the channels first.
        on_block: called before each block, in each pass over the clip.
        block_s: run the clip in blocks of so many seconds, through one stream from its first sample to its last; 0 for
            long blocks, and two passes or windows if the network has no stream.

    Raises:
        UsageError: `block_s` is given, and the network has no stream.
        AudioError: the source cannot be read to its end, or the target cannot be written; then no target is left.
    """
    channels = 1 if mono else info.channels
    clock = Clock()

    def blocks() -> Iterator[Samples]:
        for block in read_blocks(source, block_s or _BLOCK_S, mono=mono):
            on_block()
            yield block

    if block_s:
        streams: list[Stream] | None = [open_stream(enhancer, "this model") for _ in range(channels)]
    else:
        streams = _streams(enhancer, blocks, info.sample_rate, channels, clock)
    if streams is None:
        _refuse_wide(source, info.sample_rate, channels)
        enhanced = windowed(enhancer, blocks(), info.sample_rate, clock)
    else:
        enhanced = streamed(streams, blocks(), info.sample_rate, enhancer.sample_rate, clock)
    n_left = info.n_samples
    with WavWriter(target, info.sample_rate, channels, subtype, info.n_samples) as file:
        for samples in enhanced:
            refuse_nonfinite(samples, info.sample_rate, "the network's output", reason="nonfinite_output")
            file.write(samples[:, :n_left])
            n_left -= min(n_left, samples.shape[1])
        file.write(np.zeros((channels, n_left), np.float32))
    return LongResult(channels, file.n_clipped, streams is None, clock.seconds)


def _refuse_wide(source: Path, sample_rate: int, channels: int) -> None:
    """Refuse a file of which one window, all channels together, would need too much memory."""
    window_s = _WINDOW_S + 2 * _CONTEXT_S
    if (n_samples := round(window_s * sample_rate) * channels) > _MAX_WINDOW_SAMPLES:
        raise AudioError(
            "unsupported",
            f"{source}: a window of {window_s:g} s has {n_samples} samples in {channels} channels at {sample_rate} Hz; "
            f"expected at most {_MAX_WINDOW_SAMPLES} for a network without streaming; use --mono, or cut the clip to "
            f"less than {LONG_S:g} s, all channels together",
        )


def _streams(
    enhancer: Enhancer, blocks: Callable[[], Iterator[Samples]], sample_rate: int, channels: int, clock: Clock
) -> list[Stream] | None:
    """Open a stream for each channel; None if the state of the network cannot be carried."""
    if isinstance(enhancer, Streaming):
        with clock:
            return [enhancer.open_stream() for _ in range(channels)]
    if isinstance(enhancer, TwoPass):
        return after_first_pass(enhancer, blocks(), sample_rate, channels, clock)
    return None


def after_first_pass(
    enhancer: TwoPass, blocks: Iterable[Samples], sample_rate: int, channels: int, clock: Clock
) -> list[Stream]:
    """Send the whole clip through the first pass of each channel, and open the streams of the second pass."""
    first_passes = [enhancer.open_first_pass() for _ in range(channels)]
    resamplers = [Resampler(sample_rate, enhancer.sample_rate or sample_rate) for _ in range(channels)]
    for block in blocks:
        with clock:
            for first_pass, resampler, samples in zip(first_passes, resamplers, block, strict=True):
                first_pass.push(resampler.push(samples))
    with clock:
        for first_pass, resampler in zip(first_passes, resamplers, strict=True):
            first_pass.push(resampler.push(np.zeros(0, np.float32), is_last=True))
        return [first_pass.open_stream() for first_pass in first_passes]


@dataclass(frozen=True)
class LongResult:
    """Result of enhancing a long clip.

    Attributes:
        channels: channels of the written file.
        n_clipped: samples beyond full scale.
        is_chunked: the result differs from that of the whole clip.
        wall_s: seconds of resampling and inference.
    """

    channels: int
    n_clipped: int
    is_chunked: bool
    wall_s: float


def streamed(
    streams: Sequence[Stream], blocks: Iterable[Samples], sample_rate: int, model_rate: int, clock: Clock
) -> Iterator[Samples]:
    """Enhance blocks, carrying the state of each channel's network and resamplers from block to block.

    Args:
        streams: one for each channel.
        blocks: each of shape (channels, time).
        sample_rate: Hz of the blocks.
        model_rate: Hz of the network; 0 if it accepts any.
        clock: adds up the time.
    """
    with clock:
        rate = model_rate or sample_rate
        rows = [Channel(Resampler(sample_rate, rate), stream, Resampler(rate, sample_rate)) for stream in streams]
    for block in blocks:
        with clock:
            ready = [row.push(samples) for row, samples in zip(rows, block, strict=True)]
        yield np.stack(ready)
    with clock:
        rest = [row.finish() for row in rows]
    yield np.stack(rest)


def windowed(enhancer: Enhancer, blocks: Iterable[Samples], sample_rate: int, clock: Clock) -> Iterator[Samples]:
    """Enhance windows with context on both sides and cross-fade each with the next."""
    n_window, n_context, n_fade = (round(s * sample_rate) for s in (_WINDOW_S, _CONTEXT_S, _FADE_S))
    fade_in = np.linspace(0, 1, n_fade, endpoint=False, dtype=np.float32)
    tail: Samples | None = None
    for window, n_before, is_last in _windows(blocks, n_window, n_context):
        with clock:  # channel by channel: a batch of all channels could take several times the memory
            channels = [enhance_clips(enhancer, [channel[None]], [sample_rate])[0] for channel in window]
        enhanced = np.concatenate(channels)[:, n_before:]
        if tail is not None:
            n = min(n_fade, enhanced.shape[1])
            enhanced[:, :n] = fade_in[:n] * enhanced[:, :n] + (1 - fade_in[:n]) * tail[:, :n]
        yield enhanced if is_last else enhanced[:, :n_window]
        tail = enhanced[:, n_window : n_window + n_fade]


def _windows(blocks: Iterable[Samples], n_window: int, n_context: int) -> Iterator[tuple[Samples, int, bool]]:
    """Yield (samples with context, samples of context before, whether it is the last) for consecutive windows."""
    kept: list[Samples] = []
    n_kept = n_before = 0
    for block in blocks:
        kept.append(block)
        n_kept += block.shape[1]
        # Enough for the window, the context after it, and a remainder that is long enough for a window of its own.
        while n_kept - n_before > n_window + 2 * n_context:
            samples = np.concatenate(kept, axis=1)
            yield samples[:, : n_before + n_window + n_context], n_before, False
            start = n_before + n_window
            n_before = min(n_context, start)
            kept = [samples[:, start - n_before :]]
            n_kept = kept[0].shape[1]
    if kept:
        yield np.concatenate(kept, axis=1), n_before, True
