"""Files and devices that DeepFilterNet must not run with: damaged, another model's, in the wrong place, not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seinfer.backends.deepfilternet import onnx as deepfilternet
from seinfer.backends.deepfilternet.clips import DeepFilterNet, probe
from seinfer.backends.deepfilternet.features import N_BANDS, N_FILTERED, N_TAPS
from seinfer.core.errors import IntegrityError, MissingExtraError, RegistryError, UsageError
from tests.helpers import ROOT

from .models import needs_onnxruntime, spec_with, weights_of

pytestmark = needs_onnxruntime

MODEL = "deepfilternet3"
PARTS = ("enc.onnx", "erb_dec.onnx", "df_dec.onnx")


@pytest.fixture
def files(shared: Path, tmp_path: Path) -> dict[str, Path]:
    """Return copies of the files of DeepFilterNet 3, which may be spoilt."""
    copies = {name: tmp_path / name for name in weights_of(shared, MODEL)}
    for name, path in weights_of(shared, MODEL).items():
        shutil.copyfile(path, copies[name])
    return copies


def load(files: Mapping[str, Path], device: str = "cpu", **options: Any) -> DeepFilterNet:
    return deepfilternet.load(spec_with(MODEL, **options), files, device=device, threads=1)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999999])
def test_truncated_graph_is_refused(files: dict[str, Path], part: str, share: float) -> None:
    content = files[part].read_bytes()
    files[part].write_bytes(content[: int(share * len(content))])
    with pytest.raises(IntegrityError, match=rf"{part} does not fit .*seinfer models pull {MODEL}"):
        load(files)


@pytest.mark.parametrize("content", [b"RIFF....WAVEfmt ", b"\x89PNG" + bytes(5_000), b"<html>404</html>" * 100])
def test_file_that_is_no_graph_is_refused(files: dict[str, Path], content: bytes) -> None:
    files["enc.onnx"].write_bytes(content)
    with pytest.raises(IntegrityError, match=r"enc\.onnx does not fit"):
        load(files)


@pytest.mark.parametrize("other", ["dtln/model_1.onnx", "gtcrn/gtcrn_simple.onnx"])
@pytest.mark.parametrize("part", PARTS)
def test_graph_of_another_model_is_refused_with_its_inputs(
    shared: Path, files: dict[str, Path], part: str, other: str
) -> None:
    files[part] = shared / "weights" / other
    with pytest.raises(IntegrityError, match=r"its inputs are \{.*\}, expected \{'(feat_erb|emb)'"):
        load(files)


def test_parts_in_each_others_place_are_refused(files: dict[str, Path]) -> None:
    for one, other in ((0, 1), (0, 2), (1, 2)):
        swapped = {**files, PARTS[one]: files[PARTS[other]], PARTS[other]: files[PARTS[one]]}
        with pytest.raises(IntegrityError, match="its inputs are"):
            load(swapped)


@pytest.mark.parametrize("part", [*PARTS, "config.ini"])
def test_one_file_of_the_other_architecture_among_them_is_refused(
    shared: Path, files: dict[str, Path], part: str
) -> None:
    files[part] = weights_of(shared, "deepfilternet2")[part]
    with pytest.raises(IntegrityError, match=f"does not fit {MODEL}"):
        load(files)


def test_graph_that_keeps_tensors_elsewhere_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["enc.onnx"])
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    files["enc.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match="has tensors in other files"):
        load(files)


def test_graph_that_lacks_an_output_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["df_dec.onnx"])
    model.graph.output.remove(next(value for value in model.graph.output if value.name == "coefs"))
    files["df_dec.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=r"expected also \['coefs'\]"):
        load(files)


def test_graph_with_a_gru_that_looks_ahead_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["erb_dec.onnx"])
    gru = next(node for node in model.graph.node if node.op_type == "GRU")
    gru.attribute.append(onnx.helper.make_attribute("direction", "reverse"))
    files["erb_dec.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=r"erb_dec\.onnx does not fit .*runs backwards"):
        load(files)


def test_graph_with_an_operator_that_does_not_exist_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["enc.onnx"])
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Rely"
    files["enc.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=r"enc\.onnx does not fit .*Rely"):
        load(files)


def test_files_too_few_or_too_many_are_refused(files: dict[str, Path]) -> None:
    for wrong in ({**files, "more.onnx": files["enc.onnx"]}, {k: v for k, v in files.items() if k != "enc.onnx"}, {}):
        with pytest.raises(IntegrityError, match=r"has the files \[.*expected \['config\.ini', 'df_dec\.onnx'"):
            load(wrong)


def test_config_of_another_hop_is_refused_before_any_graph_is_read(files: dict[str, Path]) -> None:
    config = files["config.ini"].read_text(encoding="utf-8")
    files["config.ini"].write_text(config.replace("hop_size = 480", "hop_size = 240"), encoding="utf-8")
    for part in PARTS:
        files[part].write_bytes(b"never looked at")
    with pytest.raises(IntegrityError, match=r"hop_size is '240', expected 480"):
        load(files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"postfilter": True}, "unknown option 'postfilter'; expected one of post_filter, atten_lim_db"),
        ({"post_filter": 1}, "post_filter is 1, expected true or false"),
        ({"atten_lim_db": float("nan")}, "atten_lim_db is nan, expected dB above 0"),
        ({"atten_lim_db": -12}, "atten_lim_db is -12, expected dB above 0"),
        ({"atten_lim_db": True}, "atten_lim_db is True"),
        ({"atten_lim_db": "12"}, "atten_lim_db is '12'"),
    ],
)
def test_option_that_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        load({}, **options)


def test_cuda_where_onnxruntime_has_none_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UsageError, match=r"expected CUDAExecutionProvider; install onnxruntime-gpu"):
        load({}, device="cuda")


def test_cuda_that_onnxruntime_silently_leaves_for_the_cpu_is_an_error(
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
        load(files, device="cuda")
    assert asked == [("CUDAExecutionProvider", {"use_tf32": "0"})]


def test_cpu_is_all_that_is_used_where_there_is_a_gpu(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: both)
    for session, _, _ in load(files)._network._steps:  # type: ignore[attr-defined]
        assert session._session.get_providers() == ["CPUExecutionProvider"]


def test_load_reports_nothing_to_the_makers_of_onnxruntime(shared: Path, tmp_path: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path; from seinfer.backends.deepfilternet import load\n"
        "from seinfer.models.registry import load_registry\n"
        f"files = {{k: Path(v) for k, v in json.loads(sys.argv[1]).items()}}\n"
        f"load(load_registry().find({MODEL!r}), files, device='cpu', threads=1)"
    )
    weights = json.dumps({name: str(path) for name, path in weights_of(shared, MODEL).items()})
    environment = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    environment.update(HOME=str(tmp_path), PYTHONPATH=str(ROOT))
    subprocess.run([sys.executable, "-c", code, weights], env=environment, cwd=tmp_path, check=True, timeout=60)
    # What it would send it keeps in the user's cache first.
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("module", ["onnxruntime", "onnx"])
def test_missing_package_names_the_extra(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="extra 'deepfilternet'"):
        load(files)


class _Fake:
    """A network that gives what it is told."""

    def __init__(self, gains: Any, coefficients: Any) -> None:
        self._made = gains, coefficients, {}

    def start(self, n_clips: int) -> dict[str, Any]:
        return {}

    def run(self, levels: Any, spectra: Any, state: Any) -> Any:
        return self._made


def test_probe_tells_wrong_shapes_and_values_from_right_ones() -> None:
    gains, coefficients = np.ones((2, 3, N_BANDS)), np.zeros((2, 3, N_FILTERED, N_TAPS), complex)
    assert probe(_Fake(gains, coefficients)) == ""
    assert "have the shapes (1, 3, 32)" in probe(_Fake(gains[:1], coefficients))
    assert "and (2, 3, 96, 4)" in probe(_Fake(gains, coefficients[..., :4]))
    assert "expected 0 to 1" in probe(_Fake(2 * gains, coefficients))
    assert "expected 0 to 1" in probe(_Fake(np.nan * gains, coefficients))
    assert "finite coefficients" in probe(_Fake(gains, coefficients + np.inf))
