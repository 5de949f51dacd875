"""DPCRN-TF in float64 numpy, written from the equations of the paper and the authors' description of the network.

It shares no code with seinfer and does not combine operations: batch normalisation is a step of its own, a transposed
convolution adds the contribution of each input, the LSTM has the gates in Keras' order, and a clip runs as a whole.
It was compared once with the authors' own output: see golden/README.md.

Source: Le et al., Interspeech 2021 (doi:10.21437/Interspeech.2021-296); Le-Xiaohuai-speech/DPCRN_DNS3@c7fe17d, main.py
and modules.py.
"""

from __future__ import annotations

import numpy as np

from .standin import DECODER, ENCODER, Exact, Tensors

HOP, EPSILON = 200, 1e-3
N_BINS = HOP + 1
WINDOW = np.sin(np.pi * (np.arange(2 * HOP) + 0.5) / (2 * HOP))


def enhance(tensors: Tensors, clip: Exact) -> Exact:
    """Enhance a clip of shape (time,); a frame of zeros follows it, so that its last hop is part of two frames."""
    signal = np.concatenate([clip.astype(np.float64), np.zeros(2 * HOP)])
    n_frames = len(signal) // HOP - 1
    spectrum = np.array([np.fft.rfft(WINDOW * signal[t * HOP :][: 2 * HOP]) for t in range(n_frames)])
    mask = _mask(tensors, np.stack([spectrum.real, spectrum.imag], -1))
    enhanced = spectrum * (mask[..., 0] + 1j * mask[..., 1])
    output = np.zeros((n_frames + 1) * HOP)
    for t in range(n_frames):
        output[t * HOP :][: 2 * HOP] += WINDOW * np.fft.irfft(enhanced[t])
    return output[: len(clip)]


def _mask(tensors: Tensors, x: Exact) -> Exact:
    """Return the two parts of the mask for a spectrum of shape (frame, frequency, 2)."""
    x = _layer_norm(tensors, "layer_normalization/layer_normalization", x)
    skips = []
    for k, (stride, pad) in enumerate([(2, (0, 2)), (2, (0, 1)), (1, (1, 1)), (1, (1, 1)), (1, (1, 1))]):
        x = _convolve(tensors, f"model0_conv_{k + 1}", x, stride, pad)
        x = _prelu(tensors, k, _batch_norm(tensors, f"model0_bn_{k + 1}", x))
        skips.append(x)
    for block, first in (("dprnn_block", 0), ("dprnn_block_1", 2)):
        x = _dual_path(tensors, f"{block}/{block}", first, x)
    # (stride, lowest output that is kept, number of outputs that are kept)
    for k, (stride, low, n) in enumerate([(1, 1, 50), (1, 1, 50), (1, 1, 50), (2, 0, 100), (2, 0, N_BINS)]):
        x = np.concatenate([skips.pop(), x], -1)
        x = _convolve_transposed(tensors, f"model0_dconv_{k + 1}", x, stride)[:-1, low : low + n]
        if k < len(DECODER) - 1:
            x = _prelu(tensors, len(ENCODER) + k, _batch_norm(tensors, f"model0_dbn_{k + 1}", x))
    return x


def _convolve(tensors: Tensors, layer: str, x: Exact, stride: int, pad: tuple[int, int]) -> Exact:
    kernel, bias = tensors[f"{layer}/{layer}/kernel:0"], tensors[f"{layer}/{layer}/bias:0"]
    x = np.pad(x, ((1, 0), pad, (0, 0)))
    width = kernel.shape[1]
    n_frames, n_out = len(x) - 1, (x.shape[1] - width) // stride + 1
    y = np.zeros((n_frames, n_out, kernel.shape[3])) + bias
    for a in range(2):
        for q in range(width):
            y += x[a : a + n_frames, q : q + stride * (n_out - 1) + 1 : stride] @ kernel[a, q]
    return y


def _convolve_transposed(tensors: Tensors, layer: str, x: Exact, stride: int) -> Exact:
    kernel, bias = tensors[f"{layer}/{layer}/kernel:0"], tensors[f"{layer}/{layer}/bias:0"]
    _, width, n_out, _ = kernel.shape
    n_frames, n_in, _ = x.shape
    y = np.zeros((n_frames + 1, stride * (n_in - 1) + width, n_out)) + bias
    for a in range(2):
        for q in range(width):
            y[a : a + n_frames, q : q + stride * (n_in - 1) + 1 : stride] += x @ kernel[a, q].T
    return y


def _batch_norm(tensors: Tensors, layer: str, x: Exact) -> Exact:
    gamma, beta, mean, variance = (
        tensors[f"{layer}/{layer}/{name}:0"] for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return gamma * (x - mean) / np.sqrt(variance + EPSILON) + beta


def _prelu(tensors: Tensors, index: int, x: Exact) -> Exact:
    layer = f"p_re_lu_{index}" if index else "p_re_lu"
    return np.where(x > 0, x, tensors[f"{layer}/{layer}/alpha:0"] * x)


def _layer_norm(tensors: Tensors, prefix: str, x: Exact) -> Exact:
    """Normalise each frame over (frequency, channel); the file has (channel, frequency), which is reshaped."""
    gamma, beta = (tensors[f"{prefix}/{name}:0"].reshape(x.shape[1:]) for name in ("gamma", "beta"))
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + EPSILON) + beta


def _dual_path(tensors: Tensors, block: str, first: int, x: Exact) -> Exact:
    """Run a block on x of shape (frame, band, channel)."""
    number = f"_{first}" if first else ""
    both = f"{block}/bidirectional{'_1' if first else ''}"
    bands = x.transpose(1, 0, 2)
    upwards = _lstm(tensors, f"{both}/forward_lstm{number}", bands)
    downwards = _lstm(tensors, f"{both}/backward_lstm{number}", bands[::-1])[::-1]
    intra = _dense(tensors, f"{block}/dense{number}", np.concatenate([upwards, downwards], -1)).transpose(1, 0, 2)
    x = x + _layer_norm(tensors, f"{block}/layer_normalization_{first + 1}", intra)
    inter = _dense(tensors, f"{block}/dense_{first + 1}", _lstm(tensors, f"{block}/lstm_{first + 1}", x))
    return x + _layer_norm(tensors, f"{block}/layer_normalization_{first + 2}", inter)


def _dense(tensors: Tensors, prefix: str, x: Exact) -> Exact:
    return x @ tensors[f"{prefix}/kernel:0"] + tensors[f"{prefix}/bias:0"]


def _lstm(tensors: Tensors, prefix: str, x: Exact) -> Exact:
    """Run along the first axis of x, shape (step, row, channel)."""
    kernel, recurrent, bias = (tensors[f"{prefix}/{name}:0"] for name in ("kernel", "recurrent_kernel", "bias"))
    hidden = cell = np.zeros((x.shape[1], len(recurrent)))
    outputs = []
    for step in x:
        i, f, c, o = np.split(step @ kernel + hidden @ recurrent + bias, 4, axis=-1)
        cell = _hard_sigmoid(f) * cell + _hard_sigmoid(i) * np.tanh(c)
        hidden = _hard_sigmoid(o) * np.tanh(cell)
        outputs.append(hidden)
    return np.array(outputs)


def _hard_sigmoid(x: Exact) -> Exact:
    return np.clip(0.2 * x + 0.5, 0, 1)
