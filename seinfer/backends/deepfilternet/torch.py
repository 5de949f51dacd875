"""DeepFilterNet 3 in torch, built by the authors' package: for their checkpoints, for other checkpoints, for GPUs.

The rule: the package is used to build the network and for nothing else. Its own loading function writes a log into the
model's folder, calls git, reads environment variables with the names of its config keys (MODEL, SR, DEVICE), uses a GPU
without being asked, accepts a checkpoint with missing tensors, and ends the process on errors.

Here the modules that define the network are imported as a private copy, without environment variables and with a global
config of its own. `df.io` is not imported: it needs names that torchaudio no longer has. The checkpoint is read without
executing it and must fit exactly. `clips.py` does the rest; the tests compare the result with the package's `enhance`.

Source: deepfilternet 0.5.6, which is Rikorose/DeepFilterNet@d375b2d: DeepFilterNet/df/deepfilternet3.py, modules.py,
checkpoint.py (read_cp) and enhance.py (init_df).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock, local
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...core.errors import BackendError, IntegrityError, MissingExtraError
from ...core.records import ModelSpec
from ..base import require
from ..torch import load_strictly, open_torch, read_checkpoint
from ..torch_device import TorchDevice
from .clips import DeepFilterNet, State, probe
from .config import Architecture, Settings, read_architecture, read_settings
from .features import HOP_LENGTH, N_BANDS, SAMPLE_RATE, WIN_LENGTH

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Array = npt.NDArray[np.float32]
CONFIG = "config.ini"
_ARCHITECTURE: Architecture = "deepfilternet3"
_PACKAGE = "df"
_MIN_BAND_BINS = 2


class TorchNetwork:
    """The package's encoder and decoders, which carry their state from call to call."""

    def __init__(self, torch: ModuleType, network: Any, device: torch.device) -> None:
        self._torch = torch
        self._network = network.to(device).eval().requires_grad_(False)
        self.place = TorchDevice(device)
        self._memory = _Memory()
        self._memory.remember(torch, {"enc": network.enc, "erb_dec": network.erb_dec, "df_dec": network.df_dec})
        self._turn = Lock()

    def start(self, n_clips: int) -> State:
        """Return an empty state, which means zeros in every layer."""
        return {}

    def run(self, levels: Array, spectra: Array, state: State) -> tuple[Array, npt.NDArray[np.complex64], State]:
        """Run the next frames of several clips; see `clips.Network`."""
        network = self._network
        with self._exactly(), self.place.inference():
            self._memory.state = dict(state)
            *skips, embedded, filtered, _ = network.enc(self.place.send(levels[:, None]), self.place.send(spectra))
            gains = network.erb_dec(embedded, *reversed(skips))
            coefficients = network.df_dec(embedded, filtered).contiguous()
            # The last axis contains (Re, Im) of one tap after the other.
            return self.place.fetch(gains)[:, 0], self.place.fetch(coefficients).view(np.complex64), self._memory.state

    @contextmanager
    def _exactly(self) -> Iterator[None]:
        """Disable TF32 on a GPU, its default for convolutions: a clip would depend on the other clips of the batch."""
        if self.place.name == "cpu":
            yield
            return
        flags = self._torch.backends.cudnn.flags
        with self._turn, flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield


