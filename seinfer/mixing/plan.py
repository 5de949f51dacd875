"""Decide which pairs to make: which speech file is mixed at which SNR, and its order of preference of the noises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .random_draws import RandomDraws
from .request import MixRequest
from .sources import Source, SourcePool


@dataclass(frozen=True)
class SpeechUse:
    """One use of a speech file; the pairs of one use at different SNRs have the same noise, room and excerpts.

    Attributes:
        speech: the file.
        number: counts the uses of the file from 0.
    """

    speech: Source
    number: int

    @property
    def key(self) -> str:
        """Name in random draws, with the suffix: a file of the same name in another format must not change it."""
        return f"{self.speech.name} take {self.number}"


@dataclass(frozen=True)
class PlannedPair:
    """A pair of noisy and clean files to make.

    Attributes:
        clip_id: its name.
        use: which speech.
        snr_db: SNR in dB.
        noises: names of all noise files in order of preference.
    """

    clip_id: str
    use: SpeechUse
    snr_db: float
    noises: Sequence[str]


def plan_pairs(
    request: MixRequest, speech: Sequence[Source], noises: SourcePool, draws: RandomDraws
) -> list[PlannedPair]:
    """Return the pairs to make; those with the same noise follow each other, so that it is read once."""
    uses = [SpeechUse(source, number) for source in speech for number in range(request.per_speech)]
    snr_of = draws.balanced([use.key for use in uses], request.snrs_db)
    pairs = []
    for use in uses:
        preferred = noises.preference(use.speech.name)
        name = use.speech.clip_id + (f"_n{use.number + 1}" if request.per_speech > 1 else "")
        if request.is_every_snr:
            pairs += [PlannedPair(f"{name}_snr{snr_db:g}", use, snr_db, preferred) for snr_db in request.snrs_db]
        else:
            pairs.append(PlannedPair(name, use, snr_of[use.key], preferred))
    return sorted(pairs, key=lambda pair: (pair.noises[pair.use.number % len(pair.noises)], pair.clip_id))
