"""The Python API: `load_model` loads a model by its name; `enhance` does everything in one call."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.devices import checked_device, checked_precision
from ..models import weights
from ..models.registry import load_registry
from .loading import load_on
from .model import Model

DEFAULT_MODEL = "rnnoise"


def load_model(
    name: str,
    *,
    device: str = "auto",
    precision: str = "float32",
    threads: int | None = None,
    download: bool = False,
    models_files: Iterable[str | Path] = (),
) -> Model:
    """Load a model.

    Args:
        name: a name or alias, see `seinfer models`.
        device: "auto", "cpu" or "cuda".
        precision: "float32", "bf16" or "fp16"; a model that has no other precision stays in float32.
        threads: processor cores that it may use; None for all.
        download: fetch missing weights; otherwise the network is never used.
        models_files: files with further models, in the form of models.toml.

    Raises:
        UsageError: there is no such model.
        MissingExtraError, MissingWeightsError: something is missing; the message contains the command that fixes it.
        IntegrityError: the weights do not have the expected digest or do not fit the network.
    """
    spec = load_registry(Path(path) for path in models_files).find(name)
    if download:
        weights.pull(spec)
    loaded = load_on(spec, device=checked_device(device), threads=threads, precision=checked_precision(precision))
    return Model(spec, loaded.enhancer, loaded.device)


def enhance(wav: npt.ArrayLike, sr: int, model: str = DEFAULT_MODEL) -> npt.NDArray[np.float32]:
    """Enhance one recording; the model stays loaded for the next call.

    Args:
        wav: float samples within [-1, 1], shape (time,) or (channels, time).
        sr: sample rate in Hz.
        model: a name or alias.

    Returns:
        float32, the same shape, rate, alignment and level.

    Raises:
        SeinferError: as `load_model` and `Model.enhance`.
    """
    return _loaded(model).enhance(wav, sr)


@lru_cache(maxsize=1)
def _loaded(name: str) -> Model:
    return load_model(name)
