"""DPCRN in LiteRT: golden outputs, sine and cosine, interpreters, and files that are refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform, pad, run_stream
from seinfer.backends.dpcrn import litert as dpcrn_litert
from seinfer.core.errors import IntegrityError, MissingExtraError
from tests.backends.waveforms import alone
from tests.helpers import lag_samples, si_sdr_db, snr_db

from . import tiny_graph
from .models import RATE, SPECS, read, read_golden, weights_of

CLIP = "p287_006.wav"


@pytest.fixture(scope="module", autouse=True)
def _runtime() -> None:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert, of the extra dpcrn-quant, is not installed")


def load(shared: Path, name: str = "dpcrn-quant", threads: int = 1) -> dpcrn_litert.DpcrnLitert:
    return dpcrn_litert.load(SPECS[name], weights_of(shared, name), device="cpu", threads=threads)


@pytest.fixture(scope="module")
def quantised(shared: Path) -> dpcrn_litert.DpcrnLitert:
    return load(shared)


@pytest.fixture(scope="module")
def noisy(shared: Path) -> Waveform:
    return read(shared / "clips/vctk16k/noisy" / CLIP)


@pytest.fixture(scope="module")
def clean(shared: Path) -> Waveform:
    return read(shared / "clips/vctk16k/clean" / CLIP)


@pytest.fixture
def swapped(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Use the sine as the cosine, as the published scripts do; the monkeypatch that it yields can undo it."""
    run = dpcrn_litert._Graph.run

    def swap(self: Any, features: Any, state: Any) -> tuple[Any, ...]:
        mask, sine, cosine, state = run(self, features, state)
        return mask, cosine, sine, state

    monkeypatch.setattr(dpcrn_litert._Graph, "run", swap)
    yield monkeypatch


@pytest.fixture(scope="module")
def tiny() -> dpcrn_litert.DpcrnLitert:
    weights = {"tiny.tflite": tiny_graph.GRAPH}
    return dpcrn_litert.load(SPECS["dpcrn-quant"], weights, device="cpu", threads=2)


def test_enhance_tiny_graph_equals_the_stored_golden(tiny: dpcrn_litert.DpcrnLitert) -> None:
    clip, expected = read_golden("dpcrn_litert")
    assert snr_db(reference=expected, estimate=alone(tiny, clip)) > 110
    assert snr_db(reference=expected, estimate=run_stream(tiny.open_stream(), clip, 333)) > 110
    together = tiny.enhance(pad([clip[:700], clip, clip[:1]]))
    assert snr_db(reference=expected, estimate=together[1]) > 110


def test_stored_golden_is_the_output_of_the_reference() -> None:
    clip, expected = read_golden("dpcrn_litert")
    assert snr_db(reference=tiny_graph.enhance(clip), estimate=expected) > 120


@pytest.mark.usefixtures("swapped")
def test_load_tiny_graph_with_sine_and_cosine_swapped_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"sine.*expected above 0\.9"):
        dpcrn_litert.load(SPECS["dpcrn-quant"], {"tiny.tflite": tiny_graph.GRAPH}, device="cpu", threads=1)


@pytest.mark.parametrize(("name", "least_db"), [("dpcrn-quant", 35), ("dpcrn-float", 65)])
def test_enhance_published_clip_equals_the_authors_output(shared: Path, name: str, least_db: float) -> None:
    noisy = read(shared / "golden/dpcrn-quant/skip_440C020A_noisy.wav")
    theirs = read(shared / "golden/dpcrn-quant/skip_440C020A_enhanced.wav")
    ours = alone(load(shared, name), noisy)
    assert len(ours) == len(noisy)
    # Their last hop contains only one of its two frames; ours continues to the end of the clip.
    whole = len(theirs) - dpcrn_litert.FRAMING.hop_length
    assert snr_db(reference=theirs[:whole], estimate=ours[:whole]) >= least_db


def test_enhance_with_sine_and_cosine_swapped_destroys_the_waveform_but_not_pesq(
    quantised: dpcrn_litert.DpcrnLitert, noisy: Waveform, clean: Waveform, swapped: pytest.MonkeyPatch
) -> None:
    import pesq

    wrong = alone(quantised, noisy)
    swapped.undo()
    right = alone(quantised, noisy)
    assert lag_samples(reference=clean, estimate=right) == 0
    assert si_sdr_db(reference=clean, estimate=right) > 5
    assert si_sdr_db(reference=clean, estimate=wrong) < -20
    assert pesq.pesq(RATE, clean, wrong, "wb") == pytest.approx(pesq.pesq(RATE, clean, right, "wb"), abs=0.1)


