"""Corpora that models were trained on: recognise their clips by file names, and find models trained on them.

This is a guess from names. It is used for a warning only, never for a score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.records import Clip


@dataclass(frozen=True)
class Corpus:
    """A group of data sets that share recordings.

    Attributes:
        name: common name, as shown in the warning.
        of_clips: matches the path of a clip from the corpus.
        of_training: matches an entry of a model's `training_data` that contains the same recordings.
    """

    name: str
    of_clips: re.Pattern[str]
    of_training: re.Pattern[str]


CORPORA = (
    # VoiceBank is a part of VCTK: speakers p225 to p376, file names such as p232_001.wav and p232_001_mic1.flac.
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
    # File names such as 440c0201: speaker (three characters), session type (one letter), session and utterance (four).
    Corpus(
        "WSJ",
        re.compile(r"(?<![a-z])wsj|(?<![a-z0-9])[0-4]\d[0-9a-z][aco][0-9a-z]{2}\d{2}(?![a-z0-9])", re.I),
        re.compile(r"wsj", re.I),
    ),
)


def corpora_of_clip(clip: Clip) -> list[Corpus]:
    """Return the corpora that a clip appears to come from, by its paths, its id and its "source" category."""
    names = " ".join((clip.noisy_path, clip.clean_path, clip.clip_id, clip.category.get("source", "")))
    return [corpus for corpus in CORPORA if corpus.of_clips.search(names)]


def trained_on(corpus: Corpus, training_data: Iterable[str]) -> list[str]:
    """Return the entries of a model's training data that contain recordings of a corpus."""
    return [name for name in training_data if corpus.of_training.search(name)]
