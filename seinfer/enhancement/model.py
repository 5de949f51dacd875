"""The audio rule: resample to the rate of the model, batch, enhance, resample back to the rate and length of the clip.

Nothing else happens to the signal: no normalisation, no trimming, no mixing of channels. Each channel is enhanced by
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..audio.reading import refuse_nonfinite
from ..audio.resampling import Samples, fit_length, resample
from ..backends.base import Enhancer, Waveform, pad
from ..core.errors import BackendError, UsageError
from ..core.records import ModelSpec

if TYPE_CHECKING:
    from .latency import Pace
    from .streaming import ModelStream

# With more rows the array is probably (time, channels), that is transposed.
_MAX_CHANNELS = 64


class Model:
    """A loaded model, for use from Python.

    Attributes:
        spec: its description in models.toml.
        device: "cpu" or "cuda".
    """

    def __init__(self, spec: ModelSpec, enhancer: Enhancer, device: str = "cpu") -> None:
        self.spec = spec
        self.device = device
        self._enhancer = enhancer
        self._pace: Pace | None = None

    def __repr__(self) -> str:
        rate = f"{self.spec.sample_rate} Hz" if self.spec.sample_rate else "any sample rate"
        causal = "causal" if self.spec.causal else "not causal"
        return (
            f"Model({self.spec.name!r}, {rate}, {self.spec.n_parameters:,} parameters, {causal}, "
            f"latency {self.spec.latency_ms:g} ms, on {self.device})"
        )

    def enhance(self, wav: npt.ArrayLike, sr: int) -> npt.NDArray[np.float32]:
        """Enhance one recording.

        Args:
            wav: samples within [-1, 1], float, shape (time,) or (channels, time); each channel is enhanced by itself.
            sr: its sample rate in Hz, any.

        Returns:
            float32, the same shape, rate, alignment and level as `wav`.

        Raises:
            UsageError: the shape, type or sample rate is not valid.
            AudioError: it contains NaN or infinite samples.
        """
        samples = as_samples(wav, sr)
        enhanced = enhance_clips(self._enhancer, [samples], [sr])[0]
        result: npt.NDArray[np.float32] = enhanced.reshape(np.shape(wav))
        return result

    def stream(self, sample_rate: int, *, block_samples: int | None = None, low_delay: bool = False) -> ModelStream:
        """Open a stream for a recording that arrives in blocks; the joined output equals `enhance`.

        Args:
            sample_rate: Hz of the blocks.
            block_samples: for real-time audio, the length of every block; as many samples then come out of each push,
                with a constant delay. None for blocks of any length, and the output that is ready.
            low_delay: change the sample rate with a short filter instead of soxr's long blocks. This saves more than
                100 ms at most pairs of rates, and changes the input of the network by -110 dB. It makes no difference
                at the rate of the model. With `block_samples` it is always so, because soxr's delay is not constant.

        Raises:
            UsageError: the model needs the whole recording, or the sample rate or `block_samples` is not valid.
        """
        from .latency import measure_pace
        from .streaming import ModelStream, open_stream

        require_rate(sample_rate)
        if block_samples is not None and block_samples < 1:
            raise UsageError(f"block_samples is {block_samples}; expected at least one sample, or None for any length")
        if self._pace is None:
            stream = open_stream(self._enhancer, self.spec.name)
            self._pace = measure_pace(stream, self._enhancer.sample_rate or int(sample_rate), self.spec.name)
        return ModelStream(
            self._enhancer,
            self.spec.name,
            self._pace,
            int(sample_rate),
            block_samples=block_samples,
            low_delay=low_delay or block_samples is not None,
        )


def require_rate(sr: int) -> None:
    """Refuse a sample rate that is not a positive whole number."""
    if isinstance(sr, bool) or int(sr) != sr or sr <= 0:
        raise UsageError(f"sr is {sr!r}; expected the sample rate in Hz as a whole number")


def as_samples(wav: npt.ArrayLike, sr: int) -> Samples:
    """Check a user's array and return it as float32, shape (channels, time)."""
    array = np.asarray(wav)
    if not np.issubdtype(array.dtype, np.floating):
        raise UsageError(
            f"wav has the type {array.dtype}; expected float within [-1, 1] (int16 samples: divide by 32768)"
        )
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[0] > _MAX_CHANNELS):
        raise UsageError(
            f"wav has the shape {array.shape}; expected (time,) or (channels, time), perhaps you want wav.T"
        )
    require_rate(sr)
    samples: Samples = np.atleast_2d(array).astype(np.float32)
    refuse_nonfinite(samples, int(sr), "wav")
    return samples


def enhance_clips(enhancer: Enhancer, clips: Sequence[Samples], sample_rates: Sequence[int]) -> list[Samples]:
    """Enhance several clips as one batch.

    Args:
        enhancer: the network.
        clips: each of shape (channels, time), float32.
        sample_rates: Hz of each.

    Returns:
        One array per clip, of the same shape.

    Raises:
        BackendError: the output of the network has a wrong shape, type or number of rows.
    """
    at_model_rate = [
        resample(clip, rate, enhancer.sample_rate or rate) for clip, rate in zip(clips, sample_rates, strict=True)
    ]
    rows = [row for clip in at_model_rate for row in clip if row.size]
    enhanced = iter(_checked(rows, enhancer.enhance(pad(rows))) if rows else [])
    results = []
    for clip, rate in zip(clips, sample_rates, strict=True):
        if not clip.size:
            results.append(clip)
            continue
        channels = np.stack([next(enhanced) for _ in clip])
        results.append(fit_length(resample(channels, enhancer.sample_rate or rate, rate), clip.shape[1]))
    return results


def _checked(rows: Sequence[Waveform], enhanced: Sequence[Waveform]) -> Sequence[Waveform]:
    """Check the output of a backend: a wrong length or a NaN must not be scored."""
    if len(enhanced) != len(rows):
        raise BackendError(f"the backend returned {len(enhanced)} waveforms for {len(rows)} rows; expected one per row")
    for row, out in zip(rows, enhanced, strict=True):
        if not isinstance(out, np.ndarray):
            raise BackendError(f"the backend returned a {type(out).__name__} for a row; expected a float32 array")
        if out.shape != row.shape or out.dtype != np.float32:
            raise BackendError(
                f"the backend returned {out.dtype} samples of shape {out.shape} for a row of shape {row.shape}; "
                "expected float32 of the same shape"
            )
        refuse_nonfinite(out[None], 1, "the network's output", reason="nonfinite_output")
    return enhanced
