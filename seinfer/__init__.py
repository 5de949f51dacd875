"""Compare pretrained speech denoisers on your own recordings, with numbers you can trust.

    from seinfer import load_model
    model = load_model("rnnoise")
    enhanced = model.enhance(wav, sr)

`wav` is float within [-1, 1], shape (time,) or (channels, time), at any sample rate `sr` in Hz. The result has the same
shape, rate, alignment and level. `seinfer models` lists the models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import version

    from .core.errors import SeinferError
    from .enhancement.api import enhance, load_model
    from .enhancement.model import Model

    __version__ = version("seinfer")

__all__ = ["Model", "SeinferError", "__version__", "enhance", "load_model"]

_MODULES = {
    "enhance": "enhancement.api",
    "load_model": "enhancement.api",
    "Model": "enhancement.model",
    "SeinferError": "core.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): `import seinfer` must cost nothing."""
    import importlib

    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("seinfer")
    if name not in _MODULES:
        raise AttributeError(f"module 'seinfer' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
