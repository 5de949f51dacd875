"""What to mix: the request, and which speech file gets which SNR and prefers which noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .draws import Draws
from .sources import Pool, Source


@dataclass(frozen=True)
class MixRequest:
    """What a user wants mixed.

    Attributes:
        speech: folder of clean speech.
        noise: folder of noise.
        out: folder of the test set.
        snrs_db: SNRs to use, each once.
        is_every_snr: each pair of speech and noise at each SNR, instead of at one of them.
        per_speech: how many noises each speech file gets.
        sample_rate: Hz, 0 for that of each speech file.
        level_db: active speech level in dBov; None keeps that of each speech file.
        rir: folder of impulse responses.
        target: what the clean file holds, one of `signals.TARGETS`.
        max_duration_s: longer speech is cut to this; 0 for no limit.
        subtype: of the files.
        seed: of all that is left to chance.
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
        """Distance of neighbouring values in the files; beyond 24 bits it is that of float32 near full scale."""
        return 2.0**-15 if self.subtype == "PCM_16" else 2.0**-23


@dataclass(frozen=True)
class Take:
    """One use of a speech file, counted from 0; its SNRs share noise, room and stretches."""

    speech: Source
    number: int

    @property
    def drawer(self) -> str:
        """Its name in draws. With the suffix: a namesake in another format must not change it."""
        return f"{self.speech.name} take {self.number}"


@dataclass(frozen=True)
class Item:
    """A pair to be made.

    Attributes:
        clip_id: its name.
        take: what is spoken.
        snr_db: SNR.
        noises: names of noise files, the favourite first.
    """

    clip_id: str
    take: Take
    snr_db: float
    noises: Sequence[str]


def plan(request: MixRequest, speech: Sequence[Source], noises: Pool, draws: Draws) -> list[Item]:
    """Return the pairs to make, those with the same noise one after the other."""
    takes = [Take(source, number) for source in speech for number in range(request.per_speech)]
    chosen = draws.balanced([take.drawer for take in takes], request.snrs_db)
    items = []
    for take in takes:
        favourites = noises.favourites(take.speech.name)
        name = take.speech.clip_id + (f"_n{take.number + 1}" if request.per_speech > 1 else "")
        if request.is_every_snr:
            items += [Item(f"{name}_snr{snr_db:g}", take, snr_db, favourites) for snr_db in request.snrs_db]
        else:
            items.append(Item(name, take, chosen[take.drawer], favourites))
    return sorted(items, key=lambda item: (item.noises[item.take.number % len(item.noises)], item.clip_id))