class _Memory(local):
    """Carries the state of layers between calls: of GRUs, and of the padding in front of convolutions over time.

    Attributes:
        state: name of the layer -> its state, the clips on the first axis; empty at the start of a clip. Each thread
            has its own.
    """

    state: dict[str, Tensor]

    def remember(self, torch: ModuleType, parts: Mapping[str, torch.nn.Module]) -> None:
        """Register hooks on all layers of a network that have a state."""
        for part, network in parts.items():
            for name, layer in network.named_modules(prefix=part):
                if isinstance(layer, torch.nn.GRU):
                    layer.register_forward_pre_hook(partial(self._before_gru, name))
                    layer.register_forward_hook(partial(self._after_gru, name))
                elif isinstance(layer, torch.nn.ConstantPad2d):
                    layer.register_forward_hook(partial(self._after_pad, name, _past_frames(layer.padding)))

    def _before_gru(self, name: str, layer: torch.nn.GRU, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        hidden = self.state.get(name)
        return inputs[0], None if hidden is None else hidden.transpose(0, 1).contiguous()

    def _after_gru(self, name: str, layer: torch.nn.GRU, inputs: object, outputs: tuple[Any, ...]) -> None:
        self.state[name] = outputs[1].transpose(0, 1)

    def _after_pad(self, name: str, n_past: int, layer: object, inputs: object, padded: Tensor) -> None:
        if name in self.state:
            padded[:, :, :n_past] = self.state[name]
        self.state[name] = padded[:, :, -n_past:].clone()


def _past_frames(padding: tuple[int, ...]) -> int:
    if padding[:2] != (0, 0) or padding[3] != 0:
        raise BackendError(f"a layer of the package {_PACKAGE!r} pads by {padding}; expected frames in front only")
    return padding[2]


class DeepFilterNetInTorch(DeepFilterNet):
    """DeepFilterNet 3 around a network in torch; implements `backends.base.Reducible`."""

    def __init__(self, network: TorchNetwork, settings: Settings, threads: int) -> None:
        super().__init__(network, _ARCHITECTURE, settings, threads, network.place.name)
        self._place = network.place

    def set_precision(self, precision: str) -> None:
        """Compute in this precision from now on; see `backends.base.Reducible`."""
        self._place.set_precision(precision)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DeepFilterNetInTorch:
    """Build the network and load its weights.

    Raises:
        MissingExtraError: torch or deepfilternet is not installed.
        UsageError: the device is not available.
        RegistryError: an option of the table is unknown or invalid.
        IntegrityError: a file is missing, damaged, or does not fit.
    """
    settings = read_settings(spec)
    # Several threads for one layer wait for each other more than they save; clips run in parallel instead.
    torch, place = open_torch(spec, device=device, threads=1)
    others = sorted(set(weights) - {CONFIG})
    if CONFIG not in weights or len(others) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected {CONFIG} and one checkpoint")
    config, checkpoint = weights[CONFIG], weights[others[0]]
    if (architecture := read_architecture(config, spec)) != _ARCHITECTURE:
        raise IntegrityError(f"{config}: model is {architecture!r}, expected {_ARCHITECTURE!r} for {spec.name}")
    network = _build(spec, config, place)
    load_strictly(network, _tensors(read_checkpoint(torch, checkpoint, spec), checkpoint, spec), checkpoint, spec)
    made = TorchNetwork(torch, network, place)
    if problem := probe(made):
        raise IntegrityError(f"{checkpoint} does not fit {spec.name}: {problem}")
    return DeepFilterNetInTorch(made, settings, threads if place.type == "cpu" else 1)


def _tensors(state: Any, path: Path, spec: ModelSpec) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint as the package reads them."""
    if not isinstance(state, Mapping):
        raise IntegrityError(f"{path} contains a {type(state).__name__}, expected the tensors of {spec.name} by name")
    # `read_cp` names these as extra tensors in checkpoints of older versions.
    kept = {name: value for name, value in state.items() if not name.endswith(".h0") and "erb_comp" not in name}
    # A count of training steps is a scalar; old versions of torch wrote shape (1,).
    return {
        name: value.reshape(()) if name.endswith(".num_batches_tracked") and value.numel() == 1 else value
        for name, value in kept.items()
    }


def _build(spec: ModelSpec, config: Path, device: torch.device) -> Any:
    """Let the package build the network that a config.ini describes, with random weights.

    Raises:
        MissingExtraError: the package, or one that it needs, is not installed.
        IntegrityError: the package cannot build it.
    """
    libdf = require("libdf", spec)
    bands = libdf.DF(SAMPLE_RATE, WIN_LENGTH, HOP_LENGTH, N_BANDS, _MIN_BAND_BINS)
    with _private_package(spec) as part, _silence(spec):
        settings = part("config")
        vars(settings)["os"] = SimpleNamespace(path=os.path, environ={})
        try:
            settings.config.load(str(config), config_must_exist=True)
            settings.config.set("device", device.type, str, "train")
            return part("model").init_model(bands)
        except (ValueError, KeyError, TypeError, AssertionError, RuntimeError) as error:
            raise IntegrityError(_no_network(spec, config, repr(error))) from error
        except SystemExit as error:
            raise IntegrityError(_no_network(spec, config, f"it tried to exit with code {error.code!r}")) from error


def _no_network(spec: ModelSpec, config: Path, reason: str) -> str:
    return (
        f"{config}: the package deepfilternet cannot build a network from it: {reason}; expected the config.ini of the "
        f"checkpoint of {spec.name}"
    )


@contextmanager
def _private_package(spec: ModelSpec) -> Iterator[Callable[[str], ModuleType]]:
    """Yield a function that imports single modules of the package, separate from those that the process has imported.

    The package's own `__init__` is not run; it would import the whole package.
    """
    outside = _take_modules()
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        sys.modules.update(outside)
        raise MissingExtraError(f"{spec.name} needs the package 'deepfilternet', which is not installed here")
    package = ModuleType(_PACKAGE)
    package.__path__ = list(found.submodule_search_locations)
    sys.modules[_PACKAGE] = package
    try:
        yield lambda name: require(f"{_PACKAGE}.{name}", spec)
    finally:
        _take_modules()
        sys.modules.update(outside)


def _take_modules() -> dict[str, ModuleType]:
    """Remove the package from the list of imported modules, and return the removed entries."""
    names = [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def _silence(spec: ModelSpec) -> Iterator[None]:
    """Disable the log of the package, which would go to the terminal."""
    logger = require("loguru", spec).logger
    logger.disable(_PACKAGE)
    try:
        yield
    finally:
        logger.enable(_PACKAGE)
