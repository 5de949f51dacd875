"""ModelSpec -> loaded network: check the packages, verify the weights, call `load` of the backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..backends.base import Enhancer
from ..core.devices import cores, find_gpu
from ..core.errors import BackendError, MissingExtraError, UsageError
from ..core.records import ModelSpec
from ..models import weights
from ..models.extras import install_line, missing_packages
from ..models.registry import resolve
from .precision import FLOAT32, Precision, set_precision

RATES_HZ = (4_000, 384_000)
"""Lowest and highest sample rate of a network."""


@dataclass(frozen=True)
class Loaded:
    """A loaded network and its device.

    Attributes:
        device: "cpu" or "cuda".
        note: why it does not run on the requested device, or not in the requested precision; empty if it does.
        precision: in which it computes, and the error against float32.
    """

    enhancer: Enhancer
    device: str
    note: str = ""
    precision: Precision = FLOAT32


def load_on(spec: ModelSpec, *, device: str, threads: int | None = None, precision: str = "float32") -> Loaded:
    """Load a network on a device; "auto" uses the GPU if there is one and the network supports it.

    Args:
        spec: the model.
        device: "auto", "cpu" or "cuda".
        threads: processor cores that it may use; None for all.
        precision: "float32", "bf16" or "fp16"; a network that has no other precision computes in float32.

    Raises:
        SeinferError: as `load_enhancer`; BackendError if the network does not work in this precision.
    """
    loaded = _on_device(spec, device, threads)
    found = set_precision(loaded.enhancer, precision, spec.name)
    return replace(loaded, precision=found, note="; ".join(filter(None, (loaded.note, found.note))))


def _on_device(spec: ModelSpec, device: str, threads: int | None) -> Loaded:
    if device == "auto":
        if not find_gpu():
            return Loaded(load_enhancer(spec, device="cpu", threads=threads), "cpu", "no NVIDIA GPU found")
        try:
            return _on_device(spec, "cuda", threads)
        except (UsageError, BackendError) as error:
            return Loaded(load_enhancer(spec, device="cpu", threads=threads), "cpu", str(error))
    enhancer = load_enhancer(spec, device=device, threads=threads)
    actual = str(getattr(enhancer, "device", "cpu"))
    return Loaded(enhancer, actual, "" if actual == device else f"{spec.name} runs on the {actual} only")


def load_enhancer(spec: ModelSpec, *, device: str = "cpu", threads: int | None = None) -> Enhancer:
    """Load a network.

    Args:
        spec: the model.
        device: "cpu" or "cuda".
        threads: processor cores that it may use; None for all.

    Raises:
        MissingExtraError: packages are not installed; the message contains the command that installs them.
        MissingWeightsError: weights are missing; the message contains the command that fetches them.
        IntegrityError: weights do not have the expected digest or do not fit the network.
        BackendError: the loaded object does not fulfil the backend contract.
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
    _require_sample_rate(enhancer.sample_rate, spec)
    return enhancer


def _require_sample_rate(rate: object, spec: ModelSpec) -> None:
    """Refuse a rate that no denoiser has: clips would be resampled to it without end."""
    low, high = RATES_HZ
    if isinstance(rate, int) and (rate == 0 or low <= rate <= high):
        return
    raise BackendError(
        f"the backend {spec.backend!r} of {spec.name} has the sample_rate {str(rate)[:60]}; expected a whole number of "
        f"Hz from {low} to {high}, or 0 for any rate: correct its sample_rate"
    )
