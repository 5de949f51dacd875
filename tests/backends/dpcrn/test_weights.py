"""The arrays that DPCRN computes with, and the operations that are combined when they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.dpcrn import checkpoint as dpcrn_checkpoint
from seinfer.backends.dpcrn.weights import as_convolution, read_weights

from . import standin
from .models import FILE_NAME, SPEC, standin_weights, weights_of

h5py = pytest.importorskip("h5py", reason="h5py, of the extra dpcrn, is not installed")


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item.shape} if isinstance(item, h5py.Dataset) else {}))
    return found


def test_standin_has_the_tensors_of_the_published_checkpoint(shared: Path, tmp_path: Path) -> None:
    published = shapes_in(weights_of(shared)[FILE_NAME])
    assert shapes_in(standin_weights(tmp_path)[FILE_NAME]) == published == dict(standin.tensor_shapes())


def test_read_weights_takes_as_many_parameters_as_the_table_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, take = [], dpcrn_checkpoint.Checkpoint.take

    def spy(self: dpcrn_checkpoint.Checkpoint, *where: Any) -> Any:
        taken.append(take(self, *where))
        return taken[-1]

    monkeypatch.setattr(dpcrn_checkpoint.Checkpoint, "take", spy)
    read_weights(standin_weights(tmp_path)[FILE_NAME], h5py)
    assert sum(values.size for values in taken) == SPEC.n_parameters


@pytest.mark.parametrize(("width", "stride", "pad"), [(3, 1, (1, 1)), (3, 2, (1, 0)), (5, 2, (2, 1))])
def test_as_convolution_equals_transposed_convolution(width: int, stride: int, pad: tuple[int, int]) -> None:
    rng = np.random.default_rng(width + stride)
    x, kernel = rng.standard_normal((4, 7, 5)), rng.standard_normal((2, width, 3, 5))
    # The definition: every input (frame, bin) adds its contribution to the outputs that the kernel covers.
    full = np.zeros((5, (7 - 1) * stride + width, 3))
    for frame, low in np.ndindex(4, 7):
        full[frame : frame + 2, low * stride : low * stride + width] += kernel @ x[frame, low]

    ordinary = as_convolution(kernel, stride)
    padded = np.pad(x, ((1, 0), pad, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, ordinary.shape[:2], (0, 1))
    found = np.einsum("tfiab,abio->tfo", windows, ordinary)
    found = found.reshape(4, -1, 3)
    # Stride 1 is Keras' "same": the lowest of the full output is cut. The extra frame is not computed.
    lowest = 1 if stride == 1 else 0
    n_bins = min(found.shape[1], full.shape[1] - lowest)
    assert n_bins >= 7 * stride
    np.testing.assert_allclose(found[:, :n_bins], full[:4, lowest : lowest + n_bins], rtol=0, atol=1e-12)
