"""DeepFilterNet in onnxruntime (`load`) and in torch (`load_torch`)."""

from .onnx import load
from .torch import load as load_torch

__all__ = ["load", "load_torch"]
