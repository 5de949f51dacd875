"""Writing the table of a user's own checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import RegistryError, UsageError
from seinfer.models import weights
from seinfer.models.new_table import add_table
from seinfer.models.registry import load_registry, table_of
from seinfer.models.table import read_models
from tests.helpers import table

from .toy_models import CONTENT, OTHER, sha256, write


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write(tmp_path / "runs" / "best.th", CONTENT)


@pytest.mark.parametrize("like", ["denoiser-dns64", "dpcrn-quant", "segan+"])
def test_add_table_inherits_the_network_and_states_no_fact_about_the_weights(
    tmp_path: Path, checkpoint: Path, like: str
) -> None:
    add_table("mine", like, [checkpoint], tmp_path / "my.toml")
    made, model = read_models(tmp_path / "my.toml")["mine"], load_registry().find(like)
    for key in ("backend", "extra", "sample_rate", "causal", "latency_ms", "n_parameters", "license_code", "options"):
        assert getattr(made, key) == getattr(model, key), key
    assert (made.license_weights, made.verified, made.training_data) == ("none stated", "unknown", ())


def test_add_table_has_the_digest_and_size_of_the_file_and_its_relative_path(tmp_path: Path, checkpoint: Path) -> None:
    made = add_table("mine", "dpcrn-quant", [checkpoint], tmp_path / "my.toml")
    (file,) = made.files
    assert (file.name, file.sha256, file.bytes) == ("best.th", sha256(CONTENT), len(CONTENT))
    assert 'path   = "runs/best.th"' in (tmp_path / "my.toml").read_text()
    assert weights.locate(made) == {"best.th": checkpoint}
    checkpoint.write_bytes(OTHER)
    assert [check.status for check in weights.verify(made)] == ["wrong hash"]


def test_add_table_of_a_file_in_another_folder_has_its_absolute_path(tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / "sub").mkdir()
    add_table("mine", "dpcrn-quant", [checkpoint], tmp_path / "sub" / "my.toml")
    assert f'path   = "{checkpoint}"' in (tmp_path / "sub" / "my.toml").read_text()


def test_add_table_with_a_name_that_needs_quotes_can_be_read(tmp_path: Path, checkpoint: Path) -> None:
    assert add_table("my.net+2", "segan+", [checkpoint], tmp_path / "my.toml").options["pooling"] == 4


def test_add_table_appends_and_keeps_the_other_tables(tmp_path: Path, checkpoint: Path) -> None:
    out = write(tmp_path / "my.toml", f"# by hand\n{table('first')}".encode())
    add_table("second", "dpcrn-quant", [checkpoint], out)
    add_table("third", "second", [checkpoint], out)
    assert out.read_text().startswith(f"# by hand\n{table('first')}")
    assert list(read_models(out)) == ["first", "second", "third"]


@pytest.mark.parametrize("name", ["first", "rnnoise", "denoiser"])
def test_add_table_never_replaces_a_table(tmp_path: Path, checkpoint: Path, name: str) -> None:
    out = write(tmp_path / "my.toml", table("first").encode())
    before = out.read_bytes()
    with pytest.raises(UsageError, match=f"the name '{name}' is already used by the model .*; choose another"):
        add_table(name, "dpcrn-quant", [checkpoint], out)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "like", "files", "message"),
    [
        ("a b", "dpcrn-quant", ["best.th"], "the name 'a b' may contain only letters"),
        ("all", "dpcrn-quant", ["best.th"], "the name 'all' is reserved"),
        ("mine", "dpcrn-quand", ["best.th"], "no model called 'dpcrn-quand': did you mean dpcrn-quant"),
        ("mine", "rnnoise", ["best.th"], "rnnoise: this model has no weight files"),
        ("mine", "dpcrn-quant", ["gone.th"], r"--weights .*gone\.th is not a file; expected a checkpoint"),
        ("mine", "dpcrn-quant", ["best.th", "best.th"], r"dpcrn-quant needs 1 file: dpcrn_quant\.tflite"),
        ("mine", "deepfilternet3", ["best.th"], r"deepfilternet3 needs 4 files: config\.ini, enc\.onnx"),
    ],
)
def test_add_table_wrong_value_is_refused_and_nothing_is_written(
    tmp_path: Path, checkpoint: Path, name: str, like: str, files: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        add_table(name, like, [checkpoint.parent / file for file in files], tmp_path / "my.toml")
    assert not (tmp_path / "my.toml").exists()


def test_add_table_of_several_files_takes_them_by_name_and_one_by_elimination(tmp_path: Path) -> None:
    given = [write(tmp_path / name, name.encode()) for name in ("enc.onnx", "config.ini", "erb_dec.onnx", "tuned.onnx")]
    made = add_table("mine", "deepfilternet3", given, tmp_path / "my.toml")
    assert {file.name: Path(file.path).name for file in made.files} == {
        "config.ini": "config.ini",
        "enc.onnx": "enc.onnx",
        "erb_dec.onnx": "erb_dec.onnx",
        "df_dec.onnx": "tuned.onnx",
    }


def test_add_table_to_a_malformed_file_is_refused_and_keeps_it(tmp_path: Path, checkpoint: Path) -> None:
    out = write(tmp_path / "my.toml", b"[x]\nsumary = 1\n")
    with pytest.raises(RegistryError, match="mistakes"):
        add_table("mine", "dpcrn-quant", [checkpoint], out)
    assert out.read_bytes() == b"[x]\nsumary = 1\n"


def test_add_table_to_the_table_of_seinfer_is_refused(checkpoint: Path) -> None:
    own = table_of("seinfer")
    assert own
    with pytest.raises(UsageError, match="is the table of seinfer itself; choose another --out"):
        add_table("mine", "dpcrn-quant", [checkpoint], own)
