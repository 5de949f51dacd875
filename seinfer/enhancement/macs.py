"""Child process: count the multiply-accumulate operations (MACs) of one model for a second of audio.

Counted are the matrix products, convolutions and recurrent layers that the network really computes for a clip, once for
each element: onnxruntime reports the shapes of each node in its profile, torch those of each call. Elementwise
operations, transforms and biases are not counted, as is usual. A library that reports nothing, or one operation without
a formula here, gives no count; nothing is estimated.

Message in: {"spec"}. Message out: {"macs_per_s"}, null if they are not counted.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..backends.base import Enhancer, Waveform, pad
from ..core.errors import SeinferError
from ..core.process import Channel, Child, thread_variables
from ..core.records import ModelSpec, from_json, to_json
from .loading import load_on

CLIP_S = 4.0
_ANY_RATE_HZ = 16_000
Shape = Sequence[int]

log = logging.getLogger(__name__)

# Nodes of onnxruntime and operations of torch that multiply and accumulate have one of these in their names.
_HEAVY = ("conv", "matmul", "gemm", "gru", "lstm", "rnn", "einsum", "attention", "mm", "linear", "bmm")


class UncountedError(Exception):
    """An operation has no formula."""


def main() -> None:
    """Count for the model that the first message describes."""
    channel = Channel()
    first = channel.receive()
    if first is None:
        return
    try:
        found = macs_per_s(from_json(ModelSpec, first["spec"]))
    except (SeinferError, UncountedError) as error:
        log.warning("not counted: %s", error)
        found = None
    channel.send({"macs_per_s": found})


def count_in_child(spec: ModelSpec, timeout_s: float) -> float | None:
    """Count in a process of its own, because the counters slow down and change what they observe.

    Returns:
        MACs for a second of audio; None if they are not counted.
    """
    if spec.python:
        return None
    child = Child([sys.executable, "-m", "seinfer.enhancement.macs"], thread_variables(1), spec.name)
    try:
        child.send({"spec": to_json(spec)})
        answer = child.receive(timeout_s)
    except TimeoutError:
        return None
    finally:
        child.kill()
    return None if answer is None or answer["macs_per_s"] is None else float(answer["macs_per_s"])


def macs_per_s(spec: ModelSpec) -> float | None:
    """Load a model and return its MACs for a second of audio, on the CPU; None if no library reports them.

    Raises:
        SeinferError: it cannot be loaded.
        UncountedError: an operation has no formula.
    """
    with TemporaryDirectory(prefix="seinfer-macs-") as folder, _profiled_sessions(Path(folder)) as sessions:
        enhancer = load_on(spec, device="cpu", threads=1).enhancer
        clip = _noise(round(CLIP_S * (enhancer.sample_rate or _ANY_RATE_HZ)))
        for session in sessions:
            session.n_runs_before = session.n_runs  # backends may try out their graphs while they load
        total = torch_macs(enhancer, clip)
        total += sum(profile_macs(session.events(), session.n_runs_before) for session in sessions)
    return total / CLIP_S if total else None


def _noise(n_samples: int) -> Waveform:
    import numpy as np

    noise: Waveform = np.random.default_rng(0).normal(scale=0.05, size=n_samples).astype(np.float32)
    return noise


@contextmanager
def _profiled_sessions(folder: Path) -> Iterator[list[Any]]:
    """Let each session of onnxruntime that is opened meanwhile write a profile; yield the list of these sessions."""
    sessions: list[Any] = []
    if importlib.util.find_spec("onnxruntime") is None:
        yield sessions
        return
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    original: Any = onnxruntime.InferenceSession

    class Profiled(original):  # type: ignore[misc]
        """A session that computes its graph as it is in the file, node by node, and records the shapes."""

        def __init__(self, model: object, options: Any = None, **others: Any) -> None:
            options = options or onnxruntime.SessionOptions()
            options.enable_profiling = True
            options.profile_file_prefix = str(folder / str(len(sessions)))
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.add_session_config_entry("session.disable_prepacking", "1")  # the shapes of weights would be lost
            super().__init__(model, options, **others)
            self.n_runs = self.n_runs_before = 0
            sessions.append(self)

        def run(self, *arguments: Any, **named: Any) -> Any:
            self.n_runs += 1
            return super().run(*arguments, **named)

        def events(self) -> list[dict[str, Any]]:
            path = Path(self.end_profiling())
            found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
            return found

    onnxruntime.InferenceSession = Profiled
    try:
        yield sessions
    finally:
        onnxruntime.InferenceSession = original


def profile_macs(events: Iterable[Mapping[str, Any]], n_runs_before: int = 0) -> int:
    """Return the MACs in a profile of onnxruntime, without the first runs.

    Raises:
        UncountedError: a node has no formula.
    """
    n_runs = total = 0
    for event in events:
        if event.get("name") == "model_run":
            n_runs += 1
        facts = event.get("args", {})
        if n_runs >= n_runs_before and "output_type_shape" in facts:
            total += node_macs(
                facts["op_name"], _shapes(facts["input_type_shape"]), _shapes(facts["output_type_shape"])
            )
    return total


def _shapes(values: Iterable[Mapping[str, Shape]]) -> list[Shape]:
    return [shape for value in values for shape in value.values()]


def node_macs(operation: str, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    """Return the MACs of one node of an ONNX graph; 0 for an operation that only moves or maps elements.

    Source: the definitions of the operators, onnx.ai/onnx/operators.

    Args:
        operation: name of the operator.
        inputs: shapes, in the order of the operator.
        outputs: the same.

    Raises:
        UncountedError: there is no formula.
    """
    size = math.prod
    if operation == "Conv":
        return size(outputs[0]) * size(inputs[1][1:])  # weight: (out, in / groups, kernel…)
    if operation == "ConvTranspose":
        return size(inputs[0]) * size(inputs[1][1:])  # weight: (in, out / groups, kernel…)
    if operation == "MatMul":
        return size(outputs[0]) * inputs[0][-1]
    if operation == "Gemm":
        return size(inputs[0]) * outputs[0][1]
    if operation in ("GRU", "LSTM", "RNN"):  # input: (frame, batch, feature), then the two weights of all directions
        return inputs[0][0] * inputs[0][1] * (size(inputs[1]) + size(inputs[2]))
    if any(part in operation.lower() for part in _HEAVY):
        raise UncountedError(f"the node {operation} has no formula")
    return 0


def torch_macs(enhancer: Enhancer, clip: Waveform) -> int:
    """Enhance a clip of shape (time,) and return the MACs that torch computes; 0 if the network does not use torch.

    Raises:
        UncountedError: an operation has no formula.
    """
    if "torch" not in sys.modules:
        enhancer.enhance(pad([clip]))
        return 0
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode, flop_registry

    aten = torch.ops.aten

    def recurrent_flops(*arguments: Any, out_shape: Any = None, **_: Any) -> int:
        """Return 2 MACs for each element of the two weights in each frame; shapes: (frame, batch, feature), weights."""
        x, w_input, w_hidden = arguments[:3]
        return int(2 * x[0] * x[1] * (math.prod(w_input) + math.prod(w_hidden)))

    def product_flops(_: Any, one: Shape, other: Shape, **__: Any) -> int:
        """Return 2 MACs for each product; shapes: (row, inner), (inner, column)."""
        return 2 * one[0] * one[1] * other[1]

    own = {aten.mkldnn_rnn_layer: recurrent_flops, aten.addmm_: product_flops}
    dispatch_mode: Any = TorchDispatchMode

    class Unknown(dispatch_mode):  # type: ignore[misc]
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            packet = function.overloadpacket
            name = str(packet)
            if any(part in name for part in _HEAVY) and packet not in own and packet not in flop_registry:
                raise UncountedError(f"the operation {name} has no formula")
            return function(*args, **(kwargs or {}))

    counter = FlopCounterMode(display=False, custom_mapping=own)
    with Unknown(), counter:  # the counter sees an operation first, and splits up those that consist of others
        enhancer.enhance(pad([clip]))
    return int(counter.get_total_flops()) // 2


if __name__ == "__main__":
    main()
