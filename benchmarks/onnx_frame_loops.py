"""The published frame-by-frame ONNX graphs in a plain loop: one frame of one clip per call, with the caches given back.

The loop is that of the authors' scripts (aask1357/fastenhancer, docs/docs/onnx.md; Xiaobin-Rong/ul-unas, ulunas_onnx).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from seinfer.backends.base import Waveform

from .originals import Inference

_N_FFT = 512


def onnx_frames(files: Mapping[str, Path], hop_length: int = 256) -> Inference:
    """Return the loop of one graph, for one clip of shape (time,); `files` is name -> path of its one file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    [path] = files.values()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    frame, *caches = session.get_inputs()
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)).astype(np.float32)

    def enhance(clip: Waveform) -> Waveform:
        state = [np.zeros(cache.shape, np.float32) for cache in caches]
        padded = np.pad(clip, _N_FFT // 2, mode="reflect")
        made, covered = np.zeros(len(padded), np.float32), np.full(len(padded), 1e-8, np.float32)
        for start in range(0, len(padded) - _N_FFT + 1, hop_length):
            spectrum = np.fft.rfft(padded[start : start + _N_FFT] * window)
            feeds = {frame.name: np.stack([spectrum.real, spectrum.imag], 1)[None, :, None].astype(np.float32)}
            feeds |= {cache.name: values for cache, values in zip(caches, state, strict=True)}
            enhanced, *state = session.run(None, feeds)
            made[start : start + _N_FFT] += np.fft.irfft(enhanced[0, :, 0, 0] + 1j * enhanced[0, :, 0, 1]) * window
            covered[start : start + _N_FFT] += window**2
        return (made / covered)[_N_FFT // 2 :][: len(clip)]

    return enhance


ONNX_FRAME_LOOPS: Mapping[str, Callable[[Mapping[str, Path]], Inference]] = {
    **dict.fromkeys(("ul-unas", "fastenhancer-t", "fastenhancer-b", "fastenhancer-s"), onnx_frames),
    "fastenhancer-m": partial(onnx_frames, hop_length=160),
    **dict.fromkeys(("bsrnn-xxt", "bsrnn-xt", "fspen", "lisennet"), onnx_frames),
}
"""Model -> the function that makes its loop out of its files."""