@pytest.mark.usefixtures("swapped")
@pytest.mark.parametrize("name", ["dpcrn-quant", "dpcrn-float"])
def test_load_graph_with_sine_and_cosine_swapped_is_refused(shared: Path, name: str) -> None:
    with pytest.raises(IntegrityError, match=r"sine.*expected above 0\.9"):
        load(shared, name)


@pytest.mark.parametrize("threads", [0, 2, 3])
def test_enhance_with_several_interpreters_is_bit_equal_to_one(
    shared: Path, quantised: dpcrn_litert.DpcrnLitert, noisy: Waveform, threads: int
) -> None:
    batch = pad([noisy[:8_000], noisy[9_000:9_001], noisy[3_000:9_123], noisy[:8_000], noisy[20_000:24_000]])
    for one, other in zip(quantised.enhance(batch), load(shared, threads=threads).enhance(batch), strict=True):
        assert np.array_equal(one, other)


def test_streams_more_than_interpreters_do_not_mix(quantised: dpcrn_litert.DpcrnLitert, noisy: Waveform) -> None:
    streams = [quantised.open_stream() for _ in range(5)]
    halves = [[stream.push(noisy[k * 1_000 : k * 1_000 + 900]) for k, stream in enumerate(streams)]]
    halves += [[stream.push(noisy[k * 1_000 + 900 : k * 1_000 + 2_500]) for k, stream in enumerate(streams)]]
    for k, stream in enumerate(streams):
        out = np.concatenate([halves[0][k], halves[1][k], stream.finish()])
        assert np.array_equal(out, alone(quantised, noisy[k * 1_000 : k * 1_000 + 2_500]))


def test_enhance_after_a_failure_has_its_interpreter_again(
    quantised: dpcrn_litert.DpcrnLitert, noisy: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("stopped")

    with monkeypatch.context() as broken:
        broken.setattr(dpcrn_litert._Graph, "run", fail)
        with pytest.raises(RuntimeError, match="stopped"):
            alone(quantised, noisy)
    assert len(alone(quantised, noisy[:700])) == 700


@pytest.mark.parametrize("kept_bytes", [0, 3, 100, 10_000, 634_224, 1_268_447])
def test_load_truncated_graph_is_refused(shared: Path, tmp_path: Path, kept_bytes: int) -> None:
    [(name, path)] = weights_of(shared, "dpcrn-quant").items()
    (tmp_path / name).write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(IntegrityError, match=r"does not fit dpcrn-quant.*seinfer models pull dpcrn-quant"):
        dpcrn_litert.load(SPECS["dpcrn-quant"], {name: tmp_path / name}, device="cpu", threads=1)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt ", b"\x89PNG" + bytes(5_000), b"<html>404</html>" * 100])
def test_load_file_that_is_not_a_graph_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dpcrn_quant.tflite"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="does not fit dpcrn-quant"):
        dpcrn_litert.load(SPECS["dpcrn-quant"], {path.name: path}, device="cpu", threads=1)


@pytest.mark.parametrize("other", ["dpcrn-quant/dpcrn_stateful_model.tflite", "dtln/model_1.tflite"])
def test_load_graph_of_another_model_is_refused_with_its_shapes(shared: Path, other: str) -> None:
    with pytest.raises(IntegrityError, match=r"inputs of the graph are .*; expected float32 \[\(1, 1, 257, 3\)"):
        dpcrn_litert.load(
            SPECS["dpcrn-quant"], {"dpcrn_quant.tflite": shared / "weights" / other}, device="cpu", threads=1
        )


def test_load_two_files_is_refused(shared: Path) -> None:
    both = {**weights_of(shared, "dpcrn-quant"), **weights_of(shared, "dpcrn-float")}
    with pytest.raises(IntegrityError, match="expected one TFLite graph"):
        dpcrn_litert.load(SPECS["dpcrn-quant"], both, device="cpu", threads=1)


def test_load_without_the_runtime_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingExtraError, match="extra 'dpcrn-quant'"):
        dpcrn_litert.load(SPECS["dpcrn-quant"], {}, device="cpu", threads=1)
