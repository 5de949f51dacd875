"""Weights of DTLN: both orders of the gates, the published files, and files that are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.dtln.weights import FILES, read_weights
from seinfer.core.errors import IntegrityError

from . import standin
from .models import SPECS, needs_onnxruntime, weights_of

pytestmark = needs_onnxruntime
SPEC = SPECS["dtln"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return standin.write_files(tmp_path, standin.make_tensors())


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit the graph in a file."""
    import onnx

    model = onnx.load_model_from_string(path.read_bytes())
    edit(model.graph)
    path.write_bytes(model.SerializeToString())


def tensor(graph: Any, name: str) -> Any:
    return next(found for found in graph.initializer if found.name == name)


def require_equal(files: dict[str, Path], tensors: dict[str, Any]) -> None:
    """Check that each weight that is read is the tensor of model.h5, bit for bit."""
    found = read_weights(files, SPEC)
    for lstm, layer in zip(found.lstms, ("lstm", "lstm_1", "lstm_2", "lstm_3"), strict=True):
        i, f, c, o = np.split(np.arange(512), 4)
        order = np.concatenate([i, o, f, c])
        assert np.array_equal(lstm.inputs[0].T, tensors[f"{layer}/kernel"][:, order])
        assert np.array_equal(lstm.recurrent[0].T, tensors[f"{layer}/recurrent_kernel"][:, order])
        assert np.array_equal(lstm.bias[0], np.concatenate([tensors[f"{layer}/bias"][order], np.zeros(512)]))
    for dense, layer in ((found.spectrum_mask, "dense"), (found.encoding_mask, "dense_1")):
        assert np.array_equal(dense.kernel, tensors[f"{layer}/kernel"])
        assert np.array_equal(dense.bias, tensors[f"{layer}/bias"])
    assert np.array_equal(found.encoder, tensors["conv1d/kernel"][0])
    assert np.array_equal(found.decoder, tensors["conv1d_1/kernel"][0])
    assert np.array_equal(found.norm_scale, tensors["layer_normalization/gamma"])
    assert np.array_equal(found.norm_offset, tensors["layer_normalization/beta"])
    assert found.norm_epsilon == np.float32(1e-7)


def test_read_weights_standin_have_every_tensor_in_the_order_of_onnx(files: dict[str, Path]) -> None:
    require_equal(files, standin.make_tensors())


def test_read_weights_published_files_are_bit_equal_to_the_keras_file(shared: Path) -> None:
    require_equal(weights_of(shared, "dtln"), read_keras(shared))


def read_keras(shared: Path) -> dict[str, Any]:
    """Return the tensors of the authors' model.h5."""
    h5py = pytest.importorskip("h5py", reason="h5py, of the extra dpcrn, is not installed")
    with h5py.File(shared / "weights/dtln/model.h5") as file:
        return {name: file[f"{name.split('/')[0]}/{name}:0"][()] for name in standin.SHAPES}


@pytest.mark.parametrize("name", FILES)
def test_read_weights_missing_tensor_is_refused(files: dict[str, Path], name: str) -> None:
    change(files[name], lambda graph: graph.initializer.pop(1))
    with pytest.raises(IntegrityError, match=rf"{name} does not fit dtln: the tensor '.*' has the shape of none"):
        read_weights(files, SPEC)


@pytest.mark.parametrize("name", FILES)
def test_read_weights_further_tensor_is_refused(files: dict[str, Path], name: str) -> None:
    from onnx import numpy_helper

    further = numpy_helper.from_array(np.ones(257, np.float32), "model_1/instant_layer_normalization/mul")
    change(files[name], lambda graph: graph.initializer.append(further))
    with pytest.raises(IntegrityError, match=r"instant_layer_normalization/mul' has the shape \(257,\), expected none"):
        read_weights(files, SPEC)


def test_read_weights_wrong_shape_is_refused(files: dict[str, Path]) -> None:
    change(files[FILES[0]], lambda graph: tensor(graph, "lstm_5_R").dims.__setitem__(1, 256))
    with pytest.raises(IntegrityError, match=r"'lstm_5_R' has the shape \(1, 256, 128\), expected \(1, 512, 128\)"):
        read_weights(files, SPEC)


def test_read_weights_tensor_with_too_few_bytes_is_refused(files: dict[str, Path]) -> None:
    def cut(graph: Any) -> None:
        found = tensor(graph, "lstm_4_W")
        found.raw_data = found.raw_data[:-8]

    change(files[FILES[0]], cut)
    with pytest.raises(IntegrityError, match="'lstm_4_W' cannot be read"):
        read_weights(files, SPEC)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_read_weights_value_that_is_not_finite_is_refused(tmp_path: Path, value: float) -> None:
    tensors = standin.make_tensors()
    tensors["conv1d_1/kernel"][0, 3, 5] = value
    with pytest.raises(IntegrityError, match="'conv1d_3/kernel:0' has values that are not finite"):
        read_weights(standin.write_files(tmp_path, tensors), SPEC)


def test_read_weights_exchanged_files_are_refused(files: dict[str, Path]) -> None:
    with pytest.raises(IntegrityError, match=r"its inputs are .*'input_4'.*, expected .*'input_2'"):
        read_weights({FILES[0]: files[FILES[1]], FILES[1]: files[FILES[0]]}, SPEC)


def test_read_weights_one_file_is_refused(files: dict[str, Path]) -> None:
    with pytest.raises(IntegrityError, match=r"has the files \['model_1.onnx'\]; expected"):
        read_weights({FILES[0]: files[FILES[0]]}, SPEC)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999999])
@pytest.mark.parametrize("name", FILES)
def test_read_weights_truncated_file_is_refused(files: dict[str, Path], name: str, share: float) -> None:
    content = files[name].read_bytes()
    files[name].write_bytes(content[: int(share * len(content))])
    with pytest.raises(IntegrityError, match=rf"{name} does not fit dtln.*seinfer models pull dtln"):
        read_weights(files, SPEC)
