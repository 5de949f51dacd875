"""The graph of DTLN that is made in memory: valid ONNX, and free in the number of frames and clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.backends.dtln.graph import NEXT, OUTPUT, STATES, build
from seinfer.backends.dtln.weights import read_weights
from seinfer.backends.onnx import interface

from . import standin
from .models import SPECS, needs_onnxruntime

pytestmark = needs_onnxruntime


def test_build_gives_a_valid_graph_with_free_numbers_of_frames_and_clips(tmp_path: Path) -> None:
    import onnx

    weights = read_weights(standin.write_files(tmp_path, standin.make_tensors()), SPECS["dtln"])
    model = build(weights)
    onnx.checker.check_model(model, full_check=True)
    state = (1, "clip", 128)
    assert interface(model.graph.input) == {
        **dict.fromkeys(("re", "im"), ("frame", "clip", 257)),
        **dict.fromkeys(STATES, state),
    }
    assert interface(model.graph.output) == {
        OUTPUT: ("frame", "clip", 512),
        **dict.fromkeys((NEXT + name for name in STATES), state),
    }


def test_build_keeps_the_epsilon_of_the_file(tmp_path: Path) -> None:
    weights = read_weights(standin.write_files(tmp_path, standin.make_tensors()), SPECS["dtln"])
    [norm] = [node for node in build(weights).graph.node if node.op_type == "LayerNormalization"]
    assert {value.name: value.f for value in norm.attribute}["epsilon"] == pytest.approx(1e-7, rel=1e-6)
