"""Graphs of LiteRT and how interpreters are lent, with the small graph of the DPCRN tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from seinfer.backends.litert import Lender, fits, import_runtime, open_graph
from seinfer.core.errors import IntegrityError
from seinfer.models.registry import load_registry

from .dpcrn.tiny_graph import GRAPH, N_BINS, STATE_SHAPE

SPEC = load_registry().specs["dpcrn-quant"]
INPUTS = [(1, 1, N_BINS, 3), STATE_SHAPE]
OUTPUTS = [(1, 1, N_BINS)] * 3 + [STATE_SHAPE]


@pytest.fixture
def runtime() -> ModuleType:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert, of the extra dpcrn-quant, is not installed")
    return import_runtime(SPEC)


def test_run_returns_the_outputs_in_the_order_of_the_graph(runtime: ModuleType) -> None:
    made = open_graph(runtime, GRAPH, INPUTS, OUTPUTS).run(*(np.zeros(shape, np.float32) for shape in INPUTS))
    assert [value.shape for value in made] == OUTPUTS


def test_run_with_an_input_missing_is_refused(runtime: ModuleType) -> None:
    with pytest.raises(ValueError, match="argument"):
        open_graph(runtime, GRAPH, INPUTS, OUTPUTS).run(np.zeros(INPUTS[0], np.float32))


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_open_graph_of_other_shapes_names_side_and_shapes(runtime: ModuleType, side: str) -> None:
    other = [(1, 7)]
    inputs, outputs = (other, OUTPUTS) if side == "inputs" else (INPUTS, other)
    with pytest.raises(
        IntegrityError, match=rf"the {side} of the graph are \['float32'\].*; expected float32 \[\(1, 7"
    ):
        open_graph(runtime, GRAPH, inputs, outputs)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, IntegrityError])
def test_fits_names_file_model_and_command(error: type[Exception]) -> None:
    expected = r"net\.tflite does not fit dpcrn-quant: bad.*models pull dpcrn-quant"
    with pytest.raises(IntegrityError, match=expected), fits(Path("net.tflite"), SPEC):
        raise error("bad")


def test_lender_lends_each_thing_to_one_thread_at_a_time() -> None:
    lender = Lender([[], []])

    def use(_: int) -> int:
        with lender.borrow() as users:
            users.append(None)
            n_users = len(users)
            users.pop()
        return n_users

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(use, range(500))) == {1}


def test_lender_has_its_thing_again_after_a_failure() -> None:
    lender = Lender(["only"])
    with pytest.raises(RuntimeError, match="stopped"), lender.borrow():
        raise RuntimeError("stopped")
    with lender.borrow() as thing:
        assert thing == "only"
