"""The graph in onnxruntime: many frames of one clip, or of several clips together, in one call.

The rule: the result is that of the graph called frame by frame. `frame_loop.py` lets one call run many frames, which is
the same bit for bit; `clip_axis.py` lets it run several clips. If the graph has a node that `clip_axis.py` does not
know, the network runs clip by clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..frames import Spectra
from ..onnx import Array, Runtime, Session, read_graph, unfit
from .clip_axis import add_clip_axis
from .frame_loop import loop_over_frames
from .interface import Interface, read_interface
from .rewriter import UnknownGraphError

State = Sequence[Array]
"""Caches, shape (clip, *cache) each."""
_FLOOR = 1e-12
"""Smallest number that stands for a bin of exactly zero, at -240 dB, in a network that divides by it."""


class Network:
    """A frame-by-frame graph.

    Args:
        interface: shapes of its inputs and outputs.
        one: runs the frames of one clip.
        many: runs the frames of several clips together; None if the graph cannot.
    """

    def __init__(self, interface: Interface, one: Session, many: Session | None) -> None:
        self._interface = interface
        self._one = one
        self._many = many
        self._floor = 0.0

    @property
    def is_batched(self) -> bool:
        """Whether it can run several clips together."""
        return self._many is not None

    def start(self, n_clips: int) -> State:
        """Return the caches at the start of clips."""
        return self._interface.start(n_clips)

    def run(self, spectra: Spectra, state: State) -> tuple[Spectra, State]:
        """Run the next frames of several clips.

        Args:
            spectra: shape (frame, clip, frequency); one clip only if the network is not batched.
            state: returned by `start` or by the last call.

        Returns:
            Spectra of the same shape; the next state.
        """
        packed = self._interface.pack(np.where(spectra == 0, self._floor, spectra))
        if spectra.shape[1] == 1:
            made, *caches = self._one.run_in_order([packed[:, 0], *(cache[0] for cache in state)])
            return self._interface.unpack(made)[:, None], [cache[None] for cache in caches]
        assert self._many
        made, *caches = self._many.run_in_order([packed, *state])
        return self._interface.unpack(made), caches

    def check(self) -> str:
        """Run three silent frames; return what is wrong with the result, "" if nothing is.

        A network that computes the phase divides by the real part of each bin, so silence gives 0 / 0. From then on,
        bins of exactly zero are given to it as 1e-12.
        """
        n_clips = 2 if self.is_batched else 1
        silence = np.zeros((3, n_clips, max(self._interface.spectrum)), np.complex128)
        made, _ = self.run(silence, self.start(n_clips))
        if not np.isfinite(made).all():
            self._floor = _FLOOR
            made, _ = self.run(silence, self.start(n_clips))
        if made.shape != silence.shape:
            return f"its spectra have the shape {made.shape}, expected {silence.shape}"
        return "" if np.isfinite(made).all() else "its spectrum for silence is not finite"


def open_network(runtime: Runtime, path: Path, n_bins: int, spec: ModelSpec) -> Network:
    """Read, check and open a graph.

    Raises:
        MissingExtraError: onnx is not installed.
        IntegrityError: the file is damaged, or is not a frame-by-frame network of `n_bins`.
    """
    model = read_graph(path, spec)
    interface = read_interface(model, n_bins, path, spec)
    one = runtime.open(loop_over_frames(model), path, spec)
    try:
        many = runtime.open(loop_over_frames(add_clip_axis(model)), path, spec)
    except UnknownGraphError:
        many = None
    network = Network(interface, one, many)
    try:
        problem = network.check()
    except runtime.refusals as error:
        problem = str(error)
    if problem:
        raise IntegrityError(unfit(path, spec, problem))
    return network
