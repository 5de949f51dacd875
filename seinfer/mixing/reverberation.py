"""Speech in a room: convolution with a room impulse response, without delay."""

from __future__ import annotations

import numpy as np

from .mixture import Signal, Speech

TARGETS = ("reverberant", "early", "dry")
"""Contents of the clean file; see `reverberate`."""
EARLY_S = 0.05
"""Reflections within this time after the direct path belong to the early part."""


def reverberate(speech: Signal, response: Signal, sample_rate: int, target: str, upsampling: float = 1.0) -> Speech:
    """Convolve speech with a room impulse response.

    The largest sample of the response is the direct path. The delay before it is removed, so that the output is aligned
    with the input; the reverberation after the end of the speech is cut.

    Args:
        speech: shape (time,).
        response: impulse response of shape (time,), at the same rate.
        sample_rate: Hz.
        target: content of the clean file. "reverberant": the same speech as the noisy file; "early": the response up
            to 50 ms after the direct path; "dry": the direct path alone.
        upsampling: factor by which the rate of the response was raised, 1 if it was not. Each sample of the original
            is spread over this many samples, so the gain of the direct path is its largest sample times the factor.
    """
    from scipy.signal import oaconvolve

    direct = int(np.argmax(np.abs(response)))

    def convolve(part: Signal) -> Signal:
        convolved: Signal = oaconvolve(speech, part)[direct : direct + len(speech)]
        return convolved

    reverberant = convolve(response)
    if target == "reverberant":
        return Speech(reverberant, reverberant)
    if target == "early":
        return Speech(reverberant, convolve(response[: direct + 1 + round(EARLY_S * sample_rate)]))
    return Speech(reverberant, speech * response[direct] * upsampling)
