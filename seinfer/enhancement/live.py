"""From a microphone to a loudspeaker through a stream, with the package sounddevice (PortAudio). The base of `--live`.

The rule: every callback of the sound card returns exactly one block, so the stream has a fixed length of blocks. An
error in the callback ends the stream and is raised to the caller.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..audio.resampling import Samples
from ..core.errors import BackendError, SeinferError
from .streaming import ModelStream


class Live:
    """One stream between two sound devices.

    Attributes:
        n_late: blocks for which the sound card got no output, or lost input, because they came too late.
    """

    def __init__(
        self, sounddevice: ModuleType, stream: ModelStream, on_block: Callable[[Samples, Samples, float], None]
    ) -> None:
        """Prepare.

        Args:
            sounddevice: the imported package.
            stream: with a fixed length of blocks.
            on_block: called with the input, the output and the seconds of computation of each block.
        """
        self.n_late = 0
        self._sounddevice = sounddevice
        self._stream = stream
        self._on_block = on_block
        self._error: SeinferError | None = None
        self._has_ended = threading.Event()

    def run(self, input_device: int | str | None, output_device: int | str | None, channels: int) -> None:
        """Run until KeyboardInterrupt, or until the sound card ends the stream.

        Args:
            input_device: number or part of the name; None for the default of the system.
            output_device: in the same way.
            channels: of both devices.

        Raises:
            BackendError: a device cannot be opened.
            SeinferError: the error of a block.
        """
        try:
            opened = self._sounddevice.Stream(
                samplerate=self._stream.sample_rate,
                blocksize=self._stream.block_samples,
                device=(input_device, output_device),
                channels=channels,
                dtype="float32",
                latency="low",
                callback=self._callback,
                finished_callback=self._has_ended.set,
            )
            with opened:
                self._has_ended.wait()
        except (self._sounddevice.PortAudioError, ValueError) as error:
            raise BackendError(
                f"the sound devices {input_device or 'default'} and {output_device or 'default'} cannot be used with "
                f"{channels} channels at {self._stream.sample_rate} Hz: {error}; list the devices with "
                "python -m sounddevice, and choose with --input-device, --output-device, --channels and --rate"
            ) from error
        if self._error:
            raise self._error

    def _callback(self, given: Any, returned: Any, n_samples: int, times: Any, status: Any) -> None:
        """Fill one block of output; sounddevice calls it on a thread of its own, with arrays (time, channel)."""
        if status:
            self.n_late += 1
        started = time.perf_counter()
        samples: Samples = np.ascontiguousarray(given.T)
        try:
            enhanced = self._stream.push(samples)
        except SeinferError as error:
            self._error = error
            returned.fill(0)
            raise self._sounddevice.CallbackAbort from error
        returned[:] = np.clip(enhanced, -1, 1).T
        self._on_block(samples, enhanced, time.perf_counter() - started)
