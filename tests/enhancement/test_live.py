"""Microphone to loudspeaker, with a stand-in for the package sounddevice: there is no sound card on a test machine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seinfer import Model
from seinfer.backends.noisy import Passthrough
from seinfer.core.errors import AudioError, BackendError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.live import Live

N_BLOCK = 100
MODEL = Model(ModelSpec("noisy", "", "example:load", 0), Passthrough(0))


class PortAudioError(Exception):
    pass


class CallbackAbort(Exception):  # noqa: N818 the name in sounddevice
    pass


def sound_card(recorded: np.ndarray, played: list[np.ndarray], status: str = "", **refused: str) -> Any:
    """Return a stand-in whose microphone gives `recorded`, shape (time, channel), and then ends the stream."""

    class Stream:
        def __init__(self, *, callback: Any, finished_callback: Any, blocksize: int, **settings: Any) -> None:
            if refused:
                raise PortAudioError(refused["reason"])
            self.settings = settings
            self.run = lambda: self.record(callback, blocksize, finished_callback)

        def record(self, callback: Any, n_block: int, finished: Any) -> None:
            for start in range(0, len(recorded), n_block):
                out = np.full((n_block, recorded.shape[1]), 9, np.float32)
                try:
                    callback(recorded[start : start + n_block], out, n_block, None, status)
                except CallbackAbort:
                    break
                finally:
                    played.append(out)
            finished()

        def __enter__(self) -> None:
            self.run()

        def __exit__(self, *_: object) -> None:
            pass

    return SimpleNamespace(Stream=Stream, PortAudioError=PortAudioError, CallbackAbort=CallbackAbort)


def run(recorded: np.ndarray, **options: Any) -> tuple[np.ndarray, Live, list[tuple[int, ...]]]:
    played: list[np.ndarray] = []
    blocks: list[tuple[int, ...]] = []
    live = Live(
        sound_card(recorded, played, **options),
        MODEL.stream(16_000, block_samples=N_BLOCK),
        lambda given, returned, busy_s: blocks.append(given.shape),
    )
    live.run(None, None, recorded.shape[1])
    return np.concatenate(played), live, blocks


@pytest.mark.parametrize("channels", [1, 2])
def test_live_plays_each_block_that_was_recorded(channels: int) -> None:
    recorded = np.random.default_rng(0).uniform(-1, 1, (5 * N_BLOCK, channels)).astype(np.float32)
    played, live, blocks = run(recorded)
    np.testing.assert_array_equal(played, recorded)
    assert live.n_late == 0
    assert blocks == [(channels, N_BLOCK)] * 5


def test_live_counts_the_blocks_that_came_too_late() -> None:
    _, live, _ = run(np.zeros((3 * N_BLOCK, 1), np.float32), status="output underflow")
    assert live.n_late == 3


def test_live_plays_nothing_beyond_full_scale() -> None:
    played, _, _ = run(np.full((N_BLOCK, 1), 3, np.float32))
    assert played.max() == 1


def test_live_error_in_a_block_ends_the_stream_and_is_raised() -> None:
    recorded = np.full((3 * N_BLOCK, 1), np.nan, np.float32)
    with pytest.raises(AudioError, match="NaN"):
        run(recorded)


def test_live_devices_that_cannot_be_opened_are_an_error_with_the_remedy() -> None:
    with pytest.raises(BackendError, match=r"Invalid sample rate; list the devices with python -m sounddevice"):
        run(np.zeros((N_BLOCK, 1), np.float32), reason="Invalid sample rate")
