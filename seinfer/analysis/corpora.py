"""Which corpus clips seem to come from, by names that its files are known for, and which models were trained on it.

Nothing here is certain: it makes a warning, never a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.records import Clip


@dataclass(frozen=True)
class Corpus:
    """A family of data sets that share recordings.

    Attributes:
        name: as people call it.
        of_clips: matches a path of one of its clips.
        of_training: matches an entry of a model's `training_data` that holds the same recordings.
    """

    name: str
    of_clips: re.Pattern[str]
    of_training: re.Pattern[str]


CORPORA = (
    # VoiceBank is a part of VCTK: speakers p225 to p376, files such as p232_001.wav and p232_001_mic1.flac.
    Corpus(
        "VCTK or VoiceBank-DEMAND",
        re.compile(r"(?<![a-z0-9])p(2[2-9]\d|3[0-7]\d)_\d{3}(?!\d)|(?<![a-z])(vctk|voicebank|valentini)", re.I),
        re.compile(r"vctk|voicebank|valentini", re.I),
    ),
    Corpus(
        "the DNS challenge",
        re.compile(
            r"fileid_\d+|ms_realrec_|(?<![a-z])clnsp\d+|(?<![a-z])dns[-_]?(challenge|20\d\d|[2345](?!\d))", re.I
        ),
        re.compile(r"^dns-", re.I),
    ),
    # Speaker (three characters), kind of session (one letter), session and utterance (four): 440c0201.
    Corpus(
        "WSJ",
        re.compile(r"(?<![a-z])wsj|(?<![a-z0-9])[0-4]\d[0-9a-z][aco][0-9a-z]{2}\d{2}(?![a-z0-9])", re.I),
        re.compile(r"wsj", re.I),
    ),
)


def of_clip(clip: Clip) -> list[Corpus]:
    """Return the corpora that a clip's path or source speaks for."""
    said = " ".join((clip.noisy_path, clip.clean_path, clip.clip_id, clip.category.get("source", "")))
    return [corpus for corpus in CORPORA if corpus.of_clips.search(said)]


def trained_on(corpus: Corpus, training_data: Iterable[str]) -> list[str]:
    """Return the entries of a model's training data that belong to a corpus."""
    return [name for name in training_data if corpus.of_training.search(name)]
