"""DPCRN as TensorFlow operations: from the next hops of a clip to the next hops of the output.

The rule: causal in time, so that all that a block of frames needs of those before it is in `State`. One clip at a
time: the frames of a block fill the matrix products, and clips side by side in one call would gain nothing. A spectrum
has the layout (1, frame, frequency, channel) in the convolutions, without the 1 elsewhere.

Source: Le-Xiaohuai-speech/DPCRN_DNS3 @c7fe17d, main.py (`build_DPCRN_model`) and modules.py (`DprnnBlock`).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .layers import N_BINS, N_UNITS, Array, Convolution, Dense, DualPath, Lstm, Norm, Weights

HOP_LENGTH = 200
WIN_LENGTH = 2 * HOP_LENGTH
_EPSILON = 1e-3  # of Keras' layer normalisation

Tensor = Any  # tensorflow has no type stubs
Tensors = tuple[Tensor, ...]


class State(NamedTuple):
    """What a block leaves for the next one: all that the network remembers of a clip.

    Attributes:
        analysis: the last hop of the input, shape (200,).
        encoder: last input frame of each convolution, shape (1, 1, frequency, channel).
        inter: hidden state and cell of each LSTM over time, shape (band, unit).
        decoder: last input frame of each transposed convolution, shape (1, 1, frequency, channel).
        synthesis: the second half of the last output frame, shape (200,).
    """

    analysis: Tensor
    encoder: Tensors
    inter: tuple[Tensors, ...]
    decoder: Tensors
    synthesis: Tensor


class Graph:
    """The network as a function of (hops, state), eager or traced."""

    def __init__(self, tf: ModuleType, weights: Weights) -> None:
        self._tf = tf
        self._weights = weights

    def __call__(self, hops: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the output for hops of shape (n * 200,), of that shape and one hop behind, and the state after it."""
        spectrum, analysis = self._analyse(hops, state.analysis)
        mask, state = self._mask(spectrum, state)
        output, synthesis = self._synthesise(spectrum * mask, state.synthesis)
        return output, state._replace(analysis=analysis, synthesis=synthesis)

    def _analyse(self, hops: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Return the spectrum, shape (frame, frequency), and the last hop."""
        tf = self._tf
        rows = tf.reshape(tf.concat([previous, hops], 0), [-1, HOP_LENGTH])
        frames = tf.concat([rows[:-1], rows[1:]], 1)
        return tf.signal.rfft(frames * sine_window()), rows[-1]

    def _synthesise(self, spectrum: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Return the overlapped hops, shape (time,), and the half frame that is still to be added to."""
        tf = self._tf
        frames = tf.signal.irfft(spectrum, [WIN_LENGTH]) * sine_window()
        first, second = frames[:, :HOP_LENGTH], frames[:, HOP_LENGTH:]
        output = first + tf.concat([previous[None], second[:-1]], 0)
        return tf.reshape(output, [-1]), second[-1]

    def _mask(self, spectrum: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the complex ratio mask, shape (frame, frequency); neither its parts nor its modulus are bounded."""
        tf = self._tf
        parts = tf.stack([tf.math.real(spectrum), tf.math.imag(spectrum)], -1)
        x = self._normalise(parts, self._weights.input_norm)[None]
        x, skips, encoder = self._encode(x, state.encoder)
        x, inter = self._recur(x[0], state.inter)
        x, decoder = self._decode(x[None], skips, state.decoder)
        # The last layer makes 202 bins, one more than the spectrum has.
        mask = tf.complex(x[0, :, :N_BINS, 0], x[0, :, :N_BINS, 1])
        return mask, state._replace(encoder=encoder, inter=inter, decoder=decoder)

    def _encode(self, x: Tensor, previous: Tensors) -> tuple[Tensor, list[Tensor], Tensors]:
        outputs, last = [x], []
        for layer, frame in zip(self._weights.encoder, previous, strict=True):
            y, now = self._convolve(outputs[-1], frame, layer)
            outputs.append(y)
            last.append(now)
        return outputs[-1], outputs[1:], tuple(last)

    def _decode(self, x: Tensor, skips: list[Tensor], previous: Tensors) -> tuple[Tensor, Tensors]:
        last = []
        for layer, skip, frame in zip(self._weights.decoder, reversed(skips), previous, strict=True):
            x, now = self._convolve(self._tf.concat([skip, x], -1), frame, layer)
            last.append(now)
        return x, tuple(last)

    def _recur(self, x: Tensor, memories: tuple[Tensors, ...]) -> tuple[Tensor, Tensors]:
        last = []
        for block, memory in zip(self._weights.blocks, memories, strict=True):
            x, now = self._dual_path(x, memory, block)
            last.append(now)
        return x, tuple(last)

    def _convolve(self, x: Tensor, previous: Tensor, layer: Convolution) -> tuple[Tensor, Tensor]:
        """Convolve x, which follows the frame `previous`; return the output and the last frame of x."""
        tf = self._tf
        joined = tf.concat([previous, x], 1)
        padded = tf.pad(joined, [[0, 0], [0, 0], layer.pad, [0, 0]])
        y = tf.nn.bias_add(tf.nn.conv2d(padded, layer.kernel, [1, 1, layer.stride, 1], "VALID"), layer.bias)
        if layer.slope is not None:
            # Not max(y, slope * y): the trained slopes reach beyond 1.
            y = tf.nn.relu(y) + layer.slope * tf.minimum(y, 0.0)
        _, _, n_bins, n_channels = y.shape
        y = tf.reshape(y, [1, -1, n_bins * layer.upsample, n_channels // layer.upsample])
        return y, joined[:, -1:]

    def _dual_path(self, x: Tensor, memory: Tensors, block: DualPath) -> tuple[Tensor, Tensors]:
        """Run a block on x of shape (frame, band, channel)."""
        tf = self._tf
        bands = tf.transpose(x, [1, 0, 2])
        zeros = tf.zeros([tf.shape(x)[0], N_UNITS // 2])
        upwards, _ = self._lstm(bands, (zeros, zeros), block.forward)
        downwards, _ = self._lstm(bands[::-1], (zeros, zeros), block.backward)
        intra = self._dense(tf.concat([upwards, downwards[::-1]], -1), block.intra_dense)
        x += self._normalise(tf.transpose(intra, [1, 0, 2]), block.intra_norm)
        inter, memory = self._lstm(x, memory, block.inter)
        return x + self._normalise(self._dense(inter, block.inter_dense), block.inter_norm), memory

    def _lstm(self, x: Tensor, memory: Tensors, weights: Lstm) -> tuple[Tensor, Tensors]:
        """Run an LSTM along the first axis of x.

        Args:
            x: shape (step, row, channel).
            memory: hidden state and cell before the first step, each of shape (row, unit).
            weights: the LSTM's arrays.

        Returns:
            The hidden states, shape (step, row, unit), and the memory after the last step.
        """
        tf = self._tf
        n_steps, n_units = tf.shape(x)[0], weights.recurrent.shape[0]
        projected = self._dense(x, Dense(weights.kernel, weights.bias))

        def step(i: Tensor, hidden: Tensor, cell: Tensor, outputs: Tensor) -> Tensors:
            z = projected[i] + tf.matmul(hidden, weights.recurrent)
            # The hard sigmoid's slope and offset are in the weights.
            gates = tf.clip_by_value(z[:, : 3 * n_units], 0.0, 1.0)
            input_gate, forget_gate, output_gate = tf.split(gates, 3, 1)
            cell = forget_gate * cell + input_gate * tf.tanh(z[:, 3 * n_units :])
            hidden = output_gate * tf.tanh(cell)
            return i + 1, hidden, cell, outputs.write(i, hidden)

        outputs = tf.TensorArray(tf.float32, n_steps, element_shape=[None, n_units])
        loop = (0, *memory, outputs)
        _, hidden, cell, outputs = tf.while_loop(lambda i, *_: i < n_steps, step, loop, maximum_iterations=n_steps)
        return outputs.stack(), (hidden, cell)

    def _dense(self, x: Tensor, weights: Dense) -> Tensor:
        """Take x of shape (step, row, channel) through a dense layer, as one product of two matrices."""
        tf = self._tf
        rows = tf.matmul(tf.reshape(x, [-1, weights.kernel.shape[0]]), weights.kernel) + weights.bias
        return tf.reshape(rows, tf.concat([tf.shape(x)[:2], weights.bias.shape], 0))

    def _normalise(self, x: Tensor, weights: Norm) -> Tensor:
        """Normalise each frame of x, shape (frame, frequency, channel), over frequency and channel."""
        tf = self._tf
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + _EPSILON) * weights.gamma + weights.beta


def sine_window() -> Array:
    """Return the window of analysis and of synthesis, sin(pi (n + 1/2) / 400), shape (400,).

    Its square at a hop of half its length adds up to 1. Without the half sample the output is 38 dB from the authors'.
    """
    window: Array = np.sin(np.pi * (np.arange(WIN_LENGTH) + 0.5) / WIN_LENGTH).astype(np.float32)
    return window
