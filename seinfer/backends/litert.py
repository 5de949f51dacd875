"""Shared by backends that use LiteRT: checking graphs, opening interpreters, lending them to threads.

The rule: an interpreter is used by one thread at a time, and the state of a clip is kept outside. So every interpreter
can run every frame of every clip. A file that is no graph, or a graph of another network, is an error with its shapes.

ai-edge-litert is imported inside functions, never at module level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ..core.errors import IntegrityError
from ..core.records import ModelSpec
from .base import require
from .onnx import unfit

Array = npt.NDArray[np.float32]
Shapes = Sequence[tuple[int, ...]]

_Lent = TypeVar("_Lent")


class Graph:
    """One LiteRT interpreter, whose inputs and outputs are float32 of the expected shapes.

    Raises:
        IntegrityError: they are not.
    """

    def __init__(self, interpreter: Any, inputs: Shapes, outputs: Shapes) -> None:
        self._interpreter = interpreter
        self._inputs = _indices("inputs", interpreter.get_input_details(), inputs)
        self._outputs = _indices("outputs", interpreter.get_output_details(), outputs)

    def run(self, *values: Array) -> list[Array]:
        """Return the outputs for the inputs, both in the order of the graph."""
        for index, value in zip(self._inputs, values, strict=True):
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        return list(map(self._interpreter.get_tensor, self._outputs))


def _indices(side: str, details: list[dict[str, Any]], shapes: Shapes) -> list[int]:
    found = [tuple(map(int, tensor["shape"])) for tensor in details]
    types = {np.dtype(tensor["dtype"]) for tensor in details}
    if found != list(shapes) or types != {np.dtype(np.float32)}:
        raise IntegrityError(
            f"the {side} of the graph are {sorted(map(str, types))} {found}; expected float32 {list(shapes)}"
        )
    return [int(tensor["index"]) for tensor in details]


def import_runtime(spec: ModelSpec) -> ModuleType:
    """Import LiteRT.

    Raises:
        MissingExtraError: ai-edge-litert is not installed.
    """
    return require("ai_edge_litert.interpreter", spec)


def open_graph(runtime: ModuleType, path: Path, inputs: Shapes, outputs: Shapes) -> Graph:
    """Open an interpreter that computes on the calling thread only; clips run in parallel instead.

    Frames are small: several threads for one frame cost more time than they save.

    Raises:
        ValueError, RuntimeError, IntegrityError: the file does not fit; see `fits`.
    """
    interpreter = runtime.Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    return Graph(interpreter, inputs, outputs)


@contextmanager
def fits(path: Path, spec: ModelSpec) -> Iterator[None]:
    """Turn an error about a graph into an IntegrityError that names the file and the model."""
    try:
        yield
    except (ValueError, RuntimeError, IntegrityError) as error:
        raise IntegrityError(unfit(path, spec, str(error))) from error


class Lender(Generic[_Lent]):
    """Interpreters, or groups of them, each of which one thread at a time may use."""

    def __init__(self, things: Sequence[_Lent]) -> None:
        self._free: SimpleQueue[_Lent] = SimpleQueue()
        for thing in things:
            self._free.put(thing)

    @contextmanager
    def borrow(self) -> Iterator[_Lent]:
        """Lend one; wait until one is free."""
        thing = self._free.get()
        try:
            yield thing
        finally:
            self._free.put(thing)
