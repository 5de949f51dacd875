"""`Model.stream`: the joined output is that of the whole recording, and the latency is the one that a caller counts."""

from __future__ import annotations

import re

import numpy as np
import pytest

import seinfer
from seinfer import Model, ModelStream
from seinfer.backends.base import Batch, Waveform
from seinfer.backends.noisy import Passthrough
from seinfer.core.errors import AudioError, UsageError
from seinfer.core.records import ModelSpec
from seinfer.enhancement.streaming import streaming_models
from tests.helpers import snr_db, speech_like

RATES_HZ = (16_000, 44_100, 48_000)


@pytest.fixture(scope="module")
def model() -> Model:
    return seinfer.load_model("rnnoise", threads=1)


def wrapped(enhancer: Passthrough, name: str = "example") -> Model:
    return Model(ModelSpec(name, "", "example:load", enhancer.sample_rate), enhancer)


def joined(stream: ModelStream, wav: np.ndarray, n_block: int) -> np.ndarray:
    starts = range(0, wav.shape[-1], n_block)
    return np.concatenate([*(stream.push(wav[..., i : i + n_block]) for i in starts), stream.flush()], axis=-1)


@pytest.mark.parametrize("rate", RATES_HZ)
@pytest.mark.parametrize("n_block", [160, 997, 48_000])
def test_stream_at_any_rate_equals_the_whole_recording(model: Model, rate: int, n_block: int) -> None:
    wav = speech_like(1.5, rate)
    whole = model.enhance(wav, rate)
    streamed = joined(model.stream(rate), wav, n_block)
    assert streamed.shape == whole.shape and streamed.dtype == np.float32
    assert snr_db(reference=whole, estimate=streamed) > 60


def test_stream_of_two_channels_equals_the_whole_recording(model: Model) -> None:
    wav = np.stack([speech_like(0.5, 48_000), speech_like(0.5, 48_000)[::-1]])
    streamed = joined(model.stream(48_000), wav, 1_000)
    assert snr_db(reference=model.enhance(wav, 48_000).ravel(), estimate=streamed.ravel()) > 60
    assert streamed.shape == wav.shape


@pytest.mark.parametrize("n_samples", [0, 1, 7, 479, 481])
def test_stream_of_a_short_recording_keeps_its_length(model: Model, n_samples: int) -> None:
    wav = speech_like(0.5, 44_100)[:n_samples]
    assert joined(model.stream(44_100), wav, 100).shape == wav.shape


def test_stream_flushed_at_once_is_empty(model: Model) -> None:
    assert model.stream(16_000).flush().shape == (0,)


@pytest.mark.parametrize("is_low_delay", [False, True])
@pytest.mark.parametrize("rate", RATES_HZ)
def test_latency_equals_the_longest_wait_that_a_caller_counts(model: Model, rate: int, is_low_delay: bool) -> None:
    n_block = 20  # the caller looks after every block, so the count may miss the longest wait by less than a block
    stream = model.stream(rate, low_delay=is_low_delay)
    block, n_out, counted = np.zeros(n_block, np.float32), 0, 0
    for n_in in range(0, 10 * rate, n_block):
        counted = max(counted, n_in + 1 - n_out)
        n_out += len(stream.push(block))
    assert counted <= stream.latency_samples < counted + n_block
    assert stream.latency_ms == pytest.approx(1_000 * stream.latency_samples / rate)


def test_latency_at_the_rate_of_the_model_is_counted_sample_by_sample(model: Model) -> None:
    stream = model.stream(48_000)
    sample = np.zeros(1, np.float32)
    counted = np.cumsum([len(stream.push(sample)) for _ in range(5_000)])
    returned_at = np.searchsorted(counted, np.arange(1, counted[-1] + 1))  # index of the push that returned each sample
    assert stream.latency_samples == (returned_at - np.arange(counted[-1])).max() + 1


def test_latency_of_rnnoise_at_its_rate_is_its_delay_and_one_hop(model: Model) -> None:
    stream = model.stream(48_000)
    assert (stream.latency_ms, stream.hop_samples, stream.delay_samples) == (30, 480, 0)


def test_low_delay_saves_the_long_blocks_of_soxr_and_stays_close(model: Model) -> None:
    exact, early = model.stream(16_000), model.stream(16_000, low_delay=True)
    assert exact.latency_ms > 140 and early.latency_ms < 45
    wav = speech_like(1.0, 16_000)
    noisy = wrapped(Passthrough(48_000))
    resampled = joined(noisy.stream(16_000, low_delay=True), wav, 160)
    assert snr_db(reference=noisy.enhance(wav, 16_000), estimate=resampled) > 60


