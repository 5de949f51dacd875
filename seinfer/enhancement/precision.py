"""Computation in 16 bits: sets the precision of a loaded network and measures the error against float32.

The rule: a network that cannot compute in the requested precision computes in float32, and says so. The error is
measured when the model is loaded, on bundled clips, on the device that the model runs on. It is that of the worst clip:
`gtcrn` in fp16 has 14 dB on one of these clips and 69 dB on another.
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

NOISES = ("babble", "fan", "keyboard", "pink", "street", "white")
"""The error is measured on one bundled clip of each noise."""
CLIP_S = 2.0
"""Length of its part that is used."""
MAX_SNR_DB = 200.0
"""Reported if both results are equal."""


@dataclass(frozen=True)
class Precision:
    """How precisely a network computes.

    Attributes:
        name: "float32", "bf16" or "fp16".
        snr_db: level of the result in float32 relative to the difference from it, on the worst clip; None for float32.
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
        BackendError: the network cannot compute the clips in this precision, or its result is not finite.
    """
    if wanted == "float32":
        return FLOAT32
    if not isinstance(enhancer, Reducible):
        return Precision(note=f"{model} computes in float32 only")
    clips = [reading.read(DEMO_CLIPS / "noisy" / f"{noise}_16k.flac", mono=True) for noise in NOISES]
    exact = [_enhanced(enhancer, clip) for clip in clips]
    enhancer.set_precision(wanted)
    try:
        reduced = [_enhanced(enhancer, clip) for clip in clips]
    except (AudioError, RuntimeError) as error:
        raise BackendError(
            f"{model} cannot compute in {wanted} here ({type(error).__name__}: {error}); use --precision float32"
        ) from error
    return Precision(wanted, min(map(snr_db, exact, reduced)))


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
