"""DeepFilterNet from ONNX graphs: golden outputs, the authors' published scores, batches, streams and options."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pesq
import pystoi
import pytest
import soxr

from seinfer.backends.base import Waveform, batch_limits, pad, run_stream
from seinfer.backends.deepfilternet import clips as deepfilternet_clips
from seinfer.backends.deepfilternet.clips import DeepFilterNet
from tests.backends.waveforms import alone
from tests.helpers import lag_samples, si_sdr_db, snr_db

from .models import CLEAN, GOLDEN, MODELS, NOISY, RATE, SPECS, load, load_standin, needs_onnxruntime, read, read_golden
from .record_golden import CASES, compute

pytestmark = needs_onnxruntime

# The values that the package's own test expects (df/scripts/test_df.py): PESQ-WB at 16 kHz, STOI, SI-SDR in dB.
PUBLISHED = {"deepfilternet2": (2.8728, 0.97260, 19.417), "deepfilternet3": (3.0471, 0.97424, 20.015)}


@pytest.fixture(scope="module", params=MODELS)
def enhancer(request: pytest.FixtureRequest, shared: Path) -> DeepFilterNet:
    return load(shared, request.param)


@pytest.fixture(scope="module")
def third(shared: Path) -> DeepFilterNet:
    return load(shared, "deepfilternet3")


@pytest.fixture(scope="module")
def noisy(shared: Path) -> Waveform:
    return read(shared / NOISY)


@pytest.mark.parametrize("case", CASES)
def test_enhance_standin_network_equals_the_stored_golden(tmp_path: Path, case: str) -> None:
    model, post_filter, limit_db = CASES[case]
    clip, expected = read_golden(case)
    network = load_standin(tmp_path, model, post_filter=post_filter, atten_lim_db=limit_db or 0)
    assert snr_db(reference=expected, estimate=alone(network, clip)) > 110
    assert snr_db(reference=expected, estimate=run_stream(network.open_stream(), clip, 1_234)) > 110
    together = network.enhance(pad([clip[:700], clip, clip[:1]]))
    assert snr_db(reference=expected, estimate=together[1]) > 110


@pytest.mark.parametrize("case", CASES)
def test_stored_golden_is_the_output_of_the_reference(case: str) -> None:
    _, expected = read_golden(case)
    assert snr_db(reference=compute(case), estimate=expected) > 120


def test_enhance_published_clip_with_post_filter_equals_the_authors_output_to_60_db(shared: Path) -> None:
    theirs = read(shared / GOLDEN.format("df2_pf"))
    ours = alone(load(shared, "deepfilternet2", post_filter=True), read(shared / GOLDEN.format("noisy")))
    assert snr_db(reference=theirs, estimate=ours) > 60  # 69 dB: theirs is rounded to 16 bits


def test_enhance_with_the_filter_of_the_other_architecture_is_far_off(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = read(shared / GOLDEN.format("df2_pf"))
    monkeypatch.setitem(deepfilternet_clips._FILTERS, "deepfilternet2", deepfilternet_clips.NoisyFilter)
    ours = alone(load(shared, "deepfilternet2", post_filter=True), read(shared / GOLDEN.format("noisy")))
    assert snr_db(reference=theirs, estimate=ours) < 20


@pytest.mark.parametrize("model", MODELS)
def test_enhance_the_authors_clip_gets_the_published_scores(shared: Path, noisy: Waveform, model: str) -> None:
    clean, enhanced = read(shared / CLEAN), alone(load(shared, model), noisy)
    wideband = [soxr.resample(signal, RATE, 16_000, quality="VHQ") for signal in (clean, enhanced)]
    pesq_wb, stoi, si_sdr = PUBLISHED[model]
    assert lag_samples(reference=clean, estimate=enhanced) == 0
    assert pesq.pesq(16_000, *wideband, "wb") == pytest.approx(pesq_wb, abs=0.01)
    assert pystoi.stoi(clean, enhanced, RATE) == pytest.approx(stoi, abs=0.0005)
    assert si_sdr_db(reference=clean, estimate=enhanced) == pytest.approx(si_sdr, abs=0.05)


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("model", MODELS)
def test_enhance_batch_of_unequal_lengths_equals_each_clip_alone_to_2e_5(
    shared: Path, noisy: Waveform, model: str, threads: int
) -> None:
    lengths = (60_000, 1, 480, 959, 960, 100_001, 479, 60_000, 48_000, 240, 20_000)
    clips = [noisy[7_000 * k : 7_000 * k + n] for k, n in enumerate(lengths)]
    enhancer = load(shared, model, threads)
    for clip, enhanced in zip(clips, enhancer.enhance(pad(clips)), strict=True):
        assert enhanced.shape == clip.shape
        assert float(np.abs(enhanced - alone(enhancer, clip)).max()) <= 2e-5


def test_enhance_batch_without_clips_returns_no_waveforms(third: DeepFilterNet) -> None:
    assert third.enhance(pad([])) == []


@pytest.mark.parametrize("frames_at_once", [1, 7, 100])
def test_enhance_in_blocks_of_any_size_equals_one_block_to_100_db(
    enhancer: DeepFilterNet, noisy: Waveform, monkeypatch: pytest.MonkeyPatch, frames_at_once: int
) -> None:
    clip = noisy[:200_000]
    monkeypatch.setattr(deepfilternet_clips, "_FRAMES_AT_ONCE", 10_000)
    whole = alone(enhancer, clip)
    monkeypatch.setattr(deepfilternet_clips, "_FRAMES_AT_ONCE", frames_at_once)
    assert snr_db(reference=whole, estimate=alone(enhancer, clip)) > 100


@pytest.mark.parametrize("model", MODELS)
def test_stream_delay_equals_the_latency_of_the_table(shared: Path, noisy: Waveform, model: str) -> None:
    stream, held_samples, n_out = load(shared, model).open_stream(), [], 0
    for n_in, sample in enumerate(noisy[:5_000], 1):
        n_out += len(stream.push(sample[None]))
        held_samples.append(n_in - n_out)
    # A whole hop is returned when its last sample has arrived: the sample before that hop waits longest.
    assert max(held_samples) + 1 == round(SPECS[model].latency_ms * RATE / 1000)


def test_streams_on_several_threads_at_once_equal_the_whole_clips(third: DeepFilterNet, noisy: Waveform) -> None:
    clips = [noisy[20_000 * k : 20_000 * k + 24_000] for k in range(4)]
    with ThreadPoolExecutor(4) as pool:
        streamed = list(pool.map(lambda clip: run_stream(third.open_stream(), clip, 4_800), clips))
    for clip, enhanced in zip(clips, streamed, strict=True):
        assert snr_db(reference=alone(third, clip), estimate=enhanced) > 100


def test_enhance_quieter_clip_is_not_normalised_to_full_scale(third: DeepFilterNet, noisy: Waveform) -> None:
    # The network depends on the level, and so does the authors' package. With a normalised level the SNR would be inf.
    ratio_db = snr_db(reference=alone(third, noisy), estimate=10 * alone(third, noisy * np.float32(0.1)))
    assert ratio_db == pytest.approx(13, abs=1)


def test_attenuation_limit_adds_a_share_of_the_noisy_clip(shared: Path, third: DeepFilterNet, noisy: Waveform) -> None:
    clip = noisy[:96_000]
    limited = alone(load(shared, "deepfilternet3", atten_lim_db=12), clip)
    share = 10 ** (-12 / 20)
    expected = share * clip + (1 - share) * alone(third, clip)
    assert float(np.abs(limited - expected).max()) < 1e-6


@pytest.mark.parametrize("model", MODELS)
def test_post_filter_attenuates_quiet_frames_more_than_loud_ones(shared: Path, noisy: Waveform, model: str) -> None:
    plain, filtered = (alone(load(shared, model, post_filter=on), noisy) for on in (False, True))
    frames = [
        np.square(signal[: len(signal) // 480 * 480].reshape(-1, 480)).sum(axis=1) for signal in (plain, filtered)
    ]
    loss_db = 10 * np.log10(frames[0] / frames[1])
    loudest_first = np.argsort(-frames[0])
    assert abs(float(np.median(loss_db[loudest_first[:100]]))) < 0.3
    assert float(np.median(loss_db[loudest_first[-300:]])) > 1.0


def test_batch_limits_grow_with_the_threads(shared: Path, third: DeepFilterNet) -> None:
    assert batch_limits(third).max_clips == 8
    assert batch_limits(load(shared, "deepfilternet3", threads=2)).max_clips == 16
