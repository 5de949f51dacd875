"""DTLN in LiteRT: golden outputs, threads, and files that are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import pad, run_stream
from seinfer.backends.dtln import litert as dtln_litert
from seinfer.core.errors import IntegrityError, MissingExtraError
from tests.backends.waveforms import alone
from tests.helpers import snr_db

from .models import CLIPS, SPECS, mean_si_sdr_db, read_golden, weights_of

MODEL = "dtln-quant"


@pytest.fixture(scope="module", autouse=True)
def _runtime() -> None:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert, of the extra dtln-quant, is not installed")


def load(weights: dict[str, Path], threads: int = 1) -> dtln_litert.DtlnLitert:
    return dtln_litert.load(SPECS[MODEL], weights, device="cpu", threads=threads)


@pytest.fixture(scope="module")
def quantised(shared: Path) -> dtln_litert.DtlnLitert:
    return load(weights_of(shared, MODEL), threads=2)


@pytest.mark.parametrize("clip", CLIPS)
def test_enhance_published_clip_equals_the_authors_output(
    shared: Path, quantised: dtln_litert.DtlnLitert, clip: str
) -> None:
    noisy, theirs = read_golden(shared, clip, "tflite_quant")
    # Bit-equal on the processor that made the goldens; the rounding to int8 amplifies the differences of another.
    assert snr_db(reference=theirs, estimate=alone(quantised, noisy)[: len(theirs)]) > 35


@pytest.mark.parametrize(("clip", "least_db"), [("p287_001", 26), ("p287_003", 24), ("p287_004", 17)])
def test_enhance_published_clip_is_as_far_from_float_as_the_quantisation_makes_it(
    shared: Path, quantised: dtln_litert.DtlnLitert, clip: str, least_db: float
) -> None:
    noisy, theirs = read_golden(shared, clip, "tflite")
    assert least_db < snr_db(reference=theirs, estimate=alone(quantised, noisy)[: len(theirs)]) < 28


def test_enhance_six_clips_has_the_si_sdr_that_was_measured_with_the_authors_code(
    shared: Path, quantised: dtln_litert.DtlnLitert
) -> None:
    assert mean_si_sdr_db(shared, quantised) == pytest.approx(10.980, abs=0.02)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_enhance_with_several_interpreters_is_bit_equal_to_two(
    shared: Path, quantised: dtln_litert.DtlnLitert, threads: int
) -> None:
    noisy, _ = read_golden(shared, "p287_001", "tflite")
    batch = pad([noisy[:4_000], noisy[9_000:9_001], noisy[3_000:6_123], noisy[:4_000]])
    other = load(weights_of(shared, MODEL), threads=threads).enhance(batch)
    for one, two in zip(quantised.enhance(batch), other, strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize("block_samples", [127, 128, 16_000])
def test_stream_in_blocks_is_bit_equal_to_the_whole_clip(
    shared: Path, quantised: dtln_litert.DtlnLitert, block_samples: int
) -> None:
    noisy, _ = read_golden(shared, "p287_001", "tflite")
    clip = noisy[:7_777]
    assert np.array_equal(run_stream(quantised.open_stream(), clip, block_samples), alone(quantised, clip))


def test_load_exchanged_files_is_refused_with_the_shapes(shared: Path) -> None:
    one, two = dtln_litert.FILES
    weights = weights_of(shared, MODEL)
    with pytest.raises(IntegrityError, match=r"does not fit dtln-quant: the inputs of .*\(1, 1, 512\).*\(1, 1, 257\)"):
        load({one: weights[two], two: weights[one]})


@pytest.mark.parametrize("name", dtln_litert.FILES)
@pytest.mark.parametrize("kept_bytes", [0, 3, 100, 100_000])
def test_load_truncated_graph_is_refused(shared: Path, tmp_path: Path, name: str, kept_bytes: int) -> None:
    weights = weights_of(shared, MODEL)
    (tmp_path / name).write_bytes(weights[name].read_bytes()[:kept_bytes])
    with pytest.raises(IntegrityError, match=rf"{name} does not fit dtln-quant.*seinfer models pull dtln-quant"):
        load({**weights, name: tmp_path / name})


def test_load_one_file_is_refused(shared: Path) -> None:
    weights = weights_of(shared, MODEL)
    weights.pop(dtln_litert.FILES[0])
    with pytest.raises(IntegrityError, match=r"has the files .*; expected \['model_quant_1.tflite', 'model_quant_2"):
        load(weights)


def test_load_without_the_runtime_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingExtraError, match="extra 'dtln-quant'"):
        load({})