@pytest.mark.parametrize(
    ("name", "rate", "n_block"),
    [("rnnoise", 48_000, 480), ("rnnoise", 48_000, 997), ("example", 16_000, 160), ("example", 44_100, 64)],
)
def test_stream_of_fixed_blocks_returns_as_many_samples_after_a_constant_delay(
    model: Model, name: str, rate: int, n_block: int
) -> None:
    # At other rates the input differs by -110 dB, which the integer weights of rnnoise make larger.
    model = model if name == "rnnoise" else wrapped(Passthrough(48_000))
    wav = speech_like(1.0, rate)[: rate // n_block * n_block]
    stream = model.stream(rate, block_samples=n_block)
    pieces = [stream.push(block) for block in wav.reshape(-1, n_block)]
    assert {len(piece) for piece in pieces} == {n_block}
    output = np.concatenate([*pieces, stream.flush()])
    assert len(output) == len(wav) + stream.delay_samples
    assert not output[: stream.delay_samples].any()
    assert snr_db(reference=model.enhance(wav, rate), estimate=output[stream.delay_samples :]) > 60
    assert stream.latency_samples == stream.delay_samples + n_block


def test_stream_of_fixed_blocks_of_whole_hops_waits_for_no_more_than_the_network(model: Model) -> None:
    assert model.stream(48_000, block_samples=480).delay_samples == 960


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (np.zeros(479, np.float32), "the block has 479 samples, expected block_samples = 480"),
        (np.zeros((2, 480), np.float32), r"the block has the shape \(2, 480\), the first one had \('time',\)"),
        (np.zeros(480, np.int16), "int16; expected float"),
    ],
)
def test_stream_refuses_a_block_of_another_form(model: Model, block: np.ndarray, message: str) -> None:
    stream = model.stream(48_000, block_samples=480)
    stream.push(np.zeros(480, np.float32))
    with pytest.raises(UsageError, match=message):
        stream.push(block)


def test_stream_refuses_nan_and_goes_on_with_the_next_block(model: Model) -> None:
    wav = speech_like(0.5, 48_000)
    stream = model.stream(48_000)
    first = stream.push(wav[:10_000])
    with pytest.raises(AudioError, match="NaN"):
        stream.push(np.full(10, np.nan, np.float32))
    streamed = np.concatenate([first, stream.push(wav[10_000:]), stream.flush()])
    np.testing.assert_array_equal(streamed, model.enhance(wav, 48_000))


def test_stream_after_flush_accepts_no_more(model: Model) -> None:
    stream = model.stream(48_000)
    stream.flush()
    for call in (stream.flush, lambda: stream.push(np.zeros(1, np.float32))):
        with pytest.raises(UsageError, match="has been flushed"):
            call()


@pytest.mark.parametrize(("rate", "n_block"), [(0, None), (True, None), (44_100.5, None), (16_000, 0)])
def test_stream_of_an_invalid_rate_or_block_is_refused(model: Model, rate: int, n_block: int | None) -> None:
    with pytest.raises(UsageError, match="expected"):
        model.stream(rate, block_samples=n_block)


class WholeClips:
    """A network without streams."""

    sample_rate = 16_000

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.copy() for row in batch.rows()]


class TwoPasses(WholeClips):
    def open_first_pass(self) -> None:
        raise AssertionError("not needed")


@pytest.mark.parametrize(("kind", "reason"), [(WholeClips, "the whole recording"), (TwoPasses, "the level of the")])
def test_stream_of_a_model_that_has_none_says_why_and_which_have_one(kind: type[WholeClips], reason: str) -> None:
    model = Model(ModelSpec("whole", "", "example:load", 16_000), kind())
    with pytest.raises(UsageError, match=rf"whole cannot run as a stream: .*{reason}.*models that can: .*rnnoise"):
        model.stream(16_000)


def test_streaming_models_are_those_whose_enhancers_have_streams() -> None:
    names = streaming_models()
    assert {"noisy", "rnnoise", "dpcrn-quant", "dpcrn-float", "dpcrn-tf", "deepfilternet3", "segan+"} <= set(names)
    assert not [name for name in names if re.match("denoiser", name)]
