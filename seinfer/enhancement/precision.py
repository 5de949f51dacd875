"""Computation in 16 bits: sets the precision of a loaded network and measures the error against float32.

The rule: a network that cannot compute in the requested precision computes in float32, and says so. The error is
measured when the model is loaded, on a bundled clip, on the device that the model runs on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..audio import reading
from ..audio.resampling import Samples
from ..backends.base import Enhancer, Reducible
from ..clips.discovery import DEMO_CLIPS
from ..core.errors import AudioError, BackendError
from .model import enhance_clips

CLIP = "street_16k.flac"
"""Bundled clip on which the error is measured."""
CLIP_S = 2.0
MAX_SNR_DB = 200.0
"""Reported if both results are equal."""


@dataclass(frozen=True)
class Precision:
    """How precisely a network computes.

    Attributes:
        name: "float32", "bf16" or "fp16".
        snr_db: level of the result in float32 relative to the difference from it, on CLIP; None for float32.
        note: why it is not the requested precision; empty if it is.
    """

    name: str = "float32"
    snr_db: float | None = None
    note: str = ""


FLOAT32 = Precision()


def set_precision(enhancer: Enhancer, wanted: str, model: str) -> Precision:
    """Let a network compute in a precision, as far as it can.

    Args:
        enhancer: the network; it computes in float32.
        wanted: "float32", "bf16" or "fp16".
        model: its name, for messages.

    Raises:
        BackendError: the network cannot compute the clip in this precision, or its result is not finite.
    """
    if wanted == "float32":
        return FLOAT32
    if not isinstance(enhancer, Reducible):
        return Precision(note=f"{model} computes in float32 only")
    clip = reading.read(DEMO_CLIPS / "noisy" / CLIP, mono=True)
    exact = _enhanced(enhancer, clip)
    enhancer.set_precision(wanted)
    try:
        reduced = _enhanced(enhancer, clip)
    except (AudioError, RuntimeError) as error:
        raise BackendError(
            f"{model} cannot compute in {wanted} here ({type(error).__name__}: {error}); use --precision float32"
        ) from error
    return Precision(wanted, snr_db(exact, reduced))


def snr_db(exact: Samples, reduced: Samples) -> float:
    """Return the level of `exact` relative to the difference of both, in dB, at most MAX_SNR_DB."""
    signal = float(np.sum(np.square(exact, dtype=np.float64)))
    noise = float(np.sum(np.square(np.subtract(reduced, exact, dtype=np.float64))))
    if noise <= 0:
        return MAX_SNR_DB
    return float(np.clip(10 * np.log10(max(signal, 1e-30) / noise), -MAX_SNR_DB, MAX_SNR_DB))


def _enhanced(enhancer: Enhancer, clip: reading.Audio) -> Samples:
    samples = clip.samples[:, : round(CLIP_S * clip.sample_rate)]
    return enhance_clips(enhancer, [samples], [clip.sample_rate])[0]
