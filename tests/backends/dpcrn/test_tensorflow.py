"""DPCRN in TensorFlow: golden outputs, batches, streams; devices, threads and missing packages at loading."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.backends import base
from seinfer.backends.base import Waveform, pad
from seinfer.backends.dpcrn import tensorflow as dpcrn_tf
from seinfer.backends.dpcrn.tensorflow import BLOCK_SAMPLES, DpcrnTf, load
from seinfer.core.errors import BackendError, MissingExtraError, RegistryError, UsageError
from tests.backends.waveforms import alone
from tests.helpers import ROOT, snr_db

from . import reference, standin
from .models import SPEC, load_cpu, needs_tensorflow, read, read_golden, standin_weights, weights_of

pytestmark = needs_tensorflow

SAME_DB = 100.0  # the two results differ by rounding only
LENGTHS = (1, 2, 199, 200, 201, 399, 400, 401, 5_000)


@pytest.fixture(scope="module")
def enhancer(shared: Path) -> DpcrnTf:
    return load_cpu(weights_of(shared))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return weights that are made from a seed."""
    return standin_weights(tmp_path_factory.mktemp("dpcrn"))


@pytest.fixture(scope="module")
def noisy(shared: Path) -> Waveform:
    """Return three seconds, which is more than two blocks."""
    return read(shared / "golden/dpcrn/dns3_clatter_noisy.wav")[16_000:64_000]


