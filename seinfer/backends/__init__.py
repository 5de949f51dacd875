"""Model families: one module or package each. `base` is their contract; `frames`, `onnx` and `torch` are shared."""
