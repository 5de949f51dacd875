"""SCOREQ with a stand-in network of the same input and output: the mean square of the samples, and their number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seinfer.metrics import METRICS, MetricError, scoreq, weights
from seinfer.metrics.evaluate import evaluate
from seinfer.models import weights as model_weights

from .oracleclips import dnsmos_clip
from .signals import Floats
from .spare import modules_after


def graph() -> bytes:
    """Return a graph (1, time) -> 1 rating: the number of samples plus their mean square."""
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Mul", ["wav", "wav"], ["square"]),
        helper.make_node("ReduceMean", ["square"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Shape", ["wav"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["sizes"], to=TensorProto.FLOAT),
        helper.make_node("ReduceProd", ["sizes"], ["count"], keepdims=1),
        helper.make_node("Add", ["mean", "count"], ["score"]),
    ]
    inputs = [helper.make_tensor_value_info("wav", TensorProto.FLOAT, [1, "time"])]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, None)]
    made = helper.make_graph(nodes, "stand-in", inputs, outputs)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(onnx.ModelProto.SerializeToString(model))


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Pull the stand-in network from a file, as a user with a copy of the real one does."""
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path / "weights"))
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(graph())
    [path] = model_weights.pull(weights.SCOREQ, sources=[copy], offline=True).values()
    scoreq._network.cache_clear()
    yield path
    scoreq._network.cache_clear()


def rated(estimate: Floats, sample_rate: int = 16_000) -> tuple[float, dict[str, str]]:
    found = evaluate(reference=None, estimate=estimate, sample_rate=sample_rate, metrics=[METRICS["scoreq"]])
    return found.values.get("scoreq", float("nan")), dict(found.reasons)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("n_samples", "n_padded"), [(320, 320), (321, 640), (16_001, 16_320)])
def test_scoreq_clip_is_followed_by_zeros_to_a_multiple_of_320(n_samples: int, n_padded: int) -> None:
    clip = dnsmos_clip(4.0)[:n_samples]
    value, reasons = rated(clip)
    assert value == pytest.approx(n_padded + np.square(clip).sum() / n_padded, abs=2e-3)
    assert reasons == {}


@pytest.mark.usefixtures("stand_in")
def test_scoreq_clip_over_30_s_is_a_mean_over_pieces() -> None:
    value, reasons = rated(np.resize(dnsmos_clip(9.0), 40 * 16_000))
    assert value == pytest.approx(20 * 16_000, abs=1.0)
    assert reasons == {"scoreq": "mean of 2 pieces"}


@pytest.mark.usefixtures("stand_in")
def test_scoreq_signature_names_the_network_that_was_fetched(stand_in: Path) -> None:
    import hashlib

    assert hashlib.sha256(stand_in.read_bytes()).hexdigest() in METRICS["scoreq"].implementation


def test_scoreq_network_replaced_after_the_first_download_is_refused(stand_in: Path) -> None:
    stand_in.write_bytes(b"another network")
    with pytest.raises(MetricError, match="pinned") as error:
        scoreq._network()
    assert error.value.reason == "model_file"


def test_scoreq_file_that_is_no_graph_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "page").write_bytes(b"no graph")
    model_weights.pull(weights.SCOREQ, sources=[tmp_path / "page"], offline=True)
    scoreq._network.cache_clear()
    assert rated(dnsmos_clip(1.0))[1]["scoreq"].startswith("model_file: it is not a network of one input")


def test_scoreq_is_marked_as_not_run_with_the_real_weights() -> None:
    assert "not run by us with the real weights" in METRICS["scoreq"].implementation


def test_import_scoreq_loads_no_onnxruntime() -> None:
    assert not modules_after("import seinfer.metrics.scoreq") & {"onnxruntime", "torch"}
