"""Compare pretrained speech denoisers on your own recordings, with numbers you can trust.

    from seinfer import load_model
    model = load_model("rnnoise")
    enhanced = model.enhance(wav, sr)

    stream = model.stream(sr)               # a recording that arrives in blocks
    enhanced = [*map(stream.push, blocks), stream.flush()]

    from seinfer import compare
    result = compare("my_clips", models=["rnnoise", "dpcrn-quant"])
    result.to_pandas()              # one row per clip and model
    result.leaderboard.to_pandas()  # one row per model

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
    from .enhancement.streaming import ModelStream
    from .pipeline.api import compare, score
    from .pipeline.result import ResultTable, RunResult

    __version__ = version("seinfer")

__all__ = [
    "Model",
    "ModelStream",
    "ResultTable",
    "RunResult",
    "SeinferError",
    "__version__",
    "compare",
    "enhance",
    "load_model",
    "score",
]

_MODULES = {
    "enhance": "enhancement.api",
    "load_model": "enhancement.api",
    "Model": "enhancement.model",
    "ModelStream": "enhancement.streaming",
    "compare": "pipeline.api",
    "score": "pipeline.api",
    "RunResult": "pipeline.result",
    "ResultTable": "pipeline.result",
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
