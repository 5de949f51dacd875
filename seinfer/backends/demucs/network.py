"""The forward pass of Demucs for clips of unequal length, and for a clip that continues from an LSTM state.

The rule it keeps: a clip has the same result in a batch as alone. The samples beyond its end are set to zero at every
point from which they could change the clip: after each doubling of the rate, before each transposed convolution, and
before and after each halving. A bidirectional LSTM starts at each clip's own end. The layers are the package's; this
module calls them one by one.

Source: Défossez, Synnaeve and Adi, "Real time speech enhancement in the waveform domain", Interspeech 2020
(arXiv:2006.12847), section 2; facebookresearch/denoiser@8afd7c1, denoiser/demucs.py, `Demucs.forward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .options import Architecture
from .resampling import Resampler, cut

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Memory:
    """State that is carried from one piece of a clip to the next.

    Attributes:
        state: the LSTM's hidden and cell state after its last frame.
        frames: output of the LSTM for the frames with which the next piece begins, shape (frame, batch, channel).
    """

    state: Any
    frames: torch.Tensor

    def last(self, n_frames: int) -> Memory:
        """Return the memory for a piece that shares `n_frames` with this one."""
        return Memory(self.state, self.frames[-n_frames:])


class Network:
    """The package's `Demucs` with its weights. The caller divides by the clip's deviation, and multiplies by it again.

    Attributes:
        resampler: between the sample rate and that of the convolutions.
        factor: rate of the convolutions divided by the sample rate.
        hop_samples: samples from one frame of the LSTM to the next, at the rate of the convolutions.
        frame_samples: samples that one frame of the LSTM depends on, and that depend on it, at that rate.
    """

    def __init__(self, module: Any, architecture: Architecture, resampler: Resampler) -> None:
        self.resampler = resampler
        self.factor = resampler.factor
        self._module = module
        self._architecture = architecture
        self.hop_samples: int = architecture.stride**architecture.depth
        self.frame_samples = 1
        for _ in range(architecture.depth):
            self.frame_samples = self._spread(self.frame_samples)

    def valid_samples(self, n_samples: int) -> int:
        """Return the length of a clip after padding with zeros, so that the last frame of every level is complete."""
        return int(self._module.valid_length(n_samples))

    def n_frames(self, n_samples: int) -> int:
        """Return the number of LSTM frames of a clip."""
        return self._n_frames(self.valid_samples(n_samples) * self.factor)

    def whole(self, clips: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Run whole clips, of shape (batch, time) and zero beyond their lengths.

        Returns:
            The same shape; the samples of a row beyond its length are undefined.
        """
        from torch.nn import functional

        valid = [self.valid_samples(length) for length in lengths]
        upsampled = self.resampler.up(functional.pad(clips, (0, max(valid) - clips.shape[1])), valid)
        decoded, ends, _ = self.convolve(upsampled, [length * self.factor for length in valid])
        return self.resampler.down(decoded, ends)[:, : clips.shape[1]]

    def convolve(
        self, upsampled: torch.Tensor, lengths: Sequence[int], memory: Memory | None = None
    ) -> tuple[torch.Tensor, list[int], Memory]:
        """Run encoder, LSTM and decoder, all at the rate of the convolutions.

        Args:
            upsampled: shape (batch, time).
            lengths: number of samples of each row that count.
            memory: of the piece before.

        Returns:
            Shape (batch, time), zero beyond each row's end; these ends; the memory for the next piece.
        """
        ends = [self._n_frames(length) for length in lengths]
        signal, skips = upsampled[:, None], []
        for encode in self._module.encoder:
            signal = encode(signal)
            skips.append(signal)
        memory = self._recur(signal.permute(2, 0, 1), ends, memory)
        signal = memory.frames.permute(1, 2, 0)
        for mix, gate, spread, *rectify in self._module.decoder:
            # Added in place: the skip is not needed again, and it is the largest tensor of its level.
            signal = gate(mix(skips.pop()[..., : signal.shape[-1]].add_(signal)))
            cut(signal, ends)
            signal = spread(signal)
            for activate in rectify:
                signal = activate(signal)
            ends = [self._spread(n_frames) for n_frames in ends]
        cut(signal, ends)
        return signal[:, 0], ends, memory

    def _recur(self, frames: torch.Tensor, lengths: Sequence[int], memory: Memory | None) -> Memory:
        """Run the LSTM over (frame, batch, channel), except for the frames whose output is in memory."""
        import torch
        from torch.nn.utils import rnn

        lstm, linear = self._module.lstm.lstm, self._module.lstm.linear
        if memory is not None:
            recurred, state = lstm(frames[len(memory.frames) :], memory.state)
            recurred = torch.cat([memory.frames, recurred])
        elif linear is None or len(set(lengths)) == 1:
            recurred, state = lstm(frames)
        else:  # the backward direction must start at each row's own last frame
            packed, state = lstm(rnn.pack_padded_sequence(frames, torch.tensor(lengths), enforce_sorted=False))
            recurred, _ = rnn.pad_packed_sequence(packed, total_length=len(frames))
        return Memory(state, recurred if linear is None else linear(recurred))

    def _n_frames(self, n_samples: int) -> int:
        """Return how many frames the encoder gives for n_samples at the rate of the convolutions."""
        for _ in range(self._architecture.depth):
            n_samples = (n_samples - self._architecture.kernel_size) // self._architecture.stride + 1
        return n_samples

    def _spread(self, n_frames: int) -> int:
        """Return how many frames a transposed convolution gives for n_frames."""
        return (n_frames - 1) * self._architecture.stride + self._architecture.kernel_size
