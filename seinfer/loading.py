"""A model's name -> a loaded network: packages checked, weights verified, then its backend's `load`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import weights
from .backends.base import Enhancer
from .devices import cores
from .errors import BackendError, MissingExtraError
from .install import install_line, missing_packages
from .records import ModelSpec
from .registry import resolve


def load_enhancer(spec: ModelSpec, *, device: str = "cpu", threads: int | None = None) -> Enhancer:
    """Load a network.

    Args:
        spec: the model.
        device: "cpu" or "cuda".
        threads: cores that it may use; None for all of this machine's.

    Raises:
        MissingExtraError: packages are not installed; the message holds the line that installs them.
        MissingWeightsError: weights are not there; the message holds the command that fetches them.
        IntegrityError: weights are not what they must be.
        BackendError: what was loaded does not keep the contract.
    """
    if missing := missing_packages(spec):
        raise MissingExtraError(
            f"{spec.name} needs {', '.join(missing)}, not installed here; install with: {install_line(spec)}"
        )
    files: Mapping[str, Path] = weights.locate(spec)
    load = resolve(spec)
    try:
        enhancer = load(spec, files, device=device, threads=threads or cores())
    except MissingExtraError as error:
        raise MissingExtraError(f"{error}; install with: {install_line(spec)}") from error
    if not isinstance(enhancer, Enhancer):
        raise BackendError(
            f"the backend {spec.backend!r} of {spec.name} returned a {type(enhancer).__name__}; expected an object "
            "with sample_rate and enhance(batch), see seinfer/backends/base.py"
        )
    return enhancer
