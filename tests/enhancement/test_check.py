"""`check`: each way to wire a model wrong is reported, and a correct model passes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seinfer.backends.base import Batch, Waveform
from seinfer.backends.noisy import Passthrough, PassthroughStream
from seinfer.enhancement.check import check
from seinfer.enhancement.loading import load_enhancer
from seinfer.models.registry import load_registry
from tests.helpers import speech_like

RATE = 16_000
QUESTIONS = [
    "length",
    "input left alone",
    "the same again",
    "in a batch with other clips",
    "delay",
    "level of the output",
    "piece by piece, state carried",
]


class Late(Passthrough):
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [np.concatenate([np.zeros(256, np.float32), row])[: len(row)] for row in batch.rows()]


class Short(Passthrough):
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row[: len(row) // 256 * 256].copy() for row in batch.rows()]


class Loud(Passthrough):
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row / max(np.abs(row).max(), 1e-9) for row in batch.rows()]


class BatchDependent(Passthrough):
    """Normalises over the whole batch, a common mistake in ports."""

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row * (1 + batch.samples.std()) for row in batch.rows()]


class Random(Passthrough):
    random = np.random.default_rng(0)

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row + 1e-3 * self.random.standard_normal(len(row)).astype(np.float32) for row in batch.rows()]


class InPlace(Passthrough):
    """Changes its input."""

    def enhance(self, batch: Batch) -> list[Waveform]:
        for row in batch.samples:
            row *= 0.5
        return [row.copy() for row in batch.rows()]


class WithoutState(Passthrough):
    """Smooths over 101 samples, and loses its state between the blocks of a stream."""

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [smoothed(row) for row in batch.rows()]

    def open_stream(self) -> PassthroughStream:
        class Lossy(PassthroughStream):
            def push(self, block: Waveform) -> Waveform:
                return smoothed(block)

        return Lossy()


def smoothed(row: Waveform) -> Waveform:
    return np.convolve(row, np.full(101, 1 / 101, np.float32), "same").astype(np.float32)[: len(row)]


def wrong(enhancer: Passthrough) -> list[str]:
    clip = speech_like(3.0, RATE)[None] * 0.5
    return [verdict.question for verdict in check(enhancer, clip, RATE) if verdict.is_good is False]


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        (Late, "delay"),
        (Short, "length"),
        (Loud, "level of the output"),
        (BatchDependent, "in a batch with other clips"),
        (Random, "the same again"),
        (InPlace, "input left alone"),
        (WithoutState, "piece by piece, state carried"),
    ],
)
def test_check_model_wired_wrong_is_reported(kind: type[Passthrough], question: str) -> None:
    assert question in wrong(kind(RATE))


def test_check_rnnoise_passes_at_any_rate() -> None:
    enhancer = load_enhancer(load_registry().find("rnnoise"), threads=1)
    for rate in (16_000, 44_100):
        verdicts = list(check(enhancer, speech_like(3.0, rate)[None], rate))
        assert [verdict.question for verdict in verdicts] == QUESTIONS
        assert all(verdict.is_good for verdict in verdicts), [v for v in verdicts if not v.is_good]


def test_check_of_a_stream_without_state_names_the_worst_blocks() -> None:
    clip = speech_like(3.0, RATE)[None] * 0.5
    found = {verdict.question: verdict.measured for verdict in check(WithoutState(RATE), clip, RATE)}
    assert re.search(r"an SNR of -?\d+ dB .*worst with 1; ", found["piece by piece, state carried"])


def test_check_of_a_stream_that_returns_nothing_before_its_end_is_wrong() -> None:
    class Waiting(PassthroughStream):
        def push(self, block: Waveform) -> Waveform:
            return block[:0]

    class Silent(Passthrough):
        def open_stream(self) -> PassthroughStream:
            return Waiting()

    assert "piece by piece, state carried" in wrong(Silent(RATE))


def test_check_silence_is_undecided_and_not_wrong() -> None:
    verdicts = {v.question: v.is_good for v in check(Passthrough(RATE), np.zeros((1, RATE), np.float32), RATE)}
    assert verdicts["delay"] is None
    assert False not in verdicts.values()


def test_check_says_identical_instead_of_an_infinite_snr_or_a_difference_of_zero() -> None:
    found = {verdict.question: verdict for verdict in check(Passthrough(RATE), speech_like(1.0, RATE)[None], RATE)}
    assert found["piece by piece, state carried"].measured == (
        "identical to the whole clip (blocks of 1, 131, 997, 1600, 4801, 16000 samples; latency 0.1 ms)"
    )
    assert found["the same again"].measured == found["the same again"].expected == "identical"
    assert not any(re.search(r"\binf\b|0\.0e\+00", verdict.measured) for verdict in found.values())


def test_check_of_another_length_says_so_instead_of_an_infinite_difference() -> None:
    class Growing(Passthrough):
        """Returns one sample more each time."""

        n_more = 0

        def enhance(self, batch: Batch) -> list[Waveform]:
            self.n_more += 1
            return [np.pad(row, (0, self.n_more)) for row in batch.rows()]

    found = {verdict.question: verdict for verdict in check(Growing(RATE), speech_like(1.0, RATE)[None], RATE)}
    assert found["the same again"].measured == "of another length"
    assert found["length"].measured.endswith("samples") and " for inputs of 16000, 1, 17, 8001 samples" in (
        found["length"].measured
    )