@pytest.fixture(scope="module")
def whole(enhancer: DpcrnTf, noisy: Waveform) -> Waveform:
    """The enhanced clip, all its frames in one call of the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dpcrn_tf, "BLOCK_SAMPLES", 10 * len(noisy))
        return alone(enhancer, noisy)


def random_pieces(n_samples: int, largest: int, seed: int) -> list[slice]:
    """Cut a clip into pieces of 0 to `largest` samples."""
    rng, ends = np.random.default_rng(seed), [0]
    while ends[-1] < n_samples:
        ends.append(min(n_samples, ends[-1] + int(rng.integers(largest + 1))))
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


def test_enhance_standin_weights_equals_the_stored_golden(made: dict[str, Path]) -> None:
    clip, expected = read_golden("dpcrn_tf")
    network = load_cpu(made)
    assert snr_db(reference=expected, estimate=alone(network, clip)) > 110
    assert snr_db(reference=expected, estimate=base.run_stream(network.open_stream(), clip, 1_234)) > 110
    together = network.enhance(pad([clip[:700], clip, clip[:1]]))
    assert snr_db(reference=expected, estimate=together[1]) > 110


def test_stored_golden_is_the_output_of_the_reference() -> None:
    clip, expected = read_golden("dpcrn_tf")
    assert snr_db(reference=reference.enhance(standin.draw_tensors(), clip), estimate=expected) > 120


@pytest.mark.parametrize("name", ["dns3_clatter", "dns3_test"])
def test_enhance_published_clip_equals_authors_output(enhancer: DpcrnTf, shared: Path, name: str) -> None:
    published, _ = soundfile.read(shared / "golden" / "dpcrn" / f"{name}_enhanced.wav", dtype="int16")
    enhanced = alone(enhancer, read(shared / f"golden/dpcrn/{name}_noisy.wav"))[: len(published)]
    # libsndfile converted the authors' floats in this way.
    written = np.clip(np.floor(enhanced * 32768.0), -32768, 32767)
    is_within_1 = np.abs(written - published) <= 1
    assert is_within_1.mean() >= 0.998
    assert snr_db(reference=published, estimate=written) > 50
    # The authors do not pad, so the last hop of their output lacks the second of its two frames; ours has both.
    assert is_within_1[:-200].all()
    assert snr_db(reference=published[:-200], estimate=written[:-200]) > 80


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_enhance_short_clip_keeps_length_and_input(enhancer: DpcrnTf, noisy: Waveform, n_samples: int) -> None:
    batch = pad([noisy[:n_samples]])
    before = batch.samples.copy()
    (enhanced,) = enhancer.enhance(batch)
    assert enhanced.shape == (n_samples,)
    assert enhanced.dtype == np.float32
    assert np.isfinite(enhanced).all()
    np.testing.assert_array_equal(batch.samples, before)


def test_enhance_prefix_of_clip_is_prefix_of_result_but_for_last_frame(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform
) -> None:
    # So the zeros after a clip change only the frames that reach beyond its end.
    n_samples = 20_077
    enhanced = alone(enhancer, noisy[:n_samples])
    same = (n_samples // 200 - 1) * 200
    assert snr_db(reference=whole[:same], estimate=enhanced[:same]) > SAME_DB
    assert np.abs(enhanced[same:]).max() > 0


def test_enhance_batch_equals_each_clip_alone(enhancer: DpcrnTf, noisy: Waveform) -> None:
    clips = [noisy[: n + 7_000] for n in LENGTHS] + [noisy[: LENGTHS[0]]]
    together = enhancer.enhance(pad(clips))
    for clip, enhanced in zip(clips, together, strict=True):
        np.testing.assert_allclose(enhanced, alone(enhancer, clip), rtol=0, atol=1e-5)


def test_enhance_again_gives_same_bits(enhancer: DpcrnTf, noisy: Waveform) -> None:
    np.testing.assert_array_equal(alone(enhancer, noisy), alone(enhancer, noisy))


def test_enhance_silence_gives_silence(enhancer: DpcrnTf) -> None:
    assert not alone(enhancer, np.zeros(8_000, np.float32)).any()


@pytest.mark.parametrize("seed", range(3))
def test_enhance_in_blocks_of_any_size_equals_whole_clip(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_samples = 200 * int(np.random.default_rng(seed).integers(3, 120))
    monkeypatch.setattr(dpcrn_tf, "BLOCK_SAMPLES", block_samples)
    assert snr_db(reference=whole, estimate=alone(enhancer, noisy)) > SAME_DB


def test_enhance_65_s_gives_network_no_more_than_a_block(
    enhancer: DpcrnTf, noisy: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, advance = [], enhancer._network.advance

    def spy(hops: Waveform, state: object) -> object:
        sizes.append(len(hops))
        return advance(hops, state)  # type: ignore[arg-type]

    monkeypatch.setattr(enhancer._network, "advance", spy)
    enhanced = alone(enhancer, np.resize(noisy, 65 * 16_000))
    assert enhanced.shape == (65 * 16_000,)
    assert np.isfinite(enhanced).all()
    assert max(sizes) == BLOCK_SAMPLES


@pytest.mark.parametrize(("largest", "seed"), [(50, 0), (700, 1), (9_000, 2), (40_000, 3)])
def test_stream_in_random_pieces_equals_whole_clip(
    enhancer: DpcrnTf, noisy: Waveform, whole: Waveform, largest: int, seed: int
) -> None:
    n_samples = min(len(noisy), 60 * largest)
    stream = enhancer.open_stream()
    pieces = [stream.push(noisy[piece]) for piece in random_pieces(n_samples, largest, seed)]
    streamed = np.concatenate([*pieces, stream.finish()])
    reference = whole if n_samples == len(noisy) else alone(enhancer, noisy[:n_samples])
    assert streamed.dtype == np.float32
    assert snr_db(reference=reference, estimate=streamed) > SAME_DB


@pytest.mark.parametrize("n_samples", [1, 199, 200, 400, 1_001])
def test_stream_sample_by_sample_equals_whole_clip(enhancer: DpcrnTf, noisy: Waveform, n_samples: int) -> None:
    clip = noisy[8_000 : 8_000 + n_samples]
    streamed = base.run_stream(enhancer.open_stream(), clip, 1)
    assert snr_db(reference=alone(enhancer, clip), estimate=streamed) > SAME_DB


def test_streams_side_by_side_do_not_mix(enhancer: DpcrnTf, noisy: Waveform) -> None:
    clips = noisy[:8_000], noisy[20_000:28_000]
    streams = [enhancer.open_stream() for _ in clips]
    pieces: list[list[Waveform]] = [[], []]
    for start in range(0, 8_000, 1_000):
        for clip, stream, out in zip(clips, streams, pieces, strict=True):
            out.append(stream.push(clip[start : start + 1_000]))
    for clip, stream, out in zip(clips, streams, pieces, strict=True):
        assert snr_db(reference=alone(enhancer, clip), estimate=np.concatenate([*out, stream.finish()])) > SAME_DB


def test_stream_gives_a_hop_when_its_frame_is_complete(enhancer: DpcrnTf, noisy: Waveform) -> None:
    stream = enhancer.open_stream()
    assert [len(stream.push(noisy[a:b])) for a, b in ((0, 399), (399, 400), (400, 600))] == [0, 200, 200]


def test_stream_without_samples_gives_none(enhancer: DpcrnTf) -> None:
    assert enhancer.open_stream().finish().shape == (0,)


def test_stream_pushed_after_its_end_is_usage_error(enhancer: DpcrnTf, noisy: Waveform) -> None:
    stream = enhancer.open_stream()
    stream.finish()
    with pytest.raises(UsageError, match="finished stream"):
        stream.push(noisy)


def test_enhancer_is_streaming_and_takes_clips_for_every_core(enhancer: DpcrnTf) -> None:
    assert isinstance(enhancer, base.Streaming)
    assert base.batch_limits(enhancer).max_clips > 2


def run_python(code: str, weights: dict[str, Path]) -> subprocess.CompletedProcess[str]:
    """Run code in a separate process, with `weights` and `load_cpu` defined."""
    paths = {name: str(path) for name, path in weights.items()}
    start = (
        "from pathlib import Path\n"
        "from tests.backends.dpcrn.models import *\nfrom tests.backends.waveforms import alone\n"
        f"weights = {{name: Path(path) for name, path in {paths!r}.items()}}\n"
    )
    return subprocess.run([sys.executable, "-c", start + code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_load_in_fresh_process_imports_late_and_sets_one_thread_per_operation(made: dict[str, Path]) -> None:
    done = run_python(
        """
