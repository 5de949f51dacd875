"""Test sets of papers: recognise one by its clips, so that published figures can be set beside measured ones.

A set is recognised by the names and the number of its noisy files, if possible with their lengths. The names of the DNS
challenge contain speaker, noise, SNR, level and file id, so another mixture has other names. Digests of the files are
not used: a copy in FLAC, or with another WAV header, is the same set. No audio is read either: `seinfer report`
recognises the set where the files are not. Enhanced files under the names of the noisy ones are therefore mistaken for
the set; the figures of the unprocessed clips, which are published too, show that at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.hashing import fingerprint
from ..core.records import Clip


@dataclass(frozen=True)
class KnownSet:
    """A published test set.

    Attributes:
        set_id: stable id, used in models.toml.
        title: its usual name.
        n_clips: number of noisy files.
        name: matches the name of each noisy file, without suffix.
        digest: fingerprint of names, lengths and sample rates; empty if it is not known.
    """

    set_id: str
    title: str
    n_clips: int
    name: re.Pattern[str]
    digest: str = ""

    def matches(self, clips: Sequence[Clip]) -> bool:
        """Return whether these clips are the whole set."""
        names = {_name(clip) for clip in clips}
        if len(names) != self.n_clips or len(clips) != self.n_clips or not all(map(self.name.fullmatch, names)):
            return False
        return not self.digest or set_digest(clips) == self.digest


KNOWN_SETS = (
    # Microsoft/DNS-Challenge, branch interspeech2020/master, datasets/test_set/synthetic/no_reverb; the digest is that
    # of the copy in Andong-Li-speech/GaGNet@9ed8dfb.
    KnownSet(
        "dns2020-no-reverb",
        "DNS challenge 2020, synthetic test set without reverberation",
        150,
        re.compile(r"clnsp\d+_.+_snr-?\d+_tl-?\d+_fileid_\d+"),
        "e1917c6a723b87b74804c6566484b52a",
    ),
    # doi:10.7488/ds/2117, noisy_testset_wav. The files could not be obtained: only their names and number are known.
    KnownSet("voicebank-demand", "VoiceBank+DEMAND, test set of two speakers", 824, re.compile(r"p(232|257)_\d{3}")),
)


def recognise(clips: Sequence[Clip]) -> KnownSet | None:
    """Return the published test set that these clips are, None if they are none or only a part of one."""
    return next((known for known in KNOWN_SETS if known.matches(clips)), None)


def set_digest(clips: Sequence[Clip]) -> str:
    """Return a fingerprint of names, lengths in samples and sample rates in Hz, in any order of the clips."""
    return fingerprint(sorted((_name(clip), clip.n_samples, clip.sample_rate) for clip in clips))


def _name(clip: Clip) -> str:
    return Path(clip.noisy_path).stem
