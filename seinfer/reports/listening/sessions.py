"""The plan of all sessions: which clips and models each rater hears, and in which order.

Every session has all models on each of its clips. If a session with all clips is longer than allowed, each rater gets
some of the clips, so that every clip has the same number of raters, or one more (incomplete blocks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...core.counts import counted
from ...core.errors import UsageError
from ...mixing.random_draws import RandomDraws
from .design import Cell, clips_of_sessions, n_equal_neighbours, ordered_cells, placed, williams
from .records import TrialKind
from .request import MakeRequest
from .trials import (
    N_TRAINING,
    Stimulus,
    Trial,
    control_trials,
    n_conditions,
    rated_trial,
    repeated,
    treatments,
    trial_seconds,
)


@dataclass(frozen=True)
class Plan:
    """All sessions.

    Attributes:
        sessions: the trials of each session in order; training first.
        minutes: estimated duration of a session.
        n_clips_each: number of clips under test in a session.
        n_neighbours: number of neighbouring trials in all sessions that share a clip or a model.
    """

    sessions: tuple[tuple[Trial, ...], ...]
    minutes: float
    n_clips_each: int
    n_neighbours: int

    @property
    def stimuli(self) -> tuple[Stimulus, ...]:
        """Every stimulus once."""
        found: dict[Stimulus, None] = {}
        for trial in (trial for session in self.sessions for trial in session):
            found.update(dict.fromkeys(trial.stimuli))
            found.update({trial.reference: None} if trial.reference else {})
        return tuple(found)


def plan_sessions(
    request: MakeRequest,
    models: Sequence[str],
    clips: Sequence[str],
    controls: Sequence[str],
    clip_s: float,
    with_clean: Mapping[str, bool],
    draws: RandomDraws,
) -> Plan:
    """Plan all sessions.

    Args:
        request: the request.
        models: under test.
        clips: clip_ids under test, in random order.
        controls: clip_ids for training, gold and trap trials.
        clip_s: duration of all stimuli in seconds.
        with_clean: clip_id -> whether it has a clean file.
        draws: random draws of the test.

    Raises:
        UsageError: a session with a single clip is longer than allowed, or a trial has too many conditions.
    """
    planner = _Planner(request, treatments(request.design, models, request.pairs), controls, with_clean, draws)
    trial_s = trial_seconds(request.design, clip_s, len(models))
    n_each = planner.clips_that_fit(trial_s, len(clips))
    parts = clips_of_sessions(clips, request.n_raters, n_each)
    sessions = [planner.session(number, part) for number, part in enumerate(parts)]
    n_trials = max(len(trials) for trials, _ in sessions)
    return Plan(
        tuple(trials for trials, _ in sessions), n_trials * trial_s / 60, n_each, sum(count for _, count in sessions)
    )


class _Planner:
    """Plans the sessions of one test."""

    def __init__(
        self,
        request: MakeRequest,
        kinds: Sequence[tuple[str, ...]],
        controls: Sequence[str],
        with_clean: Mapping[str, bool],
        draws: RandomDraws,
    ) -> None:
        self._request = request
        self._design = request.design
        self._models = {" ".join(kind): kind for kind in draws.ranked("treatments", kinds)}
        self._controls = controls
        self._with_clean = with_clean
        self._draws = draws

    def clips_that_fit(self, trial_s: float, n_clips: int) -> int:
        """Return how many clips a session can have within --max-minutes."""
        n_extra = N_TRAINING[self._design] + len(self._control_trials(0)) + (self._design != "abx")
        n_trials = int(self._request.max_minutes * 60 / trial_s) - n_extra
        n_each = min(n_clips, n_trials // len(self._models))
        if n_each < 1:
            needed = (len(self._models) + n_extra) * trial_s / 60
            raise UsageError(
                f"a session with a single clip takes {needed:.0f} minutes ({counted(len(self._models), 'trial')} under "
                f"test, {n_extra} for training and control, {trial_s:.0f} s each), and --max-minutes is "
                f"{self._request.max_minutes:g}; name fewer --models, choose shorter clips, or raise --max-minutes"
            )
        return n_each

    def session(self, number: int, clips: Sequence[str]) -> tuple[tuple[Trial, ...], int]:
        """Return the trials of a session, and how many neighbours share a clip or a model."""
        name = f"session {number}"
        ordered = ordered_cells(clips, list(self._models), number * len(clips), self._draws, name)
        tests = self._test_trials(ordered.cells, name, number * len(clips))
        extra: dict[str, Trial] = dict(self._control_trials(number).items())
        cells: dict[str, tuple[Cell, int]] = {
            kind: ((trial.stimuli[0].clip_id, kind), 0) for kind, trial in extra.items()
        }
        if self._design != "abx":
            index = int(self._draws.fraction(name, "repeat") * max(1, len(tests) // 2))
            extra["repeat"] = repeated(tests[index])
            # After at least half of the trials, so that the rater does not remember the first answer.
            cells["repeat"] = (ordered.cells[index], max(index + 1, len(tests) // 2))
        order = placed(ordered.cells, cells, self._draws, name)
        trials = [tests[one] if isinstance(one, int) else extra[one] for one in order]
        in_order = [ordered.cells[one] if isinstance(one, int) else cells[one][0] for one in order]
        n_neighbours = n_equal_neighbours(in_order, is_one_treatment=len(self._models) == 1)
        return (*self._training(number), *trials), n_neighbours

    def _test_trials(self, cells: Sequence[Cell], name: str, first: int) -> list[Trial]:
        flips = {kind: self._balanced(f"{name} order {kind}", cells, kind) for kind in self._models}
        xs = {kind: self._balanced(f"{name} x {kind}", cells, kind) for kind in self._models}
        return [
            rated_trial(
                self._design, clip, self._models[kind], self._order(kind, first + i, flips[kind][clip]), xs[kind][clip]
            )
            for i, (clip, kind) in enumerate(cells)
        ]

    def _balanced(self, name: str, cells: Sequence[Cell], kind: str) -> dict[str, int]:
        """Return clip_id -> 0 or 1, each equally often for the trials of one kind, or once more."""
        keys = {f"{name} {clip}": clip for clip, own in cells if own == kind}
        # The order of the candidates decides which one is drawn once more.
        drawn = self._draws.balanced(keys, self._draws.ranked(name, (0, 1)))
        return {keys[key]: value for key, value in drawn.items()}

    def _order(self, kind: str, index: int, flip: int) -> Sequence[int]:
        """Return the order of the conditions of a trial: a row of a Williams design (mushra), else as drawn."""
        n = n_conditions(self._design, self._models[kind])
        if self._design == "mushra":
            rows = williams(n)
            names = self._draws.ranked("conditions", range(n))
            return [names[i] for i in rows[index % len(rows)]]
        return (1, 0) if flip and n == 2 else tuple(range(n))

    def _control_trials(self, number: int) -> dict[TrialKind, Trial]:
        n = len(self._controls)
        clips = [self._controls[(2 * number + i) % n] for i in range(2)]
        has_clean = all(self._with_clean[clip] for clip in clips)
        return control_trials(self._design, clips, has_clean=has_clean)

    def _training(self, number: int) -> list[Trial]:
        kinds = list(self._models)
        trials = []
        for i in range(N_TRAINING[self._design]):
            # Clips from the end of the list: those of gold and trap trials are taken from its beginning.
            clip = self._controls[-1 - (i + i // len(kinds)) % len(self._controls)]
            kind = kinds[i % len(kinds)]
            order = self._order(kind, i, i % 2)
            trials.append(rated_trial(self._design, clip, self._models[kind], order, i // 2 % 2, "training"))
        return [replace(trial, kind="training") for trial in trials]
