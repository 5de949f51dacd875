"""Batches that fit into memory: measured with a fake memory, reduced after the errors of the frameworks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seinfer.audio import reading
from seinfer.backends.base import Batch, BatchLimits, Waveform
from seinfer.core.records import Enhancement, Job, from_json, to_json
from seinfer.enhancement.batch_size import BatchSizes, fitted_limits, is_out_of_memory, memory_of
from seinfer.enhancement.worker import Worker
from seinfer.models.registry import load_registry
from tests.helpers import RATE, speech_like, write_audio

OWN = BatchLimits(max_clips=32, max_batch_s=120.0)
ONNX_MESSAGE = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. Name:'c' "
    "Status Message: bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 1073741824"
)


class OutOfMemoryError(RuntimeError):
    """Has the name of torch.cuda.OutOfMemoryError, for environments without torch."""


class Network:
    """Accepts at most `max_clips` clips in a batch; more of them end its memory."""

    sample_rate = RATE
    batch_limits = OWN

    def __init__(self, max_clips: int = 1_000, error: Exception | None = None) -> None:
        self.batches: list[int] = []
        self._max_clips = max_clips
        self._error = error or OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    def enhance(self, batch: Batch) -> list[Waveform]:
        self.batches.append(len(batch))
        if len(batch) > self._max_clips:
            raise self._error
        return [row.copy() for row in batch.rows()]


class Memory:
    """Says that a batch needs `bytes_per_s` for each second and 1,000,000 bytes for the weights' copies."""

    def __init__(self, network: Network, free: int, bytes_per_s: float) -> None:
        self._network, self._free, self._bytes_per_s = network, free, bytes_per_s
        self.n_releases = 0

    def free_bytes(self) -> int:
        return self._free

    def peak_bytes(self, work: Callable[[], object]) -> int:
        work()
        return round(1e6 + self._network.batches[-1] * 4.0 * self._bytes_per_s)

    def release(self) -> None:
        self.n_releases += 1


class Channel:
    """Gives the worker its messages and collects those that it sends."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages = list(messages)
        self.sent: list[dict[str, Any]] = []

    def receive(self) -> dict[str, Any] | None:
        return self._messages.pop(0) if self._messages else None

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("free", "bytes_per_s", "expected"),
    [
        (10_000_000, 1e5, BatchLimits(32, 60.0)),  # 6 MB hold 60 s
        (30_000_000, 1e5, BatchLimits(48, 180.0)),
        (10**12, 1e5, BatchLimits(128, 480.0)),  # never more than 4 times its own
        (10**9, 0.0, BatchLimits(128, 480.0)),  # a backend that runs its batches in pieces of one size
    ],
)
def test_fitted_limits_follow_the_measured_memory(free: int, bytes_per_s: float, expected: BatchLimits) -> None:
    network = Network()
    found = fitted_limits(network, Memory(network, free, bytes_per_s))
    assert found.max_clips == expected.max_clips
    assert found.max_batch_s == pytest.approx(expected.max_batch_s)


def test_fitted_limits_without_a_known_memory_are_those_of_the_backend() -> None:
    network = Network()
    assert fitted_limits(network, None) == OWN
    assert network.batches == []
    assert memory_of("cpu") is None


def test_fitted_limits_probe_that_does_not_fit_gives_one_clip_at_a_time() -> None:
    network = Network(max_clips=1)
    assert fitted_limits(network, Memory(network, 10**9, 1e5)) == BatchLimits(1, OWN.max_batch_s)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError(ONNX_MESSAGE), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (MemoryError(), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
    ],
)
def test_is_out_of_memory_knows_the_errors_of_the_frameworks(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_is_out_of_memory_knows_the_class_of_torch() -> None:
    torch = pytest.importorskip("torch")
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA"))


def test_reduce_keeps_the_smallest_limit() -> None:
    sizes = BatchSizes()
    sizes.reduce([2.0, 2.0])
    sizes.reduce([5.0, 5.0, 5.0])
    assert sizes.max_batch_s == 2.0
    assert sizes.fits([9.0]) and sizes.fits([1.0, 0.5]) and not sizes.fits([1.5, 0.1])


def serve(network: Network, folder: Path, n_batches: int) -> tuple[list[Enhancement], Memory]:
    """Run batches of 8 clips through a worker."""
    messages = []
    for b in range(n_batches):
        jobs = []
        for k in range(8):
            name = f"{b}-{k}"
            write_audio(folder / f"{name}.wav", speech_like(0.25, RATE))
            jobs.append(to_json(Job(name, str(folder / f"{name}.wav"), str(folder / "out" / f"{name}.wav"), 0.25)))
        messages.append({"jobs": jobs})
    channel, memory = Channel(*messages), Memory(network, 10**9, 1.0)
    Worker(load_registry().specs["noisy"], network, channel, memory).serve()  # type: ignore[arg-type]
    return [from_json(Enhancement, message) for message in channel.sent], memory


@pytest.mark.parametrize("error", [OutOfMemoryError("CUDA out of memory."), RuntimeError(ONNX_MESSAGE)])
def test_worker_out_of_memory_halves_the_batch_once_and_remembers_it(tmp_path: Path, error: Exception) -> None:
    network = Network(max_clips=4, error=error)
    done, memory = serve(network, tmp_path, n_batches=3)
    assert network.batches == [8, 4, 4, 4, 4, 4, 4]  # one failure, then every later batch in the size that fits
    assert memory.n_releases == 1
    assert len({one.clip_id for one in done}) == len(done) == 24
    assert all(one.is_ok and one.batch_size == 4 for one in done)


def test_worker_clip_that_alone_needs_too_much_memory_is_a_failed_row(tmp_path: Path) -> None:
    done, _ = serve(Network(max_clips=0), tmp_path, n_batches=1)
    assert len(done) == 8
    assert all("OutOfMemoryError: CUDA out of memory" in one.error for one in done)


def test_worker_other_error_tries_each_clip_alone_and_keeps_the_size(tmp_path: Path) -> None:
    network = Network(max_clips=1, error=ValueError("broken"))
    done, memory = serve(network, tmp_path, n_batches=2)
    assert network.batches == [8, *([1] * 8), 8, *([1] * 8)]
    assert memory.n_releases == 0
    assert all(one.is_ok for one in done)


def test_worker_decodes_the_next_batch_while_the_network_runs(tmp_path: Path) -> None:
    decoded: list[str] = []
    is_next_decoded = threading.Event()
    read = reading.read

    def noted(path: Path, **options: Any) -> reading.Audio:
        decoded.append(path.name)
        if len(decoded) > 8:
            is_next_decoded.set()
        return read(path, **options)

    class Waiting(Network):
        def enhance(self, batch: Batch) -> list[Waveform]:
            assert is_next_decoded.wait(60)
            return super().enhance(batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read", noted)
        done, _ = serve(Waiting(), tmp_path, n_batches=2)
    assert len(done) == 16
    assert all(one.is_ok for one in done)
