"""The forward pass of Demucs for clips of unequal length, and for a clip that goes on from an LSTM state.

The rule it keeps: a clip in a batch comes out as it does alone. Whatever lies beyond its end is set to zero wherever it
could flow back into it: after each doubling of the rate, in the LSTM that runs backwards, before each transposed
convolution, and before and after each halving. The layers are the package's; this module calls them one by one.

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
    """What goes from one piece of a clip to the next.

    Attributes:
        state: the LSTM's hidden and cell after its last frame.
        frames: what the LSTM made of the frames that the next piece begins with, shape (frame, batch, channel).
    """

    state: Any
    frames: torch.Tensor

    def last(self, n_frames: int) -> Memory:
        """Return the memory for a piece that shares `n_frames` with this one."""
        return Memory(self.state, self.frames[-n_frames:])


class Network:
    """The package's `Demucs` with its weights. Levels are expected, and left: the clip's deviation is the caller's.

    Attributes:
        resampler: between the sample rate and that of the convolutions.
        factor: the convolutions' rate over the sample rate.
        hop_samples: from one frame of the LSTM to the next, at the rate of the convolutions.
        frame_samples: that one frame of the LSTM sees, and reaches, at that rate.
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
        """Return how long a clip is with the zeros behind it that make the last frame of every level whole."""
        return int(self._module.valid_length(n_samples))

    def n_frames(self, n_samples: int) -> int:
        """Return how many frames the LSTM gets of a clip."""
        return self._n_frames(self.valid_samples(n_samples) * self.factor)

    def whole(self, clips: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Run whole clips, of shape (batch, time) and zero beyond their lengths.

        Returns:
            The same shape; beyond its length a row means nothing.
        """
        from torch.nn import functional

        valid = [self.valid_samples(length) for length in lengths]
        upsampled = self.resampler.up(functional.pad(clips, (0, max(valid) - clips.shape[1])), valid)
        decoded, ends, _ = self.convolve(upsampled, [length * self.factor for length in valid])
        return self.resampler.down(decoded, ends)[:, : clips.shape[1]]

    def convolve(
        self, upsampled: torch.Tensor, lengths: Sequence[int], memory: Memory | None = None
    ) -> tuple[torch.Tensor, list[int], Memory]:
        """Encode, recur and decode, all at the rate of the convolutions.

        Args:
            upsampled: shape (batch, time).
            lengths: samples of each row that are to be seen.
            memory: of what came before.

        Returns:
            Shape (batch, time), zero beyond each row's end; these ends; the memory for what comes next.
        """
        ends = [self._n_frames(length) for length in lengths]
        signal, skips = upsampled[:, None], []
        for encode in self._module.encoder:
            signal = encode(signal)
            skips.append(signal)
        memory = self._recur(signal.permute(2, 0, 1), ends, memory)
        signal = memory.frames.permute(1, 2, 0)
        for mix, gate, spread, *rectify in self._module.decoder:
            # In place: the skip is not needed again, and it is the largest tensor of its level.
            signal = gate(mix(skips.pop()[..., : signal.shape[-1]].add_(signal)))
            cut(signal, ends)
            signal = spread(signal)
            for activate in rectify:
                signal = activate(signal)
            ends = [self._spread(n_frames) for n_frames in ends]
        cut(signal, ends)
        return signal[:, 0], ends, memory

    def _recur(self, frames: torch.Tensor, lengths: Sequence[int], memory: Memory | None) -> Memory:
        """Run the LSTM over (frame, batch, channel), but for the frames that are in memory."""
        import torch
        from torch.nn.utils import rnn

        lstm, linear = self._module.lstm.lstm, self._module.lstm.linear
        if memory is not None:
            recurred, state = lstm(frames[len(memory.frames) :], memory.state)
            recurred = torch.cat([memory.frames, recurred])
        elif linear is None or len(set(lengths)) == 1:
            recurred, state = lstm(frames)
        else:  # backwards, it must start at each row's own last frame
            packed, state = lstm(rnn.pack_padded_sequence(frames, torch.tensor(lengths), enforce_sorted=False))
            recurred, _ = rnn.pad_packed_sequence(packed, total_length=len(frames))
        return Memory(state, recurred if linear is None else linear(recurred))

    def _n_frames(self, n_samples: int) -> int:
        """Return how many frames the encoder makes of n_samples at the rate of the convolutions."""
        for _ in range(self._architecture.depth):
            n_samples = (n_samples - self._architecture.kernel_size) // self._architecture.stride + 1
        return n_samples

    def _spread(self, n_frames: int) -> int:
        """Return how many frames a transposed convolution makes of n_frames."""
        return (n_frames - 1) * self._architecture.stride + self._architecture.kernel_size
