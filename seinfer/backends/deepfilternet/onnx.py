"""DeepFilterNet 2 and 3 from the authors' three ONNX graphs, with the signal processing in numpy.

The rule: graphs and weights are the authors'. `graphs.py` changes them in memory only so that they accept batches and
carry their state; a clip of any length then runs in bounded memory with the same result.

Source: Rikorose/DeepFilterNet@d375b2d, models/DeepFilterNet2_onnx.tar.gz and DeepFilterNet3_onnx.tar.gz; graphs as
DeepFilterNet/df/scripts/export.py cuts them; Schröter et al., "DeepFilterNet2: Towards Real-Time Speech Enhancement on
Embedded Devices for Full-Band Audio", IWAENC 2022 (arXiv:2205.05474), and "DeepFilterNet: Perceptually Motivated
Real-Time Speech Enhancement", Interspeech 2023 (arXiv:2305.08227).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..onnx import Array, Runtime, Session, Shape, open_runtime, read_graph, require_interface, unfit
from .clips import DeepFilterNet, State, probe
from .config import Architecture, read_architecture, read_settings
from .features import N_BANDS, N_FILTERED
from .graphs import BATCH, NEXT, STATE, UnknownGraphError, carry_state, free_batch, multiply_groups

FILES = ("config.ini", "enc.onnx", "erb_dec.onnx", "df_dec.onnx")
_CHANNELS = 64
_WIDTHS: Mapping[Architecture, int] = {"deepfilternet2": 256, "deepfilternet3": 512}
"""Values per frame that the encoder passes to both decoders."""
_SKIPS: Mapping[str, Shape] = {
    f"e{k}": (1, _CHANNELS, "S", n_bands) for k, n_bands in ((3, 8), (2, 8), (1, 16), (0, 32))
}


@dataclass(frozen=True)
class _Part:
    """One of the three graphs: its file, its inputs, and the outputs that are used."""

    file: str
    inputs: Mapping[str, Shape]
    outputs: tuple[str, ...]


def _parts(architecture: Architecture) -> tuple[_Part, _Part, _Part]:
    embedded: Mapping[str, Shape] = {"emb": (1, "S", _WIDTHS[architecture])}
    filtered: Mapping[str, Shape] = {"c0": (1, _CHANNELS, "S", N_FILTERED)}
    features: Mapping[str, Shape] = {"feat_erb": (1, 1, "S", N_BANDS), "feat_spec": (1, 2, "S", N_FILTERED)}
    return (
        _Part("enc.onnx", features, ("emb", "c0", *_SKIPS)),
        _Part("erb_dec.onnx", {**embedded, **_SKIPS}, ("m",)),
        _Part("df_dec.onnx", {**embedded, **filtered}, ("coefs",)),
    )


class OnnxNetwork:
    """Encoder, mask decoder and filter decoder in onnxruntime.

    Args:
        steps: each graph and the names of the outputs that are used, in the order of execution.
    """

    def __init__(self, steps: Sequence[tuple[Session, Sequence[str]]]) -> None:
        self._steps = [(session, outputs, _states(session)) for session, outputs in steps]

    def start(self, n_clips: int) -> State:
        """Return states of zeros."""
        return {
            name: np.zeros([n_clips if size == BATCH else int(size) for size in shape], np.float32)
            for _, _, states in self._steps
            for name, shape in states.items()
        }

    def run(self, levels: Array, spectra: Array, state: State) -> tuple[Array, npt.NDArray[np.complex64], State]:
        """Run the next frames of several clips; see `clips.Network`."""
        values: dict[str, Array] = {"feat_erb": levels[:, None], "feat_spec": spectra, **state}
        for session, outputs, states in self._steps:
            feeds = {name: values[name] for name in session.inputs}
            values.update(session.run([*outputs, *(NEXT + name for name in states)], feeds))
        # The last axis contains (Re, Im) of one tap after the other.
        coefficients = values["coefs"].view(np.complex64)
        return values["m"][:, 0], coefficients, {name: values[NEXT + name] for name in state}


def _states(session: Session) -> Mapping[str, Shape]:
    return {name: shape for name, shape in session.inputs.items() if name.startswith(STATE)}


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DeepFilterNet:
    """Load the three graphs; clips run in parallel on the threads.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        UsageError: the device is not available.
        RegistryError: an option of the table is unknown or invalid.
        IntegrityError: a file is missing, damaged, from another model, or has a geometry that is not implemented.
    """
    settings = read_settings(spec)
    runtime = open_runtime(spec, device=device)
    if set(weights) != set(FILES):
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected {sorted(FILES)}")
    architecture = read_architecture(weights["config.ini"], spec)
    steps = [(_open(part, weights[part.file], runtime, spec), part.outputs) for part in _parts(architecture)]
    network = OnnxNetwork(steps)
    _check_parts(network, runtime, weights, spec)
    return DeepFilterNet(network, architecture, settings, threads, device)


def _open(part: _Part, path: Path, runtime: Runtime, spec: ModelSpec) -> Session:
    model = read_graph(path, spec)
    require_interface(model, part.inputs, part.outputs, path, spec)
    free_batch(model)
    multiply_groups(model)
    try:
        carry_state(model, part.file.removesuffix(".onnx"))
    except UnknownGraphError as error:
        raise IntegrityError(unfit(path, spec, str(error))) from error
    return runtime.open(model, path, spec)


def _check_parts(network: OnnxNetwork, runtime: Runtime, weights: Mapping[str, Path], spec: ModelSpec) -> None:
    """Run the graphs once, to check that they are parts of one network."""
    try:
        problem = probe(network)
    except runtime.refusals as error:
        problem = str(error)
    if problem:
        raise IntegrityError(unfit(weights["enc.onnx"].parent, spec, f"its graphs do not fit together: {problem}"))
