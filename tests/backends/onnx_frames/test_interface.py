"""The inputs and outputs of a graph: what is accepted, and the messages for what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.core.errors import IntegrityError
from tests.backends.waveforms import alone

from .models import load, needs_onnxruntime, write_tiny

pytestmark = needs_onnxruntime


def _drop_output(graph: Any) -> None:
    del graph.output[2]


def _swap_outputs(graph: Any) -> None:
    first, second = graph.output[1].name, graph.output[2].name
    copies = [type(one).FromString(one.SerializeToString()) for one in graph.output]
    graph.output[1].CopyFrom(copies[2])
    graph.output[2].CopyFrom(copies[1])
    assert (graph.output[1].name, graph.output[2].name) == (second, first)


def _use_integers(graph: Any) -> None:
    graph.input[2].type.tensor_type.elem_type = 7


def _make_infinite(graph: Any) -> None:
    from onnx import numpy_helper

    [mix] = [tensor for tensor in graph.initializer if tensor.name == "mix"]
    mix.CopyFrom(numpy_helper.from_array(np.full((5, 2), np.nan, np.float32), "mix"))


def _break_node(graph: Any) -> None:
    graph.node[3].op_type = "NoSuchOperator"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop_output, "3 inputs and 2 outputs; expected as many outputs as inputs"),
        (_swap_outputs, "its output 'level_next' (1, 1, 1) stands where its input 'hidden' (1, 9, 5) stands"),
        (_use_integers, "'level' (1, 1, 1) of it are not float32"),
        (_make_infinite, "its spectrum for silence is not finite"),
        (_break_node, "NoSuchOperator"),
    ],
)
def test_graph_that_is_no_frame_by_frame_network_is_refused_with_the_reason(
    tmp_path: Path, change: Callable[[Any], None], message: str
) -> None:
    path = write_tiny(tmp_path / "net.onnx", change=change)
    with pytest.raises(
        IntegrityError, match=f"{re.escape(str(path))} does not fit fastenhancer-t: .*{re.escape(message)}"
    ):
        load(path, n_fft=16, hop_length=8)


def test_graph_with_free_sizes_is_run_with_sizes_of_one(tmp_path: Path) -> None:
    def free_sizes(graph: Any) -> None:
        graph.input[0].type.tensor_type.shape.dim[2].dim_param = "time"
        graph.output[0].type.tensor_type.shape.dim[2].dim_param = "time"

    clip = np.linspace(-0.5, 0.5, 500, dtype=np.float32)
    free = load(write_tiny(tmp_path / "free.onnx", change=free_sizes), n_fft=16, hop_length=8)
    fixed = load(write_tiny(tmp_path / "fixed.onnx"), n_fft=16, hop_length=8)
    assert np.array_equal(alone(free, clip), alone(fixed, clip))
