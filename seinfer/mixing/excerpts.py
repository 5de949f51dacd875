"""Random excerpts of a recording. A recording that is too short is repeated with a crossfade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..audio.resampling import Samples

_FADE_S = 0.02
_STEPS_PER_S = 100
# An excerpt that is this much quieter than the whole recording is a pause of it.
_PAUSE_DB = 20.0


def excerpt(signal: Samples, sample_rate: int, n_samples: int, fraction: float) -> tuple[Samples, int]:
    """Cut an excerpt out of a signal, or out of its repetition if the signal is shorter.

    Excerpts start at multiples of 10 ms and are not pauses of the signal. The end of a repetition is crossfaded with
    the start of the next over 20 ms, with equal power.

    Args:
        signal: shape (time,).
        sample_rate: Hz.
        n_samples: wanted length.
        fraction: selects one of the possible excerpts, from 0 (included) to 1 (excluded).

    Returns:
        The excerpt of shape (time,), and the sample of `signal` at which it starts.
    """
    step = max(1, sample_rate // _STEPS_PER_S)
    if n_samples <= len(signal):
        starts = _starts_with_sound(signal, n_samples, step)
        start = int(starts[int(fraction * len(starts))])
        return signal[start : start + n_samples], start
    period = _crossfaded_with_itself(signal, round(_FADE_S * sample_rate))
    start = int(fraction * len(period)) // step * step
    return np.resize(np.roll(period, -start), n_samples), start


def _starts_with_sound(signal: Samples, n_samples: int, step: int) -> npt.NDArray[np.int64]:
    """Return the starts of the excerpts that are not much quieter than the whole signal."""
    n_starts = (len(signal) - n_samples) // step + 1
    energy_per_step = np.add.reduceat(signal**2, np.arange(0, len(signal), step))
    energy_before = np.concatenate([[0.0], np.cumsum(energy_per_step, dtype=np.float64)])
    n_steps = -(-n_samples // step)
    energies = energy_before[n_steps : n_steps + n_starts] - energy_before[:n_starts]
    average = energy_before[-1] * n_samples / len(signal)
    enough = min(average * 10 ** (-_PAUSE_DB / 10), energies.max())
    return np.flatnonzero(energies >= enough) * step


def _crossfaded_with_itself(signal: Samples, fade_samples: int) -> Samples:
    """Crossfade the end of a signal into its start, so that it can be repeated without a click."""
    fade = min(fade_samples, len(signal) // 2)
    angle = np.pi / 2 * (np.arange(fade) + 0.5) / max(1, fade)
    period = signal[: len(signal) - fade].copy()
    period[:fade] = period[:fade] * np.sin(angle) + signal[len(signal) - fade :] * np.cos(angle)
    return period
