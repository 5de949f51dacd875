"""A frame-by-frame network called once per frame, with an STFT in plain loops: slow, and shares no code with seinfer.

It runs the published file as it is: no axis of clips, no loop inside the graph.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt


def enhance(
    path: Path, clip: npt.NDArray[np.float32], n_fft: int, hop: int, window: str = "hann"
) -> npt.NDArray[np.float64]:
    """Enhance a clip of shape (time,); the spectrum of the graph has the shape (1, bin, 1, 2)."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    frame, *caches = session.get_inputs()
    state = [np.zeros(cache.shape, np.float32) for cache in caches]
    weights = np.sin(np.pi * np.arange(n_fft) / n_fft) ** (1 if window == "root-hann" else 2)
    half = n_fft // 2
    signal = np.concatenate([np.pad(clip.astype(np.float64), (half, 0), mode="reflect"), np.zeros(2 * n_fft)])
    output, covered = np.zeros(len(signal)), np.zeros(len(signal))
    for start in range(0, len(clip) + half, hop):
        spectrum = np.fft.rfft(signal[start : start + n_fft] * weights)
        packed = np.stack([spectrum.real, spectrum.imag], 1)[None, :, None].astype(np.float32)
        feeds = {frame.name: packed, **{cache.name: values for cache, values in zip(caches, state, strict=True)}}
        made, *state = session.run(None, feeds)
        part = np.fft.irfft(made[0, :, 0, 0] + 1j * made[0, :, 0, 1]) * weights
        output[start : start + n_fft] += part
        covered[start : start + n_fft] += weights**2
    kept = slice(half, half + len(clip))
    return output[kept] / covered[kept]
