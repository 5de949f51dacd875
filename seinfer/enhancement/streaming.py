"""A recording that arrives in blocks, for use from Python: `Model.stream` opens a `ModelStream`.

The rule: the joined output equals the result of `Model.enhance` for the whole recording. The state of the network and
of both resamplers is carried from block to block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, get_type_hints

import numpy as np
import numpy.typing as npt

from ..audio.low_delay import LowDelayResampler
from ..audio.reading import refuse_nonfinite
from ..audio.resampling import Resampler, Samples
from ..backends.base import Enhancer, Stream, Streaming, TwoPass, Waveform
from ..core.errors import SeinferError, UsageError
from ..core.records import ModelSpec
from ..models.registry import load_registry, resolve
from .latency import Pace, longest_wait
from .model import as_samples

Array = npt.NDArray[np.float32]
"""Shape (time,) or (channels, time)."""


class BlockResampler(Protocol):
    """Changes the sample rate of one channel block by block."""

    def push(self, block: Waveform, *, is_last: bool = False) -> Waveform:
        """Accept the next samples, shape (time,); return the output that is ready."""
        ...


class Channel:
    """One channel: resampled to the rate of the model, enhanced, resampled back."""

    def __init__(self, down: BlockResampler, stream: Stream, up: BlockResampler) -> None:
        self._down, self._stream, self._up = down, stream, up

    def push(self, samples: Waveform) -> Waveform:
        """Accept the next samples, shape (time,); return the output that is ready."""
        return self._up.push(self._stream.push(self._down.push(samples)))

    def finish(self) -> Waveform:
        """Return the rest of the output."""
        tail = self._stream.push(self._down.push(np.zeros(0, np.float32), is_last=True))
        return self._up.push(np.concatenate([tail, self._stream.finish()]), is_last=True)


def open_stream(enhancer: Enhancer, name: str) -> Stream:
    """Open a stream of a network.

    Raises:
        UsageError: it has none; the message names the models that have one.
    """
    if isinstance(enhancer, Streaming):
        return enhancer.open_stream()
    reason = (
        "it needs the level of the whole recording before its first sample"
        if isinstance(enhancer, TwoPass)
        else "its network needs the whole recording"
    )
    raise UsageError(f"{name} cannot run as a stream: {reason}; models that can: {', '.join(streaming_models())}")


def streaming_models() -> list[str]:
    """Return the models of the registry that are known to have streams."""
    return [name for name, spec in load_registry().specs.items() if has_streams(spec)]


def has_streams(spec: ModelSpec) -> bool | None:
    """Return whether a model has streams, without loading it; None if that is not known before.

    The class that its `load` is annotated to return says so; a plug-in may name the protocol Enhancer instead.
    """
    try:
        made = get_type_hints(resolve(spec)).get("return")
    except (SeinferError, NameError):  # the backend cannot be imported, or its annotations cannot be resolved
        return None
    return None if made in (None, Enhancer) else hasattr(made, "open_stream")


class ModelStream:
    """One recording that arrives in blocks. `Model.stream` opens it; use it for one recording, on one thread at a time.

    Without `block_samples`, `push` accepts blocks of any length and returns the output that is ready, which may be
    empty. All output together, with that of `flush`, has exactly the length of the input and equals `Model.enhance`.

    With `block_samples`, for real-time audio, every block has this length and `push` returns as many samples. The first
    `delay_samples` of all output are zeros, the rest equals `Model.enhance`; `flush` returns the last `delay_samples`.

    Attributes:
        sample_rate: Hz of the blocks, in and out.
        block_samples: length of every block; None for any length.
        hop_samples: input samples between two outputs of the network, rounded up. Shorter blocks do not come back
            sooner.
        delay_samples: zeros in front of the output; 0 without `block_samples`.
        latency_samples: time from the start of a sample until its output is returned, for the sample that waits
            longest: the latency of the network, its hop, both resamplers, and the block with `block_samples`.
    """

    def __init__(
        self,
        enhancer: Enhancer,
        name: str,
        pace: Pace,
        sample_rate: int,
        *,
        block_samples: int | None = None,
        low_delay: bool = False,
    ) -> None:
        self._enhancer, self._name = enhancer, name
        self._resampler = LowDelayResampler if low_delay else Resampler
        self._model_rate = enhancer.sample_rate or sample_rate
        self._channels: list[Channel] = []
        self._shape: tuple[int, ...] | None = None
        self._n_in = self._n_out = 0
        self._is_finished = False
        self.sample_rate = sample_rate
        self.block_samples = block_samples
        self.hop_samples = -(-pace.hop * sample_rate // self._model_rate)
        step = block_samples or 1
        wait = longest_wait(pace, sample_rate, self._model_rate, step=step, low_delay=low_delay)
        self.latency_samples = wait + step
        self.delay_samples = wait if block_samples else 0
        self._waiting: Samples = np.zeros((1, self.delay_samples), np.float32)

    @property
    def latency_ms(self) -> float:
        """The same as `latency_samples`, in milliseconds."""
        return 1000 * self.latency_samples / self.sample_rate

    def push(self, block: npt.ArrayLike) -> Array:
        """Enhance the next block.

        Args:
            block: float within [-1, 1], shape (time,) or (channels, time); every block in the same form.

        Returns:
            float32 in the same form: the output that is ready, or `block_samples` samples.

        Raises:
            UsageError: the block has another form or length than expected, or the stream has been flushed.
            AudioError: it contains NaN or infinite samples, or the output of the network does.
        """
        self._require_open()
        samples = as_samples(block, self.sample_rate)
        self._require_form(np.shape(block), samples)
        self._n_in += samples.shape[1]
        ready = self._checked([channel.push(row) for channel, row in zip(self._channels, samples, strict=True)])
        if self.block_samples is None:
            return self._as_given(ready)
        queued = np.concatenate([self._waiting, ready], axis=1)
        self._waiting = queued[:, self.block_samples :]
        return self._as_given(queued[:, : self.block_samples])

    def flush(self) -> Array:
        """Return the rest of the output. The stream cannot be used afterwards.

        Raises:
            UsageError: the stream has been flushed.
        """
        self._require_open()
        self._is_finished = True
        if self._shape is None:
            return np.zeros(0, np.float32)
        n_missing = self._n_in - self._n_out
        rest = self._checked([channel.finish()[:n_missing] for channel in self._channels])
        return self._as_given(np.concatenate([self._waiting, rest], axis=1) if self.block_samples else rest)

    def _require_open(self) -> None:
        if self._is_finished:
            raise UsageError("this stream has been flushed and accepts no more samples; open one for each recording")

    def _require_form(self, shape: tuple[int, ...], samples: Samples) -> None:
        """Open the channels at the first block; refuse a later block of another form."""
        if self.block_samples is not None and samples.shape[1] != self.block_samples:
            raise UsageError(
                f"the block has {samples.shape[1]} samples, expected block_samples = {self.block_samples}; "
                "fill the last block with zeros"
            )
        if self._shape is None:
            self._shape = shape[:-1]
            self._channels = [self._open_channel() for _ in samples]
            self._waiting = np.zeros((len(samples), self.delay_samples), np.float32)
        elif shape[:-1] != self._shape:
            raise UsageError(
                f"the block has the shape {shape}, the first one had {(*self._shape, 'time')}; "
                "expected the same number of channels in every block"
            )

    def _open_channel(self) -> Channel:
        return Channel(
            self._resampler(self.sample_rate, self._model_rate),
            open_stream(self._enhancer, self._name),
            self._resampler(self._model_rate, self.sample_rate),
        )

    def _checked(self, rows: Sequence[Waveform]) -> Samples:
        ready = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
        refuse_nonfinite(ready, self.sample_rate, "the network's output", reason="nonfinite_output")
        self._n_out += ready.shape[1]
        return ready

    def _as_given(self, samples: Samples) -> Array:
        return samples.reshape(*(self._shape or ()), samples.shape[1])
