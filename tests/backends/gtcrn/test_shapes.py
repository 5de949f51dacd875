"""The tensors that a checkpoint of GTCRN must contain."""

from __future__ import annotations

from math import prod

import pytest

from seinfer.backends.gtcrn.shapes import Shapes, gtcrn_shapes, micro_shapes, tcn_names
from seinfer.models.registry import load_registry

N_FIXED = 2 * 64 * 192
"""Numbers in the filters of the bands, which are not trained."""


def n_parameters(shapes: Shapes) -> int:
    not_parameters = ("running_mean", "running_var", "num_batches_tracked")
    return sum(prod(shape) for name, shape in shapes.items() if not name.endswith(not_parameters))


@pytest.mark.parametrize(
    ("name", "shapes", "n_trained"),
    [("gtcrn", gtcrn_shapes(), 23_669), ("gtcrn-micro", micro_shapes(), 19_014)],
)
def test_parameters_of_the_shapes_are_those_of_the_table(name: str, shapes: Shapes, n_trained: int) -> None:
    assert n_parameters(shapes) == load_registry().specs[name].n_parameters
    assert n_parameters(shapes) - N_FIXED == n_trained


def test_tensors_of_the_checkpoints_are_as_many_as_published() -> None:
    assert (len(gtcrn_shapes()), len(micro_shapes())) == (271, 388)


def test_tcn_names_are_two_stacks_of_four() -> None:
    assert tcn_names()[::4] == ["gtcn1.blocks.0", "gtcn2.blocks.0"]
    assert len(set(tcn_names())) == 8