import os, sys
assert "tensorflow" not in sys.modules and "h5py" not in sys.modules
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
load_cpu(weights, threads=3)
import tensorflow as tf
assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"
assert tf.config.threading.get_intra_op_parallelism_threads() == 1
""",
        made,
    )
    assert done.returncode == 0, done.stderr
    assert "runs in this process already" not in done.stderr


def test_load_after_tensorflow_started_warns_and_still_enhances(made: dict[str, Path]) -> None:
    done = run_python(
        """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(2)
assert float(tf.constant(1.0) + 1.0) == 2.0
enhancer = load_cpu(weights)
print(alone(enhancer, np.ones(1_000, np.float32)).shape)
""",
        made,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(1000,)\n"
    assert "runs in this process already and keeps its 2 threads per operation" in done.stderr


def test_load_cuda_without_gpu_is_backend_error(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    with pytest.raises(BackendError, match="finds no GPU here"):
        load(SPEC, made, device="cuda", threads=1)


def test_load_cuda_computes_products_of_float32_exactly(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow

    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["GPU:0"])
    tensorflow.config.experimental.enable_tensor_float_32_execution(True)  # TensorFlow's default
    load(SPEC, made, device="cuda", threads=1)
    assert not tensorflow.config.experimental.tensor_float_32_execution_enabled()


@pytest.mark.parametrize("package", ["h5py", "tensorflow"])
def test_load_without_package_is_missing_extra_error(
    made: dict[str, Path], monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"'{package}'.*'dpcrn'"):
        load_cpu(made)


@pytest.mark.parametrize("n_files", [0, 2])
def test_load_with_other_than_one_file_is_registry_error(n_files: int) -> None:
    with pytest.raises(RegistryError, match=f"names {n_files} files, expected one"):
        load_cpu({f"{i}.h5": Path(f"{i}.h5") for i in range(n_files)})
