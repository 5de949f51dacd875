"""Graphs read as data, devices and sessions of onnxruntime, tried with a small network made from a seed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seinfer.backends.onnx import interface, open_runtime, read_graph, require_interface
from seinfer.core.errors import IntegrityError, MissingExtraError, UsageError
from tests.helpers import ROOT

from .deepfilternet import standin
from .deepfilternet.models import SPECS, load_files, needs_onnxruntime

pytestmark = needs_onnxruntime

MODEL = "deepfilternet3"
SPEC = SPECS[MODEL]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "network").mkdir()
    return standin.write_files(tmp_path / "network", MODEL)


def test_interface_returns_names_and_shapes(files: dict[str, Path]) -> None:
    model = read_graph(files["df_dec.onnx"], SPEC)
    assert interface(model.graph.input) == {"emb": (1, "S", 512), "c0": (1, 64, "S", 96)}
    assert interface(model.graph.output) == {"coefs": (1, "S", 96, 10)}


def test_require_interface_accepts_other_names_of_free_sizes_only(files: dict[str, Path]) -> None:
    path = files["df_dec.onnx"]
    model = read_graph(path, SPEC)
    require_interface(model, {"emb": (1, "T", 512), "c0": (1, 64, "T", 96)}, ["coefs"], path, SPEC)
    with pytest.raises(IntegrityError, match=r"its inputs are .*expected .*'emb': \(1, 'S', 256\)"):
        require_interface(model, {"emb": (1, "S", 256), "c0": (1, 64, "S", 96)}, ["coefs"], path, SPEC)
    with pytest.raises(IntegrityError, match=r"its outputs are \['coefs'\], expected also \['alpha'\]"):
        require_interface(model, interface(model.graph.input), ["coefs", "alpha"], path, SPEC)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt "])
def test_read_graph_of_something_else_is_integrity_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"net\.onnx does not fit deepfilternet3"):
        read_graph(path, SPEC)


def test_open_graph_with_an_operator_that_does_not_exist_is_integrity_error(files: dict[str, Path]) -> None:
    model = read_graph(files["enc.onnx"], SPEC)
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Rely"
    with pytest.raises(IntegrityError, match=r"enc\.onnx does not fit .*Rely"):
        open_runtime(SPEC, device="cpu").open(model, files["enc.onnx"], SPEC)


def test_open_runtime_cuda_that_onnxruntime_lacks_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UsageError, match=r"expected CUDAExecutionProvider; install onnxruntime-gpu"):
        open_runtime(SPEC, device="cuda")


def test_open_session_that_silently_uses_the_cpu_for_cuda_is_usage_error(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    asked: list[Any] = []

    def fall_back(model: bytes, options: object, providers: list[Any]) -> Any:
        asked.extend(providers)
        return SimpleNamespace(get_providers=lambda: ["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", fall_back)
    with pytest.raises(UsageError, match=r"offers CPUExecutionProvider, expected CUDAExecutionProvider"):
        open_runtime(SPEC, device="cuda").open(read_graph(files["enc.onnx"], SPEC), files["enc.onnx"], SPEC)
    assert asked == [("CUDAExecutionProvider", {"use_tf32": "0"})]


def test_open_session_on_the_cpu_does_not_use_a_gpu(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: both)
    for session, _, _ in load_files(files, MODEL)._network._steps:  # type: ignore[attr-defined]
        assert session._session.get_providers() == ["CPUExecutionProvider"]


def test_run_that_fails_on_its_device_is_an_error_and_not_repeated_on_another(files: dict[str, Path]) -> None:
    from onnxruntime.capi.onnxruntime_pybind11_state import EPFail

    class Broken:
        """onnxruntime's own session, whose first run fails."""

        def __init__(self, session: Any) -> None:
            self._session = session

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def run(self, *_: object) -> None:
            raise EPFail("the driver of the GPU has stopped")

    session = open_runtime(SPEC, device="cpu").open(read_graph(files["enc.onnx"], SPEC), files["enc.onnx"], SPEC)
    session._session._sess = Broken(session._session._sess)
    with pytest.raises(EPFail, match="has stopped"):
        session.run([], dict.fromkeys(session.inputs, np.zeros(1, np.float32)))


def test_load_writes_and_sends_no_usage_data(files: dict[str, Path], tmp_path: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path; from seinfer.backends.deepfilternet import load\n"
        "from seinfer.models.registry import load_registry\n"
        f"files = {{k: Path(v) for k, v in json.loads(sys.argv[1]).items()}}\n"
        f"load(load_registry().find({MODEL!r}), files, device='cpu', threads=1)"
    )
    home = tmp_path / "home"
    home.mkdir()
    weights = json.dumps({name: str(path) for name, path in files.items()})
    environment = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    environment.update(HOME=str(home), PYTHONPATH=str(ROOT))
    subprocess.run([sys.executable, "-c", code, weights], env=environment, cwd=home, check=True, timeout=60)
    # onnxruntime stores its usage data in the user's cache before it sends them.
    assert list(home.rglob("*")) == []


@pytest.mark.parametrize("module", ["onnxruntime", "onnx"])
def test_load_without_package_is_missing_extra_error(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="extra 'deepfilternet'"):
        load_files(files, MODEL)


def test_read_graph_with_tensors_in_other_files_is_integrity_error(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["enc.onnx"])
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    files["enc.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match="has tensors in other files"):
        load_files(files, MODEL)


@pytest.mark.parametrize("place", ["initializer", "sparse", "attribute", "branch", "function"])
@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "beside.bin"])
def test_read_graph_with_an_external_tensor_anywhere_names_its_file(tmp_path: Path, place: str, location: str) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(_model_with_external_tensor(place, location).SerializeToString())
    with pytest.raises(IntegrityError, match=f"has tensors in other files, such as '{re.escape(location)}'"):
        read_graph(path, SPEC)


def test_read_graph_with_all_tensors_inside_is_read(tmp_path: Path) -> None:
    model = _model_with_external_tensor("branch", "x")
    tensor = model.graph.node[0].attribute[0].g.initializer[0]
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")
    path = tmp_path / "network.onnx"
    path.write_bytes(model.SerializeToString())
    assert read_graph(path, SPEC) == model


def _model_with_external_tensor(place: str, location: str) -> Any:
    """Return a model with one tensor whose values are in another file."""
    from onnx import TensorProto, helper

    tensor = TensorProto(name="t", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    graph = helper.make_graph([], "g", [], [])
    opset = helper.make_opsetid("", 12)
    model = helper.make_model(graph, opset_imports=[opset])
    if place == "initializer":
        model.graph.initializer.append(tensor)
    elif place == "sparse":
        model.graph.sparse_initializer.add(values=tensor)
    elif place == "attribute":
        model.graph.node.append(constant)
    elif place == "branch":
        branch = helper.make_graph([], "inner", [], [], initializer=[tensor])
        model.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=branch))
    else:
        model.functions.append(helper.make_function("own", "f", [], [], [constant], [opset]))
    return model
