"""Word error rate: how many words a speech recogniser gets wrong in the estimate. Denoisers delete words.

    WER = (substitutions + deletions + insertions) / words of the reference text
    WER deletions = deletions / words of the reference text

The reference text is the transcript of the clip, the column `transcript` of the manifest or of `--categories`. For a
clip without one it is the text that the same recogniser finds in the clean file; the value then has the remark
`asr_reference`, and counts only what differs from the clean file, not errors that the recogniser makes with both.

`asr` says which recogniser is used, `words` how texts are compared. Each file is recognised once for both measures. The
mean of a table is that of the clips, so that a word of a short clip counts more than a word of a long one.

Unit: none. Range: 0 up; WER exceeds 1 if more words are inserted than are right. Lower is better. The recogniser gets
16 kHz.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from ..core.imports import import_object
from . import asr, asr_pocketsphinx
from .errors import MetricError
from .pair import Pair
from .signals import Floats, Signal
from .words import WordErrors, count_errors, words_of

NAMES = ("wer", "wer_deletions")


def of_pair(pair: Pair) -> float:
    """Return the word error rate.

    Raises:
        MetricError: no_transcript; the reasons of the recogniser.
    """
    errors = pair.remember(_errors)
    return errors.n_errors / errors.n_words


def deletions_of_pair(pair: Pair) -> float:
    """Return the deleted words, relative to the words of the reference text.

    Raises:
        MetricError: as `of_pair`.
    """
    errors = pair.remember(_errors)
    return errors.n_deletions / errors.n_words


def _errors(pair: Pair) -> WordErrors:
    reference = words_of(pair.transcript)
    if not reference:
        reference = _words_of_clean(pair)
        pair.remarks.update(dict.fromkeys(NAMES, "asr_reference"))
    return count_errors(reference, _recognise(pair.estimate, pair.sample_rate))


def _words_of_clean(pair: Pair) -> tuple[str, ...]:
    if pair.clean is None:
        raise MetricError("no_transcript")
    words = pair.clean.usable().remember(_recognise)
    if not words:
        raise MetricError("no_transcript")
    return words


def _recognise(samples: Signal | Floats, sample_rate: int) -> tuple[str, ...]:
    text = _recogniser()(samples.astype(np.float32), sample_rate)
    if not isinstance(text, str):
        raise TypeError(f"the recogniser {asr.chosen().target} returned a {type(text).__name__}, expected a text")
    return words_of(text)


@cache
def _recogniser() -> Callable[[npt.NDArray[np.float32], int], object]:
    recogniser = asr.chosen()
    if recogniser == asr.POCKETSPHINX:
        return asr_pocketsphinx.transcribe
    return cast("Callable[[npt.NDArray[np.float32], int], object]", import_object(recogniser.target))
