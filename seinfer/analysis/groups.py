"""Groups of clips by a column of clips.csv (--by): a category, the input SNR in 5 dB bins, the duration in 5 s bins."""

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
from .results import Results

CATEGORIES = ("source", "track", "noise", "device", "distance", "gender", "emotion", "language", "category_raw")
"""Categories that always have a column in clips.csv."""
SNR, DURATION = "snr_db", "duration_s"
SHORT_NAMES = {"snr": SNR, "duration": DURATION}
BIN_WIDTH = 5
"""Width of a bin, in dB for SNR and in seconds for duration."""
NONE = "(none)"
"""Label of the clips without a value: shown as a group, but not part of the micro and macro mean."""


@dataclass(frozen=True)
class Group:
    """A subset of the clips.

    Attributes:
        label: value of the category, or the bin.
        clips: mask of shape (clip,).
    """

    label: str
    clips: npt.NDArray[np.bool_]


def chosen_keys(text: str, clips: Iterable[Clip]) -> tuple[str, ...]:
    """Return the columns named in the value of --by, such as "noise,snr".

    Raises:
        UsageError: a name is not a category in clips.csv.
    """
    further = sorted({key for clip in clips for key in clip.category} - {SNR, *CATEGORIES})
    known = [*CATEGORIES, SNR, DURATION, *further]
    names = [SHORT_NAMES.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UsageError(
                f"--by names {name!r}, which is not a category of these clips: {suggest(name, [*SHORT_NAMES, *known])}"
            )
    return tuple(dict.fromkeys(names))


def groups(results: Results, key: str) -> list[Group]:
    """Return the groups of the clips by one column, in natural order of their labels; clips without a value last."""
    labels = list(_labels(results, key))
    ordered = sorted(set(labels), key=lambda label: (label == NONE, _natural_order(label)))
    return [Group(label, np.array([other == label for other in labels])) for label in ordered]


def _labels(results: Results, key: str) -> Iterator[str]:
    for clip in results.clips:
        if key == SNR:
            snr_db = input_snr_db(results, clip)
            yield NONE if snr_db is None else bin_label(snr_db, BIN_WIDTH)
        elif key == DURATION:
            yield bin_label(clip.duration_s, BIN_WIDTH) if clip.duration_s else NONE
        else:
            yield clip.category.get(key, "").strip() or NONE


def bin_label(value: float, width: int) -> str:
    """Return the label of the bin that contains a finite value, lower bound included: 7.3 with width 5 is "5..10"."""
    low = math.floor(value / width) * width
    return f"{low}..{low + width}"


def input_snr_db(results: Results, clip: Clip) -> float | None:
    """Return the SNR of a noisy clip in dB: as the data set states it, else the SI-SDR of the noisy clip if scored."""
    try:
        value = float(clip.category.get(SNR, ""))
    except ValueError:
        row = results.rows.get((clip.clip_id, BASELINE))
        return row.value("si_sdr") if row else None
    return value if math.isfinite(value) else None


def has_measured_snr(results: Results) -> bool:
    """Return whether the input SNR of some clip is measured instead of stated by the data set."""
    return any(not clip.category.get(SNR) and input_snr_db(results, clip) is not None for clip in results.clips)


def _natural_order(label: str) -> tuple[float, str]:
    number = re.match(r"-?\d+", label)
    return (float(number.group()) if number else math.inf, label)
