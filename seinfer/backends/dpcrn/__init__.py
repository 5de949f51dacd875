"""DPCRN in TensorFlow (`load_tf`) and in LiteRT (`load_litert`)."""

from .litert import load as load_litert
from .tensorflow import load as load_tf

__all__ = ["load_litert", "load_tf"]
