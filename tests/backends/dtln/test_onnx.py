"""DTLN in float: golden outputs, clips side by side, streams, delay, and the mistakes that the goldens find."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import pad, run_stream
from seinfer.backends.dtln import onnx as dtln
from seinfer.core.errors import MissingExtraError, UsageError
from tests.backends.golden_clip import golden_clip
from tests.backends.waveforms import alone, read
from tests.helpers import si_sdr_db, snr_db

from . import reference, standin
from .models import CLIPS, DELAY_SAMPLES, RATE, SPECS, mean_si_sdr_db, needs_onnxruntime, read_golden, weights_of
from .reference import Mistakes
from .test_weights import read_keras

pytestmark = needs_onnxruntime
SPEC = SPECS["dtln"]


def load(weights: dict[str, Path], threads: int = 1) -> dtln.Dtln:
    return dtln.load(SPEC, weights, device="cpu", threads=threads)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dtln.Dtln:
    """Return the network with weights made from a seed."""
    return load(standin.write_files(tmp_path_factory.mktemp("dtln"), standin.make_tensors()), threads=2)


@pytest.fixture(scope="module")
def published(shared: Path) -> dtln.Dtln:
    return load(weights_of(shared, "dtln"))


@pytest.mark.parametrize("n_samples", [1, 127, 128, 129, 512, 4_000])
def test_enhance_standin_equals_the_reference(small: dtln.Dtln, n_samples: int) -> None:
    clip = golden_clip(RATE, 4_000)[:n_samples]
    expected = reference.enhance(clip, standin.make_tensors())
    assert snr_db(reference=expected, estimate=alone(small, clip)) > 100


def test_enhance_clips_side_by_side_is_bit_equal_to_each_alone(
    small: dtln.Dtln, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = golden_clip(RATE, 9_000)
    clips = [clip[3_000:start] for start in (3_001, 9_000, 3_128, 5_000, 8_999, 4_321)]
    expected = [alone(small, one) for one in clips]
    monkeypatch.setattr(dtln, "_FRAMES_AT_ONCE", 12)
    monkeypatch.setattr(dtln, "_CLIPS_AT_ONCE", 2)
    for one, other in zip(expected, small.enhance(pad(clips)), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("block_samples", [1, 127, 128, 1_009, 16_000])
def test_stream_in_blocks_is_bit_equal_to_the_whole_clip(small: dtln.Dtln, block_samples: int) -> None:
    clip = golden_clip(RATE, 4_321)
    assert np.array_equal(run_stream(small.open_stream(), clip, block_samples), alone(small, clip))


def test_stream_returns_a_hop_as_soon_as_its_last_frame_is_complete(small: dtln.Dtln) -> None:
    stream = small.open_stream()
    assert len(stream.push(np.ones(511, np.float32))) == 0
    assert len(stream.push(np.ones(1, np.float32))) == 128
    assert SPEC.latency_ms == 512 / RATE * 1_000


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("key", ["keras_model_h5", "onnx", "tflite"])
def test_enhance_published_clip_equals_the_authors_output(
    shared: Path, published: dtln.Dtln, clip: str, key: str
) -> None:
    noisy, theirs = read_golden(shared, clip, key)
    assert snr_db(reference=theirs, estimate=alone(published, noisy)[: len(theirs)]) > 115


@pytest.mark.parametrize("clip", CLIPS)
def test_enhance_published_clip_has_a_complete_tail(shared: Path, published: dtln.Dtln, clip: str) -> None:
    noisy, theirs = read_golden(shared, clip, "onnx")
    expected = reference.enhance(noisy, read_keras(shared))
    enhanced = alone(published, noisy)
    assert 384 <= len(noisy) - len(theirs) < 1_024
    assert snr_db(reference=expected, estimate=enhanced) > 110
    assert snr_db(reference=expected[len(theirs) :], estimate=enhanced[len(theirs) :]) > 90


@pytest.mark.parametrize(
    ("mistakes", "most_db"),
    [
        (Mistakes(has_window=True), 15),
        (Mistakes(scale=32_768), 15),
        (Mistakes(epsilon=1e-3), 40),
        (Mistakes(epsilon=1e-5), 75),
        (Mistakes(is_state_swapped=True), 8),
        (Mistakes(is_state_kept=False), 0),
        (Mistakes(n_more_zeros=16_000), 40),
    ],
    ids=["window", "scale of int16", "epsilon 1e-3", "epsilon 1e-5", "h and c swapped", "no state", "more zeros"],
)
def test_golden_of_a_network_with_a_mistake_is_missed(shared: Path, mistakes: Mistakes, most_db: float) -> None:
    noisy, theirs = read_golden(shared, "p287_003", "onnx")
    tensors = read_keras(shared)
    wrong = reference.enhance(noisy, tensors, mistakes)
    assert snr_db(reference=theirs, estimate=reference.enhance(noisy, tensors)[: len(theirs)]) > 115
    assert snr_db(reference=theirs, estimate=wrong[: len(theirs)]) < most_db


def test_published_output_without_compensation_of_its_delay_has_negative_si_sdr(shared: Path) -> None:
    _, theirs = read_golden(shared, "p287_003", "onnx")
    clean = read(shared / "clips/vctk16k/clean/p287_003.wav", RATE)[: len(theirs)]
    late = np.concatenate([np.zeros(DELAY_SAMPLES, np.float32), theirs])[: len(theirs)]
    assert si_sdr_db(reference=clean, estimate=theirs) > 5
    assert si_sdr_db(reference=clean, estimate=late) < -10


def test_enhance_of_a_changed_sample_changes_the_output_from_384_samples_before_it(
    shared: Path, published: dtln.Dtln
) -> None:
    noisy, _ = read_golden(shared, "p287_003", "onnx")
    changed = noisy.copy()
    changed[16_000] += 0.1
    different = np.flatnonzero(alone(published, noisy[:20_000]) != alone(published, changed[:20_000]))
    assert different[0] == 16_000 - DELAY_SAMPLES


def test_enhance_silence_gives_digital_silence(published: dtln.Dtln) -> None:
    assert not alone(published, np.zeros(5_000, np.float32)).any()


def test_enhance_six_clips_has_the_si_sdr_that_was_measured_with_the_authors_code(
    shared: Path, published: dtln.Dtln
) -> None:
    assert mean_si_sdr_db(shared, published) == pytest.approx(11.155, abs=0.002)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_load_without_a_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match="extra 'dtln'"):
        load({name: Path(name) for name in standin.FILES})


def test_load_for_a_gpu_that_is_absent_is_refused() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime offers a GPU here")
    with pytest.raises(UsageError, match="--device cuda"):
        dtln.load(SPEC, {}, device="cuda", threads=1)
