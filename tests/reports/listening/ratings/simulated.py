"""Listening tests in memory, from real plans, and raters with known preferences, some of whom click at random."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seinfer.core.files import write_csv
from seinfer.mixing.random_draws import RandomDraws
from seinfer.reports.listening.key import opaque_id, sealed
from seinfer.reports.listening.ratings.integrity import RANGES, positions
from seinfer.reports.listening.records import (
    RATING_COLUMNS,
    SCALES,
    DesignName,
    Item,
    Key,
    PublicSession,
    PublicTest,
    PublicTrial,
    Rules,
    TrialKind,
    default_rules,
)
from seinfer.reports.listening.request import MakeRequest
from seinfer.reports.listening.sessions import plan_sessions

MODELS = ("noisy", "good", "fair", "poor")
QUALITY = {"clean": 4.8, "good": 4.0, "fair": 3.2, "poor": 2.4, "noisy": 2.0, "distorted": 1.0}
SALT = "ab" * 32
RATE = 16_000
Row = dict[str, str]


def make_key(
    design: DesignName = "p835",
    *,
    n_raters: int = 12,
    n_clips: int = 8,
    models: Sequence[str] = MODELS,
    pairs: str = "all",
    rules: Rules | None = None,
    seed: int = 1,
) -> Key:
    """Return the key of a test that was planned as `blind make` plans, without stimulus files."""
    here = Path()
    request = MakeRequest(here, here, here, design, n_raters=n_raters, seed=seed, pairs=pairs, max_minutes=600.0)
    clips, controls = ([f"{kind}{i}" for i in range(n)] for kind, n in (("clip", n_clips), ("control", 7)))
    with_clean = dict.fromkeys((*clips, *controls), True)
    plan = plan_sessions(request, models, clips, controls, 5.0, with_clean, RandomDraws(seed))
    ids = {one: opaque_id(SALT, one.clip_id, one.model, one.role, one.part) for one in plan.stimuli}
    items = [
        Item(ids[one], one.clip_id, one.model, one.role, one.expected, same_as=ids[one.same_as] if one.same_as else "")
        for one in plan.stimuli
    ]
    sessions: list[PublicSession] = []
    kinds: dict[str, tuple[TrialKind, ...]] = {}
    for number, trials in enumerate(plan.sessions):
        public = [
            PublicTrial(
                tuple(ids[one] for one in trial.stimuli),
                ids[trial.reference] if trial.reference else "",
                trial.kind == "training",
            )
            for trial in trials
        ]
        sessions.append(PublicSession(f"s{number:02}", tuple(public)))
        kinds[f"s{number:02}"] = tuple(trial.kind for trial in trials)
    test = PublicTest("test1", "", design, tuple(sessions), RATE, 5 * RATE, n_raters)
    return sealed(Key(SALT, seed, tuple(models), tuple(items), kinds, test, rules or default_rules(design), "p56:-26"))


@dataclass(frozen=True)
class Spread:
    """Standard deviations of rater x model, clip x model and single votes, on the scale of p835."""

    rater: float = 0.25
    clip: float = 0.31
    vote: float = 0.7


def rate(
    key: Key,
    *,
    seed: int = 0,
    quality: Mapping[str, float] = QUALITY,
    spread: Spread | None = None,
    at_random: Collection[str] = (),
) -> list[Row]:
    """Return the rows of the rating files of all sessions; session sNN is rated by rNN.

    Args:
        key: of the test.
        seed: of the raters.
        quality: mean rating of each model on the scale of p835.
        spread: how much ratings vary.
        at_random: raters who click at random.
    """
    raters = _Raters(key, np.random.default_rng(seed), quality, spread or Spread())
    rows = []
    for session in key.test.sessions:
        rater = session.session_id.replace("s", "r")
        for number, trial in enumerate(session.trials, start=1):
            for position in positions(trial, key.test.design):
                for scale in SCALES[key.test.design]:
                    rating = (
                        raters.click() if rater in at_random else raters.rating(rater, trial.stimuli, position, scale)
                    )
                    rows.append(_row(key, session.session_id, rater, number, position, trial.stimuli, scale, rating))
    return rows


def write_ratings(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """Write one rating file per session, as raters send them back."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for session in dict.fromkeys(row["session_id"] for row in rows):
        paths.append(folder / f"{session}.csv")
        write_csv(paths[-1], RATING_COLUMNS, [row for row in rows if row["session_id"] == session])
    return paths


