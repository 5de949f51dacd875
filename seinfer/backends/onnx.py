"""What the onnxruntime backends share: graphs that are read as data and checked, devices, and sessions.

The rule it keeps: a graph is looked at before it is run. A file of another network is an error that names what it
offers; a graph that keeps tensors in further files is refused, because nobody hashed those. And nothing is reported to
anyone: onnxruntime sends telemetry, also on Linux, unless it is told not to before it is imported (seen in 1.31).

onnx and onnxruntime are imported here, inside functions, and nowhere at module level.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
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
"""Sizes; a name where a size is free, "" where it has no name either."""

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# TF32, the default on a GPU, would make a clip depend on those beside it.
_PROVIDER_OPTIONS: Mapping[str, Mapping[str, str]] = {"CUDAExecutionProvider": {"use_tf32": "0"}}


def read_graph(path: Path, spec: ModelSpec) -> onnx.ModelProto:
    """Read an ONNX file without running anything.

    Raises:
        MissingExtraError: onnx is not installed.
        IntegrityError: it cannot be read, or keeps tensors elsewhere.
    """
    package = require("onnx", spec)
    damage = require("google.protobuf.message", spec).DecodeError
    try:
        model: onnx.ModelProto = package.load_model_from_string(path.read_bytes())
    except (damage, OSError) as error:
        raise IntegrityError(unfit(path, spec, f"it cannot be read ({error})")) from error
    # The last field of a file from torch: where it is cut short there, all the rest can still be read.
    if "" not in {operators.domain for operators in model.opset_import}:
        raise IntegrityError(unfit(path, spec, "it does not say which operators it uses, so it is cut short or empty"))
    if any(tensor.data_location == package.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise IntegrityError(unfit(path, spec, "it keeps tensors in further files, expected all of them inside"))
    return model


def interface(values: Iterable[onnx.ValueInfoProto]) -> dict[str, Shape]:
    """Return name -> shape of a graph's inputs or outputs."""
    return {
        value.name: tuple(size.dim_value or size.dim_param for size in value.type.tensor_type.shape.dim)
        for value in values
    }


def require_interface(
    model: onnx.ModelProto, inputs: Mapping[str, Shape], outputs: Sequence[str], path: Path, spec: ModelSpec
) -> None:
    """Check that a graph takes just these inputs and gives at least these outputs.

    Args:
        model: the graph.
        inputs: name -> shape; a name in a shape stands for a free size.
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
    """Word an error about a file that is not what the model needs."""
    return f"{path} does not fit {spec.name}: {reason}. Fetch it again with `seinfer models pull {spec.name}`"


@dataclass(frozen=True)
class Runtime:
    """onnxruntime on one device.

    Attributes:
        module: the package.
        provider: what runs the graphs.
        refusals: the errors by which it turns a graph or its inputs down; they have no base class of their own.
    """

    module: ModuleType
    provider: str
    refusals: tuple[type[Exception], ...]

    def open(self, model: onnx.ModelProto, path: Path, spec: ModelSpec) -> Session:
        """Make a session that computes on the calling thread: clips run side by side instead, which costs no waiting.

        Raises:
            IntegrityError: the graph is no valid one.
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
        # onnxruntime takes the CPU without a word where the GPU's libraries cannot be loaded.
        if session.get_providers()[0] != self.provider:
            raise UsageError(_no_device(spec, self.module, session.get_providers()))
        return Session(session)


class Session:
    """A graph ready to run."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.inputs: Mapping[str, Shape] = {value.name: tuple(value.shape) for value in session.get_inputs()}

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Return name -> value of the outputs that are asked for."""
        return dict(zip(outputs, self._session.run(list(outputs), dict(feeds)), strict=True))


def open_runtime(spec: ModelSpec, *, device: str) -> Runtime:
    """Import onnxruntime for one device.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        UsageError: the device is not there.
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
        f"expected {_PROVIDERS['cuda']}; install onnxruntime-gpu in place of onnxruntime, and the CUDA and cuDNN that "
        "it names, or use --device cpu"
    )
