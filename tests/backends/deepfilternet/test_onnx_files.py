"""Files of DeepFilterNet that are refused: damaged, from another model, in the wrong place, missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seinfer.core.errors import IntegrityError, RegistryError

from . import standin
from .models import load_files, needs_onnxruntime, weights_of

pytestmark = needs_onnxruntime

MODEL = "deepfilternet3"
PARTS = ("enc.onnx", "erb_dec.onnx", "df_dec.onnx")


@pytest.fixture(params=["stand-in", "published"])
def write(request: pytest.FixtureRequest) -> Callable[[Path, str], dict[str, Path]]:
    """Return a function that writes the files of a model to a folder: a small network, or the published one."""
    if request.param == "stand-in":
        return standin.write_files
    shared: Path = request.getfixturevalue("shared")

    def copy(folder: Path, model: str) -> dict[str, Path]:
        originals = weights_of(shared, model)
        return {name: Path(shutil.copyfile(path, folder / name)) for name, path in originals.items()}

    return copy


@pytest.fixture
def files(write: Callable[[Path, str], dict[str, Path]], tmp_path: Path) -> dict[str, Path]:
    """Return the files of a network of version 3, which a test may change."""
    return write(tmp_path, MODEL)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999999])
def test_truncated_graph_is_refused(files: dict[str, Path], part: str, share: float) -> None:
    content = files[part].read_bytes()
    files[part].write_bytes(content[: int(share * len(content))])
    with pytest.raises(IntegrityError, match=rf"{part} does not fit .*seinfer models pull {MODEL}"):
        load_files(files, MODEL)


@pytest.mark.parametrize("content", [b"RIFF....WAVEfmt ", b"\x89PNG" + bytes(5_000), b"<html>404</html>" * 100])
def test_file_that_is_not_a_graph_is_refused(files: dict[str, Path], content: bytes) -> None:
    files["enc.onnx"].write_bytes(content)
    with pytest.raises(IntegrityError, match=r"enc\.onnx does not fit"):
        load_files(files, MODEL)


@pytest.mark.parametrize("other", ["dtln/model_1.onnx", "gtcrn/gtcrn_simple.onnx"])
@pytest.mark.parametrize("part", PARTS)
def test_graph_of_another_model_is_refused_with_its_inputs(
    shared: Path, files: dict[str, Path], part: str, other: str
) -> None:
    files[part] = shared / "weights" / other
    with pytest.raises(IntegrityError, match=r"its inputs are \{.*\}, expected \{'(feat_erb|emb)'"):
        load_files(files, MODEL)


def test_graphs_that_are_exchanged_are_refused(files: dict[str, Path]) -> None:
    for one, other in ((0, 1), (0, 2), (1, 2)):
        swapped = {**files, PARTS[one]: files[PARTS[other]], PARTS[other]: files[PARTS[one]]}
        with pytest.raises(IntegrityError, match="its inputs are"):
            load_files(swapped, MODEL)


@pytest.mark.parametrize("part", [*PARTS, "config.ini"])
def test_one_file_of_the_other_architecture_is_refused(
    write: Callable[[Path, str], dict[str, Path]], files: dict[str, Path], tmp_path: Path, part: str
) -> None:
    (tmp_path / "other").mkdir()
    files[part] = write(tmp_path / "other", "deepfilternet2")[part]
    with pytest.raises(IntegrityError, match=f"does not fit {MODEL}"):
        load_files(files, MODEL)


def test_graph_without_an_output_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["df_dec.onnx"])
    model.graph.output.remove(next(value for value in model.graph.output if value.name == "coefs"))
    files["df_dec.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=r"expected also \['coefs'\]"):
        load_files(files, MODEL)


def test_graph_with_a_gru_that_runs_backwards_is_refused(files: dict[str, Path]) -> None:
    import onnx

    part = next(part for part in PARTS if any(node.op_type == "GRU" for node in onnx.load(files[part]).graph.node))
    model = onnx.load(files[part])
    gru = next(node for node in model.graph.node if node.op_type == "GRU")
    gru.attribute.append(onnx.helper.make_attribute("direction", "reverse"))
    files[part].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=rf"{part} does not fit .*runs backwards"):
        load_files(files, MODEL)


def test_graph_with_an_operator_that_does_not_exist_is_refused(files: dict[str, Path]) -> None:
    import onnx

    model = onnx.load(files["enc.onnx"])
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Rely"
    files["enc.onnx"].write_bytes(model.SerializeToString())
    with pytest.raises(IntegrityError, match=r"enc\.onnx does not fit .*Rely"):
        load_files(files, MODEL)


def test_files_too_few_or_too_many_are_refused(files: dict[str, Path]) -> None:
    for wrong in ({**files, "more.onnx": files["enc.onnx"]}, {k: v for k, v in files.items() if k != "enc.onnx"}, {}):
        with pytest.raises(IntegrityError, match=r"has the files \[.*expected \['config\.ini', 'df_dec\.onnx'"):
            load_files(wrong, MODEL)


def test_config_with_another_hop_is_refused_before_any_graph_is_read(files: dict[str, Path]) -> None:
    config = files["config.ini"].read_text(encoding="utf-8")
    files["config.ini"].write_text(config.replace("hop_size = 480", "hop_size = 240"), encoding="utf-8")
    for part in PARTS:
        files[part].write_bytes(b"never read")
    with pytest.raises(IntegrityError, match=r"hop_size is '240', expected 480"):
        load_files(files, MODEL)


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
def test_option_that_is_invalid_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        load_files({}, MODEL, **options)
