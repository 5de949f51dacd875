"""The request of `seinfer mix`: the settings of a test set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MixRequest:
    """The settings of a test set.

    Attributes:
        speech: folder of clean speech.
        noise: folder of noise.
        out: folder of the test set.
        snrs_db: SNRs to use, each once.
        is_every_snr: make each pair of speech and noise at every SNR, instead of at one of them.
        per_speech: how many noises each speech file is mixed with.
        sample_rate: Hz; 0 for the rate of each speech file.
        level_db: active speech level in dBov; None keeps that of each speech file.
        rir: folder of room impulse responses.
        target: content of the clean file, one of `reverberation.TARGETS`.
        max_duration_s: longer speech is cut to this length; 0 for no limit.
        subtype: WAV subtype of the files.
        seed: random seed.
    """

    speech: Path
    noise: Path
    out: Path
    snrs_db: tuple[float, ...] = (-5.0, 0.0, 5.0, 10.0, 15.0)
    is_every_snr: bool = False
    per_speech: int = 1
    sample_rate: int = 0
    level_db: float | None = -26.0
    rir: Path | None = None
    target: str = "reverberant"
    max_duration_s: float = 0.0
    subtype: str = "PCM_16"
    seed: int = 0

    @property
    def step(self) -> float:
        """Difference of two neighbouring sample values in the files; float32 is treated as 24 bits."""
        return 2.0**-15 if self.subtype == "PCM_16" else 2.0**-23
