"""Time of each hop of a stream, in the worker process: nothing else runs there while it is measured.

The hop and the latency are not read from a description but found out: silence is sent sample by sample, and the stream
shows after which sample the next output comes. So every backend with streams is measured in the same way, with or
without an STFT.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from ..audio.reading import Audio
from ..audio.resampling import resample
from ..backends.base import Enhancer, Stream, Streaming, TwoPass, Waveform
from ..core.errors import BackendError
from ..core.processor_time import peak_rss_mib
from ..core.records import StreamRun

WARM_UP_S = 0.5
"""Seconds of audio whose hops are not counted: the first calls allocate memory and compile."""
_N_OUTPUTS = 5
# A stream that has given no output after so many seconds of audio is refused.
_SILENT_S = 5.0


class Hop(NamedTuple):
    """How a stream gives its output, in samples.

    Attributes:
        samples: smallest block that gives output.
        latency_samples: most samples that had to arrive, from a sample on, before its output came.
    """

    samples: int
    latency_samples: int


def time_stream(enhancer: Enhancer, clip: Audio) -> StreamRun:
    """Send a clip through a stream one hop at a time, and time each hop.

    Args:
        enhancer: the network.
        clip: one channel, at any rate; it is resampled before the measurement.

    Returns:
        The times; a reason instead if the network has no streams.

    Raises:
        BackendError: the stream gives no output, or the clip is too short.
    """
    if not isinstance(enhancer, Streaming):
        return StreamRun(_why_no_stream(enhancer))
    sample_rate = enhancer.sample_rate or clip.sample_rate
    waveform: Waveform = resample(clip.samples, clip.sample_rate, sample_rate)[0]
    hop = find_hop(enhancer.open_stream(), sample_rate)
    n_skipped = -(-round(WARM_UP_S * sample_rate) // hop.samples)
    times = list(hop_times(enhancer.open_stream(), waveform, hop.samples))
    if len(times) <= n_skipped:
        raise BackendError(
            f"the clip has {len(times)} hops of {hop.samples} samples, of which the first {n_skipped} do not count; "
            "expected a longer clip"
        )
    seconds, cpu_seconds = zip(*times[n_skipped:], strict=True)
    return StreamRun("", sample_rate, *hop, seconds, cpu_seconds, peak_rss_mib())


def _why_no_stream(enhancer: Enhancer) -> str:
    if isinstance(enhancer, TwoPass):
        return "needs the whole clip before its first output"
    return "its backend has no streams (open_stream)"


def find_hop(stream: Stream, sample_rate: int) -> Hop:
    """Send silence sample by sample until several outputs came; return the usual distance and the latency.

    Args:
        stream: a new one; it cannot be used afterwards.
        sample_rate: Hz of the stream.

    Raises:
        BackendError: there is no output.
    """
    silence = np.zeros(1, np.float32)
    arrivals: list[int] = []
    n_out = latency_samples = 0
    for n_in in itertools.count(1):
        n_made = len(stream.push(silence))
        if n_made:
            arrivals.append(n_in)
            latency_samples = max(latency_samples, n_in - n_out)
            n_out += n_made
        if len(arrivals) == _N_OUTPUTS or (n_in > _SILENT_S * sample_rate and len(arrivals) > 1):
            break
        if n_in > 2 * _SILENT_S * sample_rate:
            raise BackendError(
                f"the stream gave {len(arrivals)} blocks of output for {n_in / sample_rate:.0f} s of silence; expected "
                "output after every hop: see Stream in seinfer/backends/base.py"
            )
    gaps = [after - before for before, after in itertools.pairwise(arrivals)]
    return Hop(statistics.median_high(gaps), latency_samples)


def hop_times(stream: Stream, waveform: Waveform, hop_samples: int) -> Iterator[tuple[float, float]]:
    """Yield the seconds and the processor seconds of each hop of a waveform of shape (time,).

    Args:
        stream: a new one.
        waveform: at the rate of the stream; an incomplete last hop is left out.
        hop_samples: size of the blocks.
    """
    with _no_garbage_collection():
        for start in range(0, len(waveform) - hop_samples + 1, hop_samples):
            block = waveform[start : start + hop_samples]
            started, cpu_started = time.perf_counter(), time.process_time()
            stream.push(block)
            yield time.perf_counter() - started, time.process_time() - cpu_started


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the garbage collector of Python from running: it would lengthen one hop of many."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
