"""DPCRN traced once for every length, on its device, taking a clip block by block and handing its state on.

The rule: blocks of any number of hops, one after the other, give what the whole clip gives at once; memory depends on
the block alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ..base import Waveform
from .graph import HOP_LENGTH, Graph, State
from .layers import N_BANDS, N_UNITS, Weights


class Network:
    """The traced network. Threads may share it."""

    def __init__(self, tf: ModuleType, weights: Weights, device: str) -> None:
        """Trace the graph.

        Args:
            tf: the module tensorflow.
            weights: the network's arrays; they become constants of the graph.
            device: TensorFlow's name of it, such as "/CPU:0".
        """
        self._tf = tf
        self._device = device
        self._shapes = _state_shapes(tf, weights)
        # On the CPU one clip keeps to one core, and the caller runs clips side by side. The default executor spreads
        # the two directions of an LSTM over threads: up to a third more CPU time, and the clip is done no sooner. A
        # stream of single frames costs 1.4 times as much with it.
        self._executor = "SINGLE_THREADED_EXECUTOR" if device.startswith("/CPU") else ""
        signature = [tf.TensorSpec([None]), tf.nest.map_structure(tf.TensorSpec, self._shapes)]
        with self._scope():
            traced = tf.function(Graph(tf, weights).__call__, input_signature=signature, autograph=False)
            self._advance = traced.get_concrete_function()

    def start(self, first_hop: Waveform) -> State:
        """Return the state after a clip's first 200 samples.

        The first frame begins with the clip. Zeros in front would be frames of silence, which the LSTMs hear: the
        output would then be 32 to 40 dB from the authors'.
        """
        with self._scope():
            zeros: State = self._tf.nest.map_structure(self._tf.zeros, self._shapes)
            return zeros._replace(analysis=self._tf.constant(first_hop))

    def advance(self, hops: Waveform, state: State) -> tuple[Waveform, State]:
        """Run the next whole hops of a clip.

        Args:
            hops: shape (n * 200,), n at least 1.
            state: what came of the samples before.

        Returns:
            The output, of the same shape and one hop behind the input; the state after it.
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
