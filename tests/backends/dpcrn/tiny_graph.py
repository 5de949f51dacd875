"""A TFLite graph of a few KB with the interface of DPCRN-base, and the same in float64 numpy.

    inputs    features (1, 1, 257, 3): Re, Im, log power; state (1, 2, 32, 128)
    outputs   mask, sine, cosine (1, 1, 257) each; next state

Every input, every output and the state have an effect, so the test fails if an adapter confuses any of them:

    h      = the first 257 values of the state
    h'     = tanh(a h + b Re - c Im + 0.05 log power)
    mask   = relu(1 + a h' + 0.02 log power)
    angle  = 0.8 tanh(b Re + c Im) + 0.3 c h tanh(Re)
    state' = h', then 0.9 of the rest of the state + 0.01

For a silent frame the angle is 0, as with the published graphs, which `load` checks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seinfer.backends.base import Waveform

Exact = npt.NDArray[np.float64]

N_BINS, WIN_LENGTH, HOP_LENGTH = 257, 512, 256
STATE_SHAPE = (1, 2, 32, 128)
GRAPH = Path(__file__).with_name("golden") / "tiny.tflite"


def vectors() -> tuple[Exact, Exact, Exact]:
    """Return a, b and c, shape (257,) each: float32 values in double precision."""
    rng = np.random.RandomState(2)
    ranges = ((-0.9, 0.9), (0.2, 1.0), (-0.8, 0.8))
    a, b, c = (rng.uniform(*ends, N_BINS).astype(np.float32).astype(np.float64) for ends in ranges)
    return a, b, c


def convert() -> bytes:
    """Return the graph as a TFLite file."""
    import tensorflow as tf

    a, b, c = (tf.constant(values, tf.float32) for values in vectors())

    @tf.function(input_signature=[tf.TensorSpec([1, 1, N_BINS, 3]), tf.TensorSpec(STATE_SHAPE)])  # type: ignore[misc]
    def step(features: Any, state: Any) -> Any:
        re, im, power = (features[:, :, :, k] for k in range(3))
        flat = tf.reshape(state, [1, 1, -1])
        h, rest = flat[:, :, :N_BINS], flat[:, :, N_BINS:]
        after = tf.tanh(a * h + b * re - c * im + 0.05 * power)
        mask = tf.nn.relu(1.0 + a * after + 0.02 * power)
        angle = 0.8 * tf.tanh(b * re + c * im) + 0.3 * c * h * tf.tanh(re)
        following = tf.reshape(tf.concat([after, 0.9 * rest + 0.01], -1), STATE_SHAPE)
        return mask, tf.sin(angle), tf.cos(angle), following

    converter = tf.lite.TFLiteConverter.from_concrete_functions([step.get_concrete_function()])
    content: bytes = converter.convert()
    return content


def enhance(clip: Waveform) -> Exact:
    """Enhance a clip of shape (time,) as the published script does, but with sine and cosine in the right order."""
    window = np.sin(np.pi * (np.arange(WIN_LENGTH) + 0.5) / WIN_LENGTH)
    n_frames = -(-len(clip) // HOP_LENGTH)
    signal, output = np.zeros((2, (n_frames + 1) * HOP_LENGTH))
    signal[: len(clip)] = clip
    state = np.zeros(np.prod(STATE_SHAPE))
    for start in range(0, n_frames * HOP_LENGTH, HOP_LENGTH):
        spectrum = np.fft.rfft(window * signal[start : start + WIN_LENGTH])
        gain, state = _step(spectrum, state)
        output[start : start + WIN_LENGTH] += window * np.fft.irfft(spectrum * gain)
    return output[: len(clip)]


def _step(spectrum: Any, state: Exact) -> tuple[Any, Exact]:
    """Return the complex gain of each bin and the next state."""
    a, b, c = vectors()
    re, im = spectrum.real, spectrum.imag
    power = np.log(re**2 + im**2 + 1e-9)
    h, rest = state[:N_BINS], state[N_BINS:]
    after = np.tanh(a * h + b * re - c * im + 0.05 * power)
    mask = np.maximum(1 + a * after + 0.02 * power, 0)
    angle = 0.8 * np.tanh(b * re + c * im) + 0.3 * c * h * np.tanh(re)
    return mask * np.exp(1j * angle), np.concatenate([after, 0.9 * rest + 0.01])
