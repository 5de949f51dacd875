"""DPCRN as TensorFlow operations, traced once for clips of every length.

Two classes: `Graph` computes the next hops of the output from the next hops of the input; `Network` traces it on one
device and is what the enhancer calls.

The rule: the network is causal in time, and everything that a block of frames needs from earlier frames is in `State`.
So blocks of any number of hops, one after the other, give the result of the whole clip at once, and memory depends on
the block alone. One clip runs at a time: the frames of a block already fill the matrix products, so several clips in
one call would not be faster. A spectrum has the layout (1, frame, frequency, channel) in the convolutions, and
(frame, frequency, channel) elsewhere.

Source: Le-Xiaohuai-speech/DPCRN_DNS3@c7fe17d, main.py (`build_DPCRN_model`) and modules.py (`DprnnBlock`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..base import Waveform
from ..frames import sine_window
from .layers import N_BANDS, N_BINS, N_UNITS, Convolution, Dense, DualPath, Lstm, Norm, Weights

HOP_LENGTH = 200
WIN_LENGTH = 2 * HOP_LENGTH
# Of analysis and of synthesis. Without its half sample the output is 38 dB from the authors'.
_WINDOW = sine_window(WIN_LENGTH).astype(np.float32)
_EPSILON = 1e-3  # of Keras' layer normalisation

Tensor = Any  # tensorflow has no type stubs
Tensors = tuple[Tensor, ...]


class State(NamedTuple):
    """State after a block, needed by the next block: everything that the network remembers of a clip.

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
    """The network as a function of (hops, state), which runs eagerly or traced."""

    def __init__(self, tf: ModuleType, weights: Weights) -> None:
        self._tf = tf
        self._weights = weights

    def __call__(self, hops: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the output for hops of shape (n * 200,), of the same shape and one hop late, and the next state."""
        spectrum, analysis = self._analyse(hops, state.analysis)
        mask, state = self._mask(spectrum, state)
        output, synthesis = self._synthesise(spectrum * mask, state.synthesis)
        return output, state._replace(analysis=analysis, synthesis=synthesis)

    def _analyse(self, hops: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Return the spectrum, shape (frame, frequency), and the last hop."""
        tf = self._tf
        rows = tf.reshape(tf.concat([previous, hops], 0), [-1, HOP_LENGTH])
        frames = tf.concat([rows[:-1], rows[1:]], 1)
        return tf.signal.rfft(frames * _WINDOW), rows[-1]

    def _synthesise(self, spectrum: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Return the finished hops, shape (time,), and the half frame that the next frame overlaps."""
        tf = self._tf
        frames = tf.signal.irfft(spectrum, [WIN_LENGTH]) * _WINDOW
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
        """Convolve x, with the frame `previous` in front of it; return the output and the last frame of x."""
        tf = self._tf
        joined = tf.concat([previous, x], 1)
        padded = tf.pad(joined, [[0, 0], [0, 0], layer.pad, [0, 0]])
        y = tf.nn.bias_add(tf.nn.conv2d(padded, layer.kernel, [1, 1, layer.stride, 1], "VALID"), layer.bias)
        if layer.slope is not None:
            # Not max(y, slope * y): some trained slopes are above 1.
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
            # The slope and the offset of the hard sigmoid are contained in the weights.
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
        """Apply a dense layer to x of shape (step, row, channel), as one product of two matrices."""
        tf = self._tf
        rows = tf.matmul(tf.reshape(x, [-1, weights.kernel.shape[0]]), weights.kernel) + weights.bias
        return tf.reshape(rows, tf.concat([tf.shape(x)[:2], weights.bias.shape], 0))

    def _normalise(self, x: Tensor, weights: Norm) -> Tensor:
        """Normalise each frame of x, shape (frame, frequency, channel), over frequency and channel."""
        tf = self._tf
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + _EPSILON) * weights.gamma + weights.beta


class Network:
    """The traced network. Threads may share it."""

    def __init__(self, tf: ModuleType, weights: Weights, device: str) -> None:
        """Trace the graph.

        Args:
            tf: the module tensorflow.
            weights: the network's arrays; they become constants of the graph.
            device: TensorFlow's name of the device, such as "/CPU:0".
        """
        self._tf = tf
        self._device = device
        self._shapes = _state_shapes(tf, weights)
        # On the CPU one clip uses one core, and the caller runs clips in parallel. The default executor runs the two
        # directions of an LSTM in two threads: up to a third more CPU time, and the clip is not finished earlier. A
        # stream of single frames costs 1.4 times as much with it.
        self._executor = "SINGLE_THREADED_EXECUTOR" if device.startswith("/CPU") else ""
        signature = [tf.TensorSpec([None]), tf.nest.map_structure(tf.TensorSpec, self._shapes)]
        with self._scope():
            traced = tf.function(Graph(tf, weights).__call__, input_signature=signature, autograph=False)
            self._advance = traced.get_concrete_function()

    def start(self, first_hop: Waveform) -> State:
        """Return the state after a clip's first 200 samples.

        The first frame begins with the clip. Zeros in front would be frames of silence and change the state of the
        LSTMs: the output would then be 32 to 40 dB from the authors'.
        """
        with self._scope():
            zeros: State = self._tf.nest.map_structure(self._tf.zeros, self._shapes)
            return zeros._replace(analysis=self._tf.constant(first_hop))

    def advance(self, hops: Waveform, state: State) -> tuple[Waveform, State]:
        """Run the next whole hops of a clip.

        Args:
            hops: shape (n * 200,), n at least 1.
            state: the state after the samples before.

        Returns:
            The output, of the same shape and one hop later than the input; the state after these hops.
        """
        with self._scope():
            output, state = self._advance(self._tf.constant(hops), state)
            return output.numpy(), state

    @contextmanager
    def _scope(self) -> Iterator[None]:
        with self._tf.device(self._device), self._tf.experimental.function_executor_type(self._executor):
            yield


def _state_shapes(tf: ModuleType, weights: Weights) -> State:
    hop, memory = tf.TensorShape([HOP_LENGTH]), tf.TensorShape([N_BANDS, N_UNITS])
    encoder, decoder = (
        tuple(tf.TensorShape([1, 1, layer.n_bins, layer.kernel.shape[2]]) for layer in layers)
        for layers in (weights.encoder, weights.decoder)
    )
    return State(hop, encoder, tuple((memory, memory) for _ in weights.blocks), decoder, hop)
