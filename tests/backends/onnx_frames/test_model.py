"""Frame-by-frame networks against their authors' output, and against the published graph called once per frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import Waveform, pad, run_stream
from seinfer.backends.onnx_frames import load as load_files
from seinfer.core.errors import IntegrityError, RegistryError
from tests.backends.golden_clip import golden_clip
from tests.backends.waveforms import alone, read
from tests.helpers import shared_folder, snr_db

from . import reference
from .models import RATE, SPECS, graph_of, load, needs_onnxruntime, spec_with, write_tiny

pytestmark = needs_onnxruntime
NOISY = "clips/vctk16k/noisy/p287_003.wav"
# LiSenNet computes the phase of each bin. The mirrored first frame is symmetric, so the imaginary parts of its spectrum
# are rounding noise, and their signs, which differ between two ways of computing the FFT, change the phase by 2 pi.
ORACLE_DB = {name: 70 if name == "lisennet" else 100 for name in SPECS}


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = shared_folder()
    if folder is None:
        pytest.skip("SEINFER_SHARED or ../shared is absent")
    return folder


def noise(n_samples: int, seed: int = 0) -> Waveform:
    return (0.1 * np.random.default_rng(seed).standard_normal(n_samples)).astype(np.float32)


@pytest.mark.parametrize(("clip", "expected_db"), [("0119", 67.5), ("0174", 65)])
def test_ul_unas_equals_the_authors_output_except_for_the_last_512_samples(
    shared: Path, clip: str, expected_db: float
) -> None:
    noisy, enhanced = (read(shared / f"golden/ul-unas/{clip}_{kind}.wav", RATE) for kind in ("noisy", "enhanced"))
    made = alone(load(graph_of(shared, "ul-unas"), "ul-unas"), noisy)
    assert snr_db(reference=enhanced[:-512], estimate=made[:-512]) > expected_db


def test_ul_unas_with_root_hann_differs_from_the_authors_output(shared: Path) -> None:
    noisy, enhanced = (read(shared / f"golden/ul-unas/0119_{kind}.wav", RATE) for kind in ("noisy", "enhanced"))
    made = alone(load(graph_of(shared, "ul-unas"), "ul-unas", window="root-hann"), noisy)
    assert snr_db(reference=enhanced[:-512], estimate=made[:-512]) < 30


@pytest.mark.parametrize("name", list(SPECS))
def test_network_equals_the_published_graph_called_once_per_frame(shared: Path, name: str) -> None:
    path, hop = graph_of(shared, name), SPECS[name].options["hop_length"]
    noisy = read(shared / NOISY, RATE)[:20_011]
    expected = reference.enhance(path, noisy, 512, hop)
    enhancer = load(path, name)
    one, *others = enhancer.enhance(pad([noisy, noisy[:9_000], noise(5_000)]))
    assert snr_db(reference=expected, estimate=alone(enhancer, noisy)) > ORACLE_DB[name]
    assert snr_db(reference=expected, estimate=one) > ORACLE_DB[name]
    assert [len(other) for other in others] == [9_000, 5_000]


@pytest.mark.parametrize("name", list(SPECS))
def test_network_after_digital_silence_is_finite_and_enhances(shared: Path, name: str) -> None:
    speech = read(shared / NOISY, RATE)[8_000:24_000]
    clip = np.concatenate([np.zeros(8_000, np.float32), speech, np.zeros(8_000, np.float32)])
    made = alone(load(graph_of(shared, name), name), clip)
    assert np.isfinite(made).all()
    assert np.abs(made[:7_000]).max() < 1e-3
    assert np.abs(made[12_000:20_000]).max() > 0.01


@pytest.mark.parametrize("hop_length", [3, 5, 8])
@pytest.mark.parametrize("window", ["hann", "root-hann"])
def test_tiny_network_equals_one_call_per_frame_for_any_hop(tmp_path: Path, hop_length: int, window: str) -> None:
    path = write_tiny(tmp_path / "tiny.onnx")
    clip = golden_clip(RATE, 2_003)
    made = alone(load(path, n_fft=16, hop_length=hop_length, window=window), clip)
    expected = reference.enhance(path, clip, 16, hop_length, window)
    assert snr_db(reference=expected, estimate=made) > 120


@pytest.mark.parametrize("shape", [(1, 1, 9, 2), (1, 2, 9, 1), (1, 2, 1, 9), (2, 9), (9, 2)])
def test_tiny_network_with_axes_in_another_order_gives_the_same_result(tmp_path: Path, shape: tuple[int, ...]) -> None:
    expected = alone(load(write_tiny(tmp_path / "a.onnx"), n_fft=16, hop_length=8), noise(1_000))
    assert np.abs(expected).max() > 0.01
    other = load(write_tiny(tmp_path / "b.onnx", shape), n_fft=16, hop_length=8)
    np.testing.assert_allclose(alone(other, noise(1_000)), expected, atol=1e-7)


@pytest.mark.parametrize("threads", [1, 2])
def test_batch_of_more_clips_than_one_group_equals_each_clip_alone(tmp_path: Path, threads: int) -> None:
    enhancer = load(write_tiny(tmp_path / "tiny.onnx"), threads=threads, n_fft=16, hop_length=8)
    clips = [noise(n_samples, seed=n_samples) for n_samples in (900, 1, 350, 17, 0, 2_000, 8, 640, 64, 512, 5)]
    for clip, made in zip(clips, enhancer.enhance(pad(clips)), strict=True):
        np.testing.assert_allclose(made, alone(enhancer, clip), atol=1e-6)


def test_batch_of_a_network_that_cannot_run_clips_together_equals_each_clip_alone(tmp_path: Path) -> None:
    def add_unknown_node(graph: object) -> None:
        from onnx import helper

        nodes = graph.node  # type: ignore[attr-defined]
        nodes[4].output[0] = "tanh"
        nodes.insert(5, helper.make_node("CumSum", ["tanh", "axis"], ["features"]))
        graph.initializer.append(helper.make_tensor("axis", 7, [], [2]))  # type: ignore[attr-defined]

    enhancer = load(write_tiny(tmp_path / "tiny.onnx", change=add_unknown_node), threads=2, n_fft=16, hop_length=8)
    clips = [noise(n_samples, seed=n_samples) for n_samples in (900, 1, 350)]
    for clip, made in zip(clips, enhancer.enhance(pad(clips)), strict=True):
        assert np.array_equal(made, alone(enhancer, clip))


@pytest.mark.parametrize("block", [1, 7, 160, 16_000])
def test_stream_in_blocks_equals_the_whole_clip(tmp_path: Path, block: int) -> None:
    enhancer = load(write_tiny(tmp_path / "tiny.onnx"), n_fft=16, hop_length=5)
    clip = noise(3_001)
    made = run_stream(enhancer.open_stream(), clip, block)
    assert snr_db(reference=alone(enhancer, clip), estimate=made) > 140


def test_stream_that_starts_anew_for_each_block_differs_from_the_whole_clip(shared: Path) -> None:
    enhancer = load(graph_of(shared, "fastenhancer-t"))
    noisy = read(shared / NOISY, RATE)[:32_000]
    blocks = np.split(noisy, range(4_000, len(noisy), 4_000))
    broken = np.concatenate([run_stream(enhancer.open_stream(), block, 4_000) for block in blocks])
    assert snr_db(reference=alone(enhancer, noisy), estimate=broken) < 20


def test_load_with_other_files_than_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="expected one ONNX graph"):
        load_files(spec_with(), {}, device="cpu", threads=1)


def test_load_of_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no graph")
    with pytest.raises(IntegrityError, match="does not fit fastenhancer-t"):
        load(tmp_path / "net.onnx")


def test_load_with_another_n_fft_names_the_option(tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "tiny.onnx")
    with pytest.raises(IntegrityError, match=r"'frame' \(1, 9, 1, 2\); expected one frame of 257 bins.*option n_fft"):
        load(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hop": 128}, "unknown option 'hop'; expected one of n_fft, hop_length, window"),
        ({"n_fft": 15}, "n_fft is 15, expected an even number"),
        ({"n_fft": 512.0}, "n_fft is 512.0, expected an even number"),
        ({"hop_length": 0}, r"hop_length is 0, expected samples from 1 to 256 \(n_fft / 2\)"),
        ({"hop_length": 257}, "hop_length is 257"),
        ({"window": "sine"}, "window is 'sine', expected one of hann, root-hann"),
    ],
)
def test_load_with_a_wrong_option_is_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        load(write_tiny(tmp_path / "tiny.onnx"), **options)
