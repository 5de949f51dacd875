"""Clips in groups, by the columns of clips.csv: a category as it stands, input SNR in 5 dB and duration in 5 s bins."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from ..core.records import BASELINE, Clip
from ..core.suggestions import suggest
from ..stats import bin_label
from .results import Results

CATEGORIES = ("source", "track", "noise", "device", "distance", "gender", "emotion", "language", "category_raw")
"""Categories that always have a column in clips.csv."""
SNR, DURATION = "snr_db", "duration_s"
SHORT = {"snr": SNR, "duration": DURATION}
BIN_WIDTH = 5
NONE = "(none)"
"""The group of clips that have no such category: shown, but part of neither micro nor macro mean."""


@dataclass(frozen=True)
class Group:
    """Some of the clips.

    Attributes:
        label: value of the category, or bin.
        clips: mask of shape (clip,).
    """

    label: str
    clips: npt.NDArray[np.bool_]


def chosen_keys(text: str, clips: Iterable[Clip]) -> tuple[str, ...]:
    """Read the value of --by.

    Raises:
        UsageError: a name is neither a category in clips.csv nor one of the user's own.
    """
    further = sorted({key for clip in clips for key in clip.category} - {SNR, *CATEGORIES})
    known = [*CATEGORIES, SNR, DURATION, *further]
    names = [SHORT.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UsageError(
                f"--by names {name!r}, which is no category of these clips: {suggest(name, [*SHORT, *known])}"
            )
    return tuple(dict.fromkeys(names))


def groups(results: Results, key: str) -> list[Group]:
    """Return the groups that a key makes of the clips, in natural order, clips without one last."""
    labels = list(_labels(results, key))
    ordered = sorted(set(labels), key=lambda label: (label == NONE, _natural(label)))
    return [Group(label, np.array([other == label for other in labels])) for label in ordered]


def _labels(results: Results, key: str) -> Iterator[str]:
    for clip in results.clips:
        if key in (SNR, DURATION):
            value = clip.duration_s if key == DURATION else input_snr_db(results, clip)
            yield bin_label(value, BIN_WIDTH) if value is not None and (key == SNR or value) else NONE
        else:
            yield clip.category.get(key, "").strip() or NONE


def input_snr_db(results: Results, clip: Clip) -> float | None:
    """Return the SNR of a noisy clip: as its data set says, else the SI-SDR of the noisy clip where it was scored."""
    try:
        value = float(clip.category.get(SNR, ""))
    except ValueError:
        row = results.rows.get((clip.clip_id, BASELINE))
        return row.value("si_sdr") if row else None
    return value if math.isfinite(value) else None


def has_measured_snr(results: Results) -> bool:
    """Say whether some input SNR is not the data set's, but measured."""
    return any(not clip.category.get(SNR) and input_snr_db(results, clip) is not None for clip in results.clips)


def _natural(label: str) -> tuple[float, str]:
    number = re.match(r"-?\d+", label)
    return (float(number.group()) if number else math.inf, label)
