"""Questions, labels and keys of each design, as raters see them.

The labels of p835 are those of ITU-T P.835, the labels of ccr those of ITU-T P.800 annex E: they are the scale, so they
stay as they are. The five words of mushra are those of ITU-R BS.1534.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..records import DesignName


@dataclass(frozen=True)
class Option:
    """One answer.

    Attributes:
        rating: its value in the rating file.
        label: its words.
        key: digit on the keyboard.
    """

    rating: int
    label: str
    key: str


@dataclass(frozen=True)
class Question:
    """One question of a trial; without options, each stimulus is rated with a slider from 0 to 100."""

    scale: str
    text: str
    options: tuple[Option, ...] = ()


def _five_to_one(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(5 - i, label, str(5 - i)) for i, label in enumerate(labels))


_SIG = Question(
    "SIG",
    "Speech: how distorted?",
    _five_to_one("Not distorted", "Slightly distorted", "Somewhat distorted", "Fairly distorted", "Very distorted"),
)
_BAK = Question(
    "BAK",
    "Background: how noticeable?",
    _five_to_one(
        "Not noticeable",
        "Slightly noticeable",
        "Noticeable but not intrusive",
        "Somewhat intrusive",
        "Very intrusive",
    ),
)
_OVRL = Question("OVRL", "Overall: how good?", _five_to_one("Excellent", "Good", "Fair", "Poor", "Bad"))
_CCR_LABELS = ("Much worse", "Worse", "Slightly worse", "About the same", "Slightly better", "Better", "Much better")

_QUESTIONS: Mapping[DesignName, tuple[Question, ...]] = {
    "p835": (_SIG, _BAK, _OVRL),
    "mushra": (Question("MUSHRA", "How good is each sample, compared with the reference?"),),
    "ccr": (
        Question(
            "CCR",
            "The quality of B, compared with the quality of A, is:",
            tuple(Option(i - 3, label, str(i + 1)) for i, label in enumerate(_CCR_LABELS)),
        ),
    ),
    "ab": (
        Question(
            "AB",
            "Which sample is better?",
            (Option(-1, "A is better", "1"), Option(0, "No preference", "2"), Option(1, "B is better", "3")),
        ),
    ),
    "abx": (Question("ABX", "X is the same as:", (Option(1, "A", "1"), Option(2, "B", "2"))),),
}


def questions_of(design: DesignName, *, is_background_first: bool) -> tuple[Question, ...]:
    """Return the questions in the order in which they are asked.

    Args:
        design: the design of the test.
        is_background_first: whether BAK is asked before SIG (p835); OVRL is always last.
    """
    found = _QUESTIONS[design]
    return (_BAK, _SIG, _OVRL) if design == "p835" and is_background_first else found
