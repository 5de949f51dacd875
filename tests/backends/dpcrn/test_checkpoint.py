"""The DPCRN-TF checkpoint: read completely or refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.dpcrn.weights import read_weights
from seinfer.core.errors import IntegrityError

from .models import FILE_NAME, standin_weights

h5py = pytest.importorskip("h5py", reason="h5py, of the extra dpcrn, is not installed")

KERNEL = "model0_conv_3/model0_conv_3/kernel:0"
GAMMA = "dprnn_block_1/dprnn_block_1/layer_normalization_4/gamma:0"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standin_weights(tmp_path_factory.mktemp("dpcrn"))[FILE_NAME]


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path))


def test_checkpoint_that_is_complete_is_read(copy: Path) -> None:
    read_weights(copy, h5py)


def replace(name: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def edit(file: Any) -> None:
        values = file[name][()]
        del file[name]
        file[name] = change(values)

    return edit


def remove(file: Any) -> None:
    del file[KERNEL]


def add(file: Any) -> None:
    file["model0_conv_6/model0_conv_6/kernel:0"] = np.zeros((2, 3, 32, 32), np.float32)


def pack(file: Any) -> None:
    """Store a tensor in a packed chunk that is far larger than the tensor."""
    del file[KERNEL]
    file.create_dataset(
        KERNEL, (2, 3, 32, 32), np.float32, chunks=(2, 3, 32, 3_200), maxshape=(2, 3, 32, None), compression="gzip"
    )


def store_elsewhere(file: Any) -> None:
    """Take the values of a tensor from another file."""
    del file[KERNEL]
    file.create_dataset(KERNEL, (2, 3, 32, 32), np.float32, external="/etc/passwd")


EDITS = {
    "packed": (pack, f"{KERNEL}' is stored packed or in other files"),
    "in another file": (store_elsewhere, f"{KERNEL}' is stored packed or in other files"),
    "missing": (remove, f"{KERNEL}' is missing"),
    "extra": (add, "model0_conv_6/model0_conv_6/kernel:0' is not a tensor of this network"),
    "wrong shape": (replace(KERNEL, lambda k: k[:, :, :, :31]), rf"{KERNEL}' is float32 of shape \(2, 3, 32, 31\)"),
    "transposed": (replace(GAMMA, np.transpose), rf"{GAMMA}' is float32 of shape \(50, 128\)"),
    "half precision": (replace(KERNEL, np.float16), f"{KERNEL}' is float16"),
    "not finite": (replace(KERNEL, lambda k: k * np.float32(np.nan)), f"{KERNEL}' contains values that are not finite"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_checkpoint_with_edited_tensor_is_integrity_error_naming_it(copy: Path, edit: str) -> None:
    change, message = EDITS[edit]
    with h5py.File(copy, "r+") as file:
        change(file)
    with pytest.raises(IntegrityError, match=message):
        read_weights(copy, h5py)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_checkpoint_cut_short_is_integrity_error(copy: Path, kept: float) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(IntegrityError, match="cannot be read as HDF5"):
        read_weights(copy, h5py)


def test_checkpoint_of_text_is_integrity_error(tmp_path: Path) -> None:
    path = tmp_path / "page.h5"
    path.write_text("<html>404: Not Found</html>")
    with pytest.raises(IntegrityError, match=r"page\.h5: cannot be read as HDF5"):
        read_weights(path, h5py)


def test_checkpoint_of_another_model_is_integrity_error_naming_a_tensor(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["lstm/lstm/kernel:0"] = np.zeros((257, 512), np.float32)
    with pytest.raises(IntegrityError, match="layer_normalization/layer_normalization/gamma:0' is missing"):
        read_weights(path, h5py)


def test_checkpoint_with_link_to_other_file_does_not_follow_it(copy: Path, original: Path) -> None:
    with h5py.File(copy, "r+") as file:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink(str(original), KERNEL)
    with pytest.raises(IntegrityError, match=f"{KERNEL}' is missing"):
        read_weights(copy, h5py)
