"""The DPCRN checkpoint: read whole or refused, and what is worked out from it at loading."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.dpcrn import checkpoint as dpcrn_checkpoint
from seinfer.backends.dpcrn.weights import as_convolution, read_weights
from seinfer.core.errors import IntegrityError

from .models import FILE_NAME, SPEC, weights_of

h5py = pytest.importorskip("h5py", reason="h5py, of the extra dpcrn, is not installed")

KERNEL = "model0_conv_3/model0_conv_3/kernel:0"
GAMMA = "dprnn_block_1/dprnn_block_1/layer_normalization_4/gamma:0"


@pytest.fixture
def copy(shared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(weights_of(shared)[FILE_NAME], tmp_path))


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


EDITS = {
    "missing": (remove, f"{KERNEL}' is missing"),
    "extra": (add, "model0_conv_6/model0_conv_6/kernel:0' is not a tensor of this network"),
    "wrong shape": (replace(KERNEL, lambda k: k[:, :, :, :31]), rf"{KERNEL}' is float32 of shape \(2, 3, 32, 31\)"),
    "transposed": (replace(GAMMA, np.transpose), rf"{GAMMA}' is float32 of shape \(50, 128\)"),
    "half precision": (replace(KERNEL, np.float16), f"{KERNEL}' is float16"),
    "not finite": (replace(KERNEL, lambda k: k * np.float32(np.nan)), f"{KERNEL}' holds values that are not finite"),
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


def test_checkpoint_with_link_to_other_file_does_not_follow_it(copy: Path, shared: Path) -> None:
    with h5py.File(copy, "r+") as file:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink(str(weights_of(shared)[FILE_NAME]), KERNEL)
    with pytest.raises(IntegrityError, match=f"{KERNEL}' is missing"):
        read_weights(copy, h5py)


def test_checkpoint_taken_whole_counts_parameters_of_table(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, take = [], dpcrn_checkpoint.Checkpoint.take

    def spy(self: dpcrn_checkpoint.Checkpoint, *where: Any) -> Any:
        taken.append(take(self, *where))
        return taken[-1]

    monkeypatch.setattr(dpcrn_checkpoint.Checkpoint, "take", spy)
    read_weights(weights_of(shared)[FILE_NAME], h5py)
    assert sum(values.size for values in taken) == SPEC.n_parameters


@pytest.mark.parametrize(("width", "stride", "pad"), [(3, 1, (1, 1)), (3, 2, (1, 0)), (5, 2, (2, 1))])
def test_as_convolution_equals_transposed_convolution(width: int, stride: int, pad: tuple[int, int]) -> None:
    rng = np.random.default_rng(width + stride)
    x, kernel = rng.standard_normal((4, 7, 5)), rng.standard_normal((2, width, 3, 5))
    # By the definition: every input (frame, bin) adds its share to the outputs under the kernel.
    full = np.zeros((5, (7 - 1) * stride + width, 3))
    for frame, low in np.ndindex(4, 7):
        full[frame : frame + 2, low * stride : low * stride + width] += kernel @ x[frame, low]

    ordinary = as_convolution(kernel, stride)
    padded = np.pad(x, ((1, 0), pad, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, ordinary.shape[:2], (0, 1))
    found = np.einsum("tfiab,abio->tfo", windows, ordinary)
    found = found.reshape(4, -1, 3)
    # Stride 1 is Keras' "same": the lowest of the full output is cut. The overhanging frame is not computed.
    lowest = 1 if stride == 1 else 0
    n_bins = min(found.shape[1], full.shape[1] - lowest)
    assert n_bins >= 7 * stride
    np.testing.assert_allclose(found[:, :n_bins], full[:4, lowest : lowest + n_bins], rtol=0, atol=1e-12)
