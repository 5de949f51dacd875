"""NSNet2: features, frames and gains equal the original code's on stand-in graphs; the real file was not at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.nsnet2 import SAMPLE_RATE, NSNet2, load
from seinfer.core.errors import IntegrityError
from seinfer.models.registry import load_registry
from tests.backends.nsnet2 import OFFSET, SLOPE, write_graph
from tests.backends.test_contract import require_packages
from tests.backends.waveforms import alone
from tests.helpers import snr_db, speech_like

SPEC = load_registry().specs["nsnet2"]


@pytest.fixture(autouse=True)
def packages() -> None:
    require_packages(SPEC)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    write_graph(tmp_path / "gains.onnx")
    return tmp_path / "gains.onnx"


def network(path: Path) -> NSNet2:
    return load(SPEC, {path.name: path}, device="cpu", threads=1)


def by_definition(samples: np.ndarray) -> np.ndarray:
    """Return the output of the stand-in graph, frame by frame, with plain sums."""
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(320) / 319))
    n_frames = -(-len(samples) // 160)
    padded = np.concatenate([samples.astype(np.float64), np.zeros(320)])
    out = np.zeros(len(padded))
    for start in range(0, n_frames * 160, 160):
        spectrum = np.fft.rfft(window * padded[start : start + 320])
        feature = np.log10(np.maximum(np.abs(spectrum) ** 2, 1e-12))
        gain = np.clip(1 / (1 + np.exp(-(SLOPE * feature + OFFSET))), 1e-4, 1)
        out[start : start + 320] += window * np.fft.irfft(spectrum * gain)
    return out[: len(samples)]


def test_enhance_golden_clip_equals_the_original_code_to_100_db(shared: Path) -> None:
    with np.load(shared / "golden/nsnet2/golden.npz") as file:
        noisy, expected = file["noisy16"], file["out16"]
    enhanced = alone(network(shared / "golden/nsnet2/nsnet2_probe_16k.onnx"), noisy)
    assert snr_db(reference=expected[: len(noisy)], estimate=enhanced) > 100


@pytest.mark.parametrize("n_samples", [161, 319, 320, 321, 16_000])
def test_enhance_equals_the_definition_to_100_db(graph: Path, n_samples: int) -> None:
    clip = speech_like(1.5, SAMPLE_RATE)[4_000 : 4_000 + n_samples]
    assert snr_db(reference=by_definition(clip), estimate=alone(network(graph), clip)) > 100


def test_enhance_long_clip_in_windows_equals_the_definition_to_100_db(graph: Path) -> None:
    # The stand-in has no state, so windows that start on a frame change nothing.
    clip = speech_like(40.0, SAMPLE_RATE)
    assert network(graph).is_chunked(len(clip))
    assert snr_db(reference=by_definition(clip), estimate=alone(network(graph), clip)) > 100


def test_load_of_a_graph_for_48_khz_is_integrity_error(tmp_path: Path) -> None:
    write_graph(tmp_path / "gains.onnx", n_bins=513)
    with pytest.raises(IntegrityError, match=r"513.*expected one input that ends in 161"):
        network(tmp_path / "gains.onnx")


def test_load_of_a_graph_with_a_state_is_integrity_error(tmp_path: Path) -> None:
    write_graph(tmp_path / "gains.onnx", n_inputs=2)
    with pytest.raises(IntegrityError, match="expected one input"):
        network(tmp_path / "gains.onnx")


def test_table_names_the_git_blob_and_says_that_the_file_was_not_run() -> None:
    [file] = SPEC.files
    assert file.git_sha1 and file.bytes and not file.sha256
    assert "Not run by us" in SPEC.notes
    assert SPEC.verified == "original code, stand-in weights"
