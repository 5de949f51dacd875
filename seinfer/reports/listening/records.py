"""Records of a listening test: what raters see (`PublicTest`), and what only the key knows (`Key`).

The rating file has one row per vote, with the columns `RATING_COLUMNS`:

    trial       position of the trial in the session, from 1
    position    position of the stimulus in the trial, from 1; 0 for a vote on the whole trial (ccr, ab, abx)
    stimulus_id the rated stimulus; for a vote on the whole trial its last stimulus: the second (ccr, ab) or X (abx)
    rating      p835: 1 to 5; mushra: 0 to 100; ccr: -3 to 3 and ab: -1, 0 (no preference) or 1, positive if the
                second stimulus is better; abx: 1 or 2, the stimulus that the rater takes X for
    n_plays     how often the stimulus was started; for a vote on the whole trial the fewest of its stimuli
    played_ms   how long the stimulus was audible, repetitions included; for a vote on the whole trial the shortest
    rt_ms       from the start of the trial to the vote
    utc         time of the vote, ISO 8601 with Z
    comment     words of the rater on the trial, in its first row only

Votes in the training have rows too, and count as trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DesignName = Literal["p835", "mushra", "ccr", "ab", "abx"]
DESIGNS: tuple[DesignName, ...] = ("p835", "mushra", "ccr", "ab", "abx")

SCALES: Mapping[DesignName, tuple[str, ...]] = {
    "p835": ("SIG", "BAK", "OVRL"),
    "mushra": ("MUSHRA",),
    "ccr": ("CCR",),
    "ab": ("AB",),
    "abx": ("ABX",),
}
"""Design -> the scales on which a rater votes in each trial."""

PAGE_VERSION = "1"
"""Version of the rating page and of its rating file."""

IMPORTED_VERSIONS = ("webmushra", "p808")
"""In place of it in rating files that `seinfer blind import` wrote: there several raters may share a session, and each
may have rated a part of it."""

RATING_COLUMNS = (
    "test_id",
    "key_sha256",
    "session_id",
    "rater_id",
    "design",
    "trial",
    "position",
    "stimulus_id",
    "scale",
    "rating",
    "n_plays",
    "played_ms",
    "rt_ms",
    "utc",
    "page_version",
    "output_sample_rate",
    "comment",
)

Role = Literal[
    "test", "noisy", "reference", "hidden_ref", "anchor35", "anchor70", "gold", "trap", "repeat", "training", "x"
]
TrialKind = Literal["training", "test", "gold", "repeat", "trap"]


@dataclass(frozen=True)
class Item:
    """One stimulus file. Known to the key only.

    Attributes:
        stimulus_id: name of the file without suffix: HMAC of the salt and of what the stimulus is, 10 hex digits.
        clip_id: clip of the run.
        model: name of the model; "noisy" for the input, "clean" for the reference and for the anchors made from it,
            "distorted" for a deliberately bad version (gold and trap trials).
        role: why it is in the test. "reference" is the open reference of a MUSHRA trial, which is not rated.
        expected: scale -> (lowest, highest) rating of an attentive rater, as it stands in the rating file; empty for
            ordinary stimuli. In gold and trap trials of ccr, ab and abx every stimulus has the range of the trial.
        sha256_src: digest of the source file.
        sha256_out: digest of the stimulus file.
        gain_db: gain that was applied to match the level.
        delay_samples: delay of the source that was removed, at the sample rate of the test.
        same_as: stimulus_id of which this one is a copy (a repeat, or X of an ABX trial); empty for others.
    """

    stimulus_id: str
    clip_id: str
    model: str
    role: Role
    expected: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sha256_src: str = ""
    sha256_out: str = ""
    gain_db: float = 0.0
    delay_samples: int = 0
    same_as: str = ""


@dataclass(frozen=True)
class PublicTrial:
    """One trial as the rater sees it.

    Attributes:
        stimuli: stimulus ids in the order of presentation. p835: one; mushra: all conditions; ccr and ab: two; abx: A,
            B and X.
        reference: stimulus id of the open reference (mushra); empty otherwise.
        is_training: whether it belongs to the training at the beginning, which is not analysed.
    """

    stimuli: tuple[str, ...]
    reference: str = ""
    is_training: bool = False


@dataclass(frozen=True)
class PublicSession:
    """One session: the work of one rater in one sitting.

    Attributes:
        session_id: opaque name, also in the file name of the page.
        trials: in order; training first.
        is_background_first: whether BAK is asked before SIG (p835).
    """

    session_id: str
    trials: tuple[PublicTrial, ...]
    is_background_first: bool = False


@dataclass(frozen=True)
class PublicTest:
    """What raters may know of a test; `test.json` in the test folder.

    Attributes:
        test_id: opaque name.
        key_sha256: commitment to the key: SHA-256 of its salt and its canonical JSON.
        title: shown on the pages; names no model and no data set.
        sample_rate: Hz of all stimuli.
        n_samples: length of the stimuli of each clip is equal; this is the longest.
        n_raters: planned number of raters.
    """

    test_id: str
    key_sha256: str
    design: DesignName
    sessions: tuple[PublicSession, ...]
    sample_rate: int
    n_samples: int
    n_raters: int
    title: str = "Listening test"
    page_version: str = PAGE_VERSION


@dataclass(frozen=True)
class Rules:
    """Rules of exclusion, fixed in the key before anybody rates. A rater who breaks one is excluded as a whole.

    Attributes:
        max_gold_errors: wrong gold and trap trials that are still accepted.
        max_repeat_difference: largest accepted mean absolute difference between a stimulus and its repeat, in units of
            the scale.
        min_hidden_reference: rating of the hidden reference below which a MUSHRA trial counts as failed.
        max_hidden_reference_failures: share of failed trials above which the rater is excluded (BS.1534).
        min_played_share: share of the stimulus that must have been played in each trial.
        min_correlation: smallest accepted correlation of a rater's ratings with the mean of the others.
    """

    max_gold_errors: int = 0
    max_repeat_difference: float = 2.0
    min_hidden_reference: float = 90.0
    max_hidden_reference_failures: float = 0.15
    min_played_share: float = 0.9
    min_correlation: float = 0.0


MAX_REPEAT_DIFFERENCE: Mapping[DesignName, float] = {"p835": 2.0, "mushra": 30.0, "ccr": 3.0, "ab": 2.0, "abx": 1.0}
"""Largest difference of a repeat for each design. A session has a single repeat, so that attentive raters differ too:
with a standard deviation of 0.7 between votes, 1.0 would exclude a fifth of them in p835, and 2.0 excludes 1 %."""


def default_rules(design: DesignName) -> Rules:
    """Return the rules of exclusion of a design."""
    return Rules(max_repeat_difference=MAX_REPEAT_DIFFERENCE[design])


@dataclass(frozen=True)
class Key:
    """The sealed key of a test. Never inside the test folder.

    Attributes:
        salt: 32 random bytes in hex.
        seed: of every random draw of the test.
        models: models under test, in the order of the run.
        items: every stimulus.
        kinds: session_id -> kind of each trial, in order.
        test: what is public; its `key_sha256` is computed with that field empty.
        rules: exclusion rules.
        level: the level matching, such as "p56:-26".
        run: digest of the run's header and clips, and the argv that made it.
        seinfer_version: release that made the test.
    """

    salt: str
    seed: int
    models: tuple[str, ...]
    items: tuple[Item, ...]
    kinds: Mapping[str, tuple[TrialKind, ...]]
    test: PublicTest
    rules: Rules
    level: str = ""
    run: Mapping[str, str] = field(default_factory=dict)
    seinfer_version: str = ""