def changed(rows: Sequence[Row], index: int, **cells: str) -> list[Row]:
    """Return the rows with some cells of one row changed."""
    return [{**row, **cells} if i == index % len(rows) else row for i, row in enumerate(rows)]


def with_rules(key: Key, **rules: float) -> Key:
    """Return a key with other rules of exclusion, sealed again."""
    return sealed(replace(key, rules=replace(key.rules, **rules)))  # type: ignore[arg-type]


class _Raters:
    def __init__(self, key: Key, random: np.random.Generator, quality: Mapping[str, float], spread: Spread) -> None:
        self._design = key.test.design
        self._items = {item.stimulus_id: item for item in key.items}
        self._random, self._quality, self._spread = random, quality, spread
        self._parts: dict[tuple[str, ...], float] = {}

    def click(self) -> float:
        low, high = RANGES[self._design]
        return float(self._random.integers(int(low), int(high) + 1))

    def rating(self, rater: str, stimuli: Sequence[str], position: int, scale: str) -> float:
        low, high = RANGES[self._design]
        if self._design == "abx":
            return self._answer(rater, stimuli)
        if position:
            heard = self._heard(rater, self._items[stimuli[position - 1]])
            value = heard if self._design == "p835" else 25 * (heard - 1) + 10 * (heard > 4.5)
        else:
            value = self._heard(rater, self._items[stimuli[1]]) - self._heard(rater, self._items[stimuli[0]])
        return float(np.clip(np.round(value), low, high))

    def _answer(self, rater: str, stimuli: Sequence[str]) -> float:
        a, b, x = (self._items[name] for name in stimuli)
        is_first = x.same_as in (a.stimulus_id, a.same_as)
        gap = abs(self._quality[a.model] - self._quality[b.model])
        is_right = self._random.uniform() < 1 - 0.5 * np.exp(-2 * gap)
        return 1.0 if is_first == is_right else 2.0

    def _heard(self, rater: str, item: Item) -> float:
        original = self._items.get(item.same_as, item)
        if original.role in ("anchor35", "anchor70"):
            return 1.5
        if original.model in ("clean", "distorted"):
            return self._quality[original.model]
        return (
            self._quality[original.model]
            + self._part(self._spread.rater, "rater", rater, original.model)
            + self._part(self._spread.clip, "clip", original.clip_id, original.model)
            + float(self._random.normal(0, self._spread.vote))
        )

    def _part(self, deviation: float, *names: str) -> float:
        if names not in self._parts:
            self._parts[names] = float(self._random.normal(0, deviation))
        return self._parts[names]


def _row(
    key: Key, session: str, rater: str, trial: int, position: int, stimuli: Sequence[str], scale: str, rating: float
) -> Row:
    return {
        **dict.fromkeys(RATING_COLUMNS, ""),
        "test_id": key.test.test_id,
        "key_sha256": key.test.key_sha256,
        "session_id": session,
        "rater_id": rater,
        "design": key.test.design,
        "trial": str(trial),
        "position": str(position),
        "stimulus_id": stimuli[position - 1],
        "scale": scale,
        "rating": f"{rating:g}",
        "n_plays": "1",
        "played_ms": "5000",
        "rt_ms": "8000",
        "utc": "2024-05-01T10:00:00Z",
        "page_version": key.test.page_version,
    }
