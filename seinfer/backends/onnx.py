"""Shared by backends that use onnxruntime: reading and checking graphs, choosing the device, opening sessions.

The rule: a graph is read as data and checked before it runs. A file of another network is an error that names its
inputs or outputs; a graph with tensors in other files is refused, because those files have no checked hash. No usage
data is sent: onnxruntime sends telemetry, also on Linux, unless it is disabled before the import (seen in 1.31).

onnx and onnxruntime are imported inside functions, never at module level.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..core.errors import IntegrityError, UsageError
from ..core.records import ModelSpec
from .base import require

if TYPE_CHECKING:
    import onnx

Array = npt.NDArray[np.float32]
Shape = tuple[int | str, ...]
"""Sizes; a free size is its name, or "" if it has no name."""

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# With TF32, the default on a GPU, a clip would depend on the other clips of the batch.
_PROVIDER_OPTIONS: Mapping[str, Mapping[str, str]] = {"CUDAExecutionProvider": {"use_tf32": "0"}}


def read_graph(path: Path, spec: ModelSpec) -> onnx.ModelProto:
    """Read an ONNX file without running anything.

    Raises:
        MissingExtraError: onnx is not installed.
        IntegrityError: it cannot be read, or has tensors in other files.
    """
    package = require("onnx", spec)
    damage = require("google.protobuf.message", spec).DecodeError
    try:
        model: onnx.ModelProto = package.load_model_from_string(path.read_bytes())
    except (damage, OSError) as error:
        raise IntegrityError(unfit(path, spec, f"it cannot be read ({error})")) from error
    # The last field of a file written by torch: a file that is cut short there can be read apart from this field.
    if "" not in {operators.domain for operators in model.opset_import}:
        raise IntegrityError(unfit(path, spec, "it names no operator set, so it is cut short or empty"))
    if other := next(_other_files(package, model), None):
        problem = f"it has tensors in other files, such as {other!r}, expected all of them in this file"
        raise IntegrityError(unfit(path, spec, problem))
    return model


def _other_files(package: ModuleType, message: Any) -> Iterator[str]:
    """Yield the files that tensors of a model name: onnxruntime would open them, wherever they are.

    A tensor may be an initial value, sparse or not, or an attribute of a node, and a node may be part of an inner graph
    (a branch, a loop) or of a function. So all messages of the model are searched.
    """
    if isinstance(message, package.TensorProto):
        if message.data_location == message.EXTERNAL or message.external_data:
            yield next((entry.value for entry in message.external_data if entry.key == "location"), "no name")
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in [value] if hasattr(value, "ListFields") else value:
                yield from _other_files(package, inner)


def interface(values: Iterable[onnx.ValueInfoProto]) -> dict[str, Shape]:
    """Return name -> shape of a graph's inputs or outputs."""
    return {
        value.name: tuple(size.dim_value or size.dim_param for size in value.type.tensor_type.shape.dim)
        for value in values
    }


def require_interface(
    model: onnx.ModelProto, inputs: Mapping[str, Shape], outputs: Sequence[str], path: Path, spec: ModelSpec
) -> None:
    """Check that a graph has exactly these inputs and at least these outputs.

    Args:
        model: the graph.
        inputs: name -> shape; a name in a shape is a free size.
        outputs: names.
        path: its file, for the message.
        spec: the model, for the message.

    Raises:
        IntegrityError: it does not.
    """
    found = interface(model.graph.input)
    if {name: _sizes(shape) for name, shape in found.items()} != {n: _sizes(shape) for n, shape in inputs.items()}:
        raise IntegrityError(unfit(path, spec, f"its inputs are {found}, expected {dict(inputs)}"))
    offered = list(interface(model.graph.output))
    if missing := [name for name in outputs if name not in offered]:
        raise IntegrityError(unfit(path, spec, f"its outputs are {offered}, expected also {missing}"))


def _sizes(shape: Shape) -> Shape:
    return tuple("" if isinstance(size, str) else size for size in shape)


def unfit(path: Path, spec: ModelSpec, reason: str) -> str:
    """Return the message of an error about a file that does not fit the model."""
    return f"{path} does not fit {spec.name}: {reason}. Fetch it again with `seinfer models pull {spec.name}`"


@dataclass(frozen=True)
class Runtime:
    """onnxruntime on one device.

    Attributes:
        module: the package.
        provider: onnxruntime's name of the device.
        refusals: its exceptions for an invalid graph or input; they have no common base class.
    """

    module: ModuleType
    provider: str
    refusals: tuple[type[Exception], ...]

    def open(self, model: onnx.ModelProto, path: Path, spec: ModelSpec) -> Session:
        """Open a session that computes on the calling thread only; clips run in parallel instead.

        Raises:
            IntegrityError: the graph is not valid.
            UsageError: the device does not work.
        """
        options = self.module.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = [(self.provider, dict(_PROVIDER_OPTIONS.get(self.provider, {})))]
        try:
            session = self.module.InferenceSession(model.SerializeToString(), options, providers=providers)
        except self.refusals as error:
            raise IntegrityError(unfit(path, spec, str(error))) from error
        # onnxruntime uses the CPU without an error if the libraries of the GPU cannot be loaded.
        if session.get_providers()[0] != self.provider:
            raise UsageError(_no_device(spec, self.module, session.get_providers()))
        # Nor is a call that fails on the GPU repeated on the CPU: the device that a run records is the one that ran.
        session.disable_fallback()
        return Session(session)


class Session:
    """A graph that is ready to run."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.inputs: Mapping[str, Shape] = {value.name: tuple(value.shape) for value in session.get_inputs()}

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Return name -> value of the requested outputs."""
        return dict(zip(outputs, self._session.run(list(outputs), dict(feeds)), strict=True))

    def run_in_order(self, values: Sequence[Array]) -> list[Array]:
        """Return all outputs for the values of all inputs, both in the order of the graph."""
        made: list[Array] = self._session.run(None, dict(zip(self.inputs, values, strict=True)))
        return made


def open_runtime(spec: ModelSpec, *, device: str) -> Runtime:
    """Import onnxruntime for one device.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        UsageError: the device is not available.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    runtime = require("onnxruntime", spec)
    provider = _PROVIDERS[device]
    available = runtime.get_available_providers()
    if provider not in available:
        raise UsageError(_no_device(spec, runtime, available))
    state = require("onnxruntime.capi.onnxruntime_pybind11_state", spec)
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
    return Runtime(runtime, provider, tuple(getattr(state, name) for name in names))


def _no_device(spec: ModelSpec, runtime: ModuleType, providers: Sequence[str]) -> str:
    return (
        f"{spec.name}: --device cuda, but onnxruntime {runtime.__version__} offers {', '.join(providers)}, "
        f"expected {_PROVIDERS['cuda']}; install onnxruntime-gpu instead of onnxruntime, and the versions of CUDA and "
        "cuDNN that it requires, or use --device cpu"
    )
