"""The trials of each design, and the control trials of a session.

    design   a trial                                   training  gold and trap
    p835     one stimulus                              5 trials  clean is good; distorted is bad
    mushra   all versions of a clip, with anchors      2 trials  none: the hidden reference of each trial is the control
    ccr, ab  two models on a clip                      5 trials  the good version second; the good version first
    abx      A, B and X, a copy of A or B              5 trials  X is the first; X is the second

The good version is the clean file, or the noisy file if there is no clean one. The distorted version is made by
stimuli.py. Gold and trap have answers at opposite ends of the scale, so that a rater who always gives the same answer
fails one of them. For p835 without clean files nothing is surely good: gold and trap are then two bad stimuli.

Each session also repeats one of its test trials with copies of its stimuli, except for abx, whose answers are right or
wrong anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...core.errors import UsageError
from ...core.records import BASELINE
from .records import DesignName, Role, TrialKind
from .sources import CLEAN

DISTORTED = "distorted"
MAX_CONDITIONS = 12
"""ITU-R BS.1534: more conditions in one trial cannot be compared reliably."""
N_TRAINING: Mapping[DesignName, int] = {"p835": 5, "mushra": 2, "ccr": 5, "ab": 5, "abx": 5}
ANSWER_S: Mapping[DesignName, float] = {"p835": 12.0, "mushra": 0.0, "ccr": 6.0, "ab": 5.0, "abx": 5.0}
"""Seconds of a trial besides listening; an estimate."""
_MUSHRA_PLAYS, _MUSHRA_RATING_S = 1.5, 4.0
ALL = "all conditions"
"""The only treatment of mushra."""

Expected = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Stimulus:
    """What one stimulus file is. Two stimuli that differ in any field have different files.

    Attributes:
        clip_id, model, role: see `records.Item`.
        part: distinguishes stimuli that have all of these in common.
        same_as: the stimulus of which this one is a copy.
        expected: see `records.Item`.
    """

    clip_id: str
    model: str
    role: Role
    part: str = ""
    same_as: Stimulus | None = None
    expected: Expected = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Trial:
    """A planned trial.

    Attributes:
        kind: why it is in the session.
        stimuli: in the order of presentation.
        reference: the open reference (mushra).
    """

    kind: TrialKind
    stimuli: tuple[Stimulus, ...]
    reference: Stimulus | None = None


def treatments(design: DesignName, models: Sequence[str], pairs: str) -> tuple[tuple[str, ...], ...]:
    """Return the models of each kind of trial: one, two, or all of them.

    Raises:
        UsageError: mushra has more than 12 conditions.
    """
    if design == "p835":
        return tuple((model,) for model in models)
    if design == "mushra":
        n_conditions = len(models) + len(_ANCHORS) + 1
        if n_conditions > MAX_CONDITIONS:
            raise UsageError(
                f"mushra would have {n_conditions} conditions in a trial ({len(models)} models with {BASELINE}, hidden "
                f"reference, 2 anchors), expected at most {MAX_CONDITIONS}; name fewer --models, or take --design p835"
            )
        return (tuple(models),)
    first = BASELINE if BASELINE in models else models[0]
    if pairs == "baseline":
        return tuple((first, model) for model in models if model != first)
    return tuple((a, b) for i, a in enumerate(models) for b in models[i + 1 :])


def trial_seconds(design: DesignName, clip_s: float, n_models: int) -> float:
    """Return the estimated duration of a trial, clips of `clip_s` seconds."""
    if design == "mushra":
        return (n_models + len(_ANCHORS) + 1) * (_MUSHRA_PLAYS * clip_s + _MUSHRA_RATING_S)
    return {"p835": 1, "ccr": 2, "ab": 2, "abx": 3}[design] * clip_s + ANSWER_S[design]


_ANCHORS: tuple[Role, ...] = ("anchor35", "anchor70")


def rated_trial(
    design: DesignName, clip: str, models: Sequence[str], order: Sequence[int], x: int, kind: TrialKind = "test"
) -> Trial:
    """Return the trial of one clip and one treatment.

    Args:
        design: the method.
        clip: clip_id.
        models: the treatment.
        order: order of presentation of its conditions.
        x: index of the model that X is (abx).
        kind: "training" gives the stimuli that role.
    """
    role: Role = "training" if kind == "training" else "test"
    conditions = [Stimulus(clip, model, "noisy" if model == BASELINE and role == "test" else role) for model in models]
    if design == "mushra":
        conditions += [Stimulus(clip, CLEAN, "hidden_ref"), *(Stimulus(clip, CLEAN, anchor) for anchor in _ANCHORS)]
    shown = tuple(conditions[i] for i in order)
    if design == "mushra":
        return Trial(kind, shown, Stimulus(clip, CLEAN, "reference"))
    return Trial(kind, (*shown, _copy(conditions[x], "x")) if design == "abx" else shown)


def n_conditions(design: DesignName, models: Sequence[str]) -> int:
    """Return how many stimuli of a trial are ordered at random."""
    return len(models) + (len(_ANCHORS) + 1 if design == "mushra" else 0)


def repeated(trial: Trial) -> Trial:
    """Return a trial with copies of all stimuli, in the same order."""
    copies = tuple(_copy(stimulus, "repeat") for stimulus in trial.stimuli)
    return Trial("repeat", copies, trial.reference)


def control_trials(design: DesignName, clips: Sequence[str], *, has_clean: bool) -> dict[TrialKind, Trial]:
    """Return the gold and the trap trial of a session, each with a clip of its own; none for mushra.

    Args:
        design: the method.
        clips: two clip_ids.
        has_clean: whether both have a clean file.
    """
    if design == "mushra":
        return {}
    good = CLEAN if has_clean else BASELINE
    if design == "p835":
        best: Expected = {"SIG": (3, 5), "BAK": (4, 5), "OVRL": (4, 5)}
        worst: Expected = {"BAK": (1, 2), "OVRL": (1, 2)}
        gold = (CLEAN, best) if has_clean else (DISTORTED, worst)
        return {
            "gold": Trial("gold", (Stimulus(clips[0], gold[0], "gold", expected=gold[1]),)),
            "trap": Trial("trap", (Stimulus(clips[1], DISTORTED, "trap", expected=worst),)),
        }
    if design == "abx":
        return {
            "gold": _control_abx("gold", clips[0], (good, DISTORTED), 0),
            "trap": _control_abx("trap", clips[1], (good, DISTORTED), 1),
        }
    scale, most = ("CCR", 3) if design == "ccr" else ("AB", 1)
    return {
        "gold": _control_pair("gold", clips[0], (DISTORTED, good), {scale: (1, most)}),
        "trap": _control_pair("trap", clips[1], (good, DISTORTED), {scale: (-most, -1)}),
    }


def _control_pair(kind: TrialKind, clip: str, models: Sequence[str], expected: Expected) -> Trial:
    role: Role = "gold" if kind == "gold" else "trap"
    return Trial(kind, tuple(Stimulus(clip, model, role, expected=expected) for model in models))


def _control_abx(kind: TrialKind, clip: str, models: Sequence[str], x: int) -> Trial:
    expected: Expected = {"ABX": (x + 1, x + 1)}
    a, b = _control_pair(kind, clip, models, expected).stimuli
    original = (a, b)[x]
    return Trial(kind, (a, b, Stimulus(clip, original.model, original.role, "x", original, expected)))


def _copy(stimulus: Stimulus, role: Role) -> Stimulus:
    return Stimulus(stimulus.clip_id, stimulus.model, role, stimulus.role, stimulus, stimulus.expected)
