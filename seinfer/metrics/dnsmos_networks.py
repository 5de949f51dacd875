"""The networks of DNSMOS, read from the installed package speechmos. The package is not imported: it needs librosa.

The rule: only the files that define these columns. Their sha256 is checked before they are used, and is part of the
`implementation` of each metric. Sessions are created once per process, with one thread that sleeps when idle.

They are the files of microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS, byte for byte. Licence:
the LICENSE.txt of the package is MIT and does not mention the networks in it; the repository licenses its code under
MIT and its other content under CC BY 4.0, and its issue 125, which asks about the networks, has no answer. The networks
are not part of seinfer.

Standard library only, until a network is loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .errors import MetricError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]

PACKAGE = "speechmos"


@dataclass(frozen=True)
class NetworkFile:
    """One network.

    Attributes:
        path: within the package.
        sha256: full digest in hex.
        package: the installed package that contains it.
    """

    path: str
    sha256: str
    package: str = PACKAGE


P835 = NetworkFile("dnsmos_models/sig_bak_ovr.onnx", "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd")
P835_PERSONALISED = NetworkFile(
    "pdnsmos_models/sig_bak_ovr.onnx", "9e3a197449ca2177f0997afec3bd6b890117ce2f17b89d6eea7fa0d47272c81c"
)
P808 = NetworkFile("dnsmos_models/model_v8.onnx", "9246480c58567bc6affd4200938e77eef49468c8bc7ed3776d109c07456f6e91")
DISTILLMOS = NetworkFile(
    "weights/distill_mos_v7.pt", "b18b3ac60227267cfb91e5d00ce22cc7b73716fd92f269484da1446e27031a40", "distillmos"
)
"""The network of another metric, in another package; `distillmos` loads it."""


@cache
def network(file: NetworkFile) -> Callable[[Array], Array]:
    """Load a network: inputs of shape (batch, ...) -> ratings of shape (batch, rating).

    Raises:
        MetricError: not_installed, model_file.
    """
    return open_network(read(file))


def open_network(content: bytes) -> Callable[[Array], Array]:
    """Open an ONNX file of one input: inputs of shape (batch, ...) -> ratings of shape (batch, rating).

    Raises:
        MetricError: not_installed, model_file.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reads it when it is imported
    try:
        import onnxruntime
    except ImportError as error:
        raise MetricError("not_installed", detail=f"onnxruntime cannot be imported ({error})") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    state = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    refusals = tuple(getattr(state, name) for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf"))
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        (name,) = (given.name for given in session.get_inputs())
    except (*refusals, ValueError) as error:
        raise MetricError("model_file", detail=f"it is not a network of one input: {error}") from error

    def run(inputs: Array) -> Array:
        results: list[Any] = session.run(None, {name: inputs})
        return cast("Array", results[0])

    return run


def read(file: NetworkFile) -> bytes:
    """Return the bytes of a network after checking its digest.

    Raises:
        MetricError: not_installed, model_file.
    """
    package = find_spec(file.package)
    if package is None or not package.submodule_search_locations:
        raise MetricError("not_installed", detail=f"there is no package {file.package}, which contains the network")
    path = Path(package.submodule_search_locations[0]) / file.path
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MetricError("model_file", detail=f"{path} cannot be read ({error.strerror})") from error
    if (digest := hashlib.sha256(content).hexdigest()) != file.sha256:
        raise MetricError("model_file", detail=f"{path} has sha256 {digest}, expected {file.sha256}")
    return content
