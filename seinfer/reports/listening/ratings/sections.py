"""The tables of a scored listening test as texts, the same on the terminal and on the page.

Results without the excluded raters stand beside those of all raters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ....core.numbers import fixed
from ....stats import Interval
from .analysis import RatedModel, RatedPair, metrics
from .scoring import ScoredTest
from .tables import pair_note

_ABSENT = "-"
_DIGITS = {"mushra": 1}


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        title: a line above it.
        headings: of the columns.
        rows: texts; as many as headings.
        n_text_columns: so many columns at the left contain text, the others numbers.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_text_columns: int = 1


def result_sections(scored: ScoredTest) -> Iterator[Section]:
    """Yield the tables of the models and pairs, the most important scale first."""
    for metric in reversed(metrics(scored.key)):
        models = [row for row in scored.unscreened.models if row.metric == metric]
        if models:
            ordered = sorted(models, key=lambda row: (row.rank is None, row.rank or 0))
            yield Section(f"{metric}: ratings", _MODEL_HEADINGS, tuple(_model_row(row, scored) for row in ordered))
        pairs = [pair for pair in scored.unscreened.pairs if pair.metric == metric]
        if pairs and scored.key.test.design == "abx":
            yield Section("abx: right answers", _ANSWER_HEADINGS, tuple(_answer_row(p, scored) for p in pairs), 2)
        elif pairs:
            section = Section(f"{metric}: differences", _PAIR_HEADINGS, tuple(_pair_row(p, scored) for p in pairs), 2)
            yield section if pairs[0].preference else _without(section, "prefer A")


def rater_section(scored: ScoredTest, *, excluded_only: bool = False) -> Section:
    """Return the table of the raters, or of those who are excluded."""
    rows = tuple(
        (
            check.rater_id,
            "; ".join(check.reasons) or "kept",
            str(check.n_votes),
            str(check.n_missing),
            f"{check.gold_errors}/{check.n_gold}",
            _number(check.repeat_difference, 2),
            _number(check.played_share, 2),
            _number(check.correlation, 2),
        )
        for check in (scored.excluded if excluded_only else scored.raters)
    )
    headings = ("rater", "result", "votes", "missing", "gold wrong", "repeat diff.", "played", "correlation")
    return Section("excluded raters" if excluded_only else "raters", headings, rows, 2)


def objective_sections(scored: ScoredTest) -> Iterator[Section]:
    """Yield the objective scores beside the ratings, and their rank correlations; nothing without a run."""
    found = scored.objective
    if not found:
        return
    scales = list(metrics(scored.key))
    rows = []
    for model in found.models:
        rated = [scored.screened.model(metric, model) for metric in scales]
        ratings = [
            _number(row.estimate.interval.mean if row else None, _digits(row.metric if row else "")) for row in rated
        ]
        rows.append((model, *ratings, *(_number(found.means.get((model, metric)), 3) for metric in found.metrics)))
    yield Section(
        "ratings and objective scores, means over the rated clips", ("model", *scales, *found.metrics), tuple(rows)
    )
    correlations = tuple(
        (
            row.metric,
            row.objective,
            row.level,
            row.method,
            str(row.n_models),
            str(row.n_clips),
            _number(row.correlation.value, 2),
            _bounds(Interval(0.0, row.correlation.low, row.correlation.high, ""), 2),
            row.note,
        )
        for row in found.agreements
    )
    headings = ("rating", "objective", "over", "method", "models", "clips", "correlation", "95 % interval", "note")
    if correlations:
        yield Section("rank correlation of ratings and objective scores", headings, correlations, 4)


_MODEL_HEADINGS = (
    *("model", "mean", "95 % interval", "tie", "median", "quartiles", "95 % over single votes"),
    *("mean, all raters", "95 %, all raters"),
)
_PAIR_HEADINGS = (
    *(
        "model A",
        "model B",
        "A - B",
        "95 % interval",
        "p (Holm)",
        "prefer A",
        "result",
        "A - B, all raters",
        "p, all raters",
    ),
)
_ANSWER_HEADINGS = ("A", "B", "right", "of", "needed alone", "p (Holm)", "result", "right, all raters", "p, all raters")


def _without(section: Section, heading: str) -> Section:
    """Return a table without a column."""
    i = section.headings.index(heading)
    rows = tuple((*row[:i], *row[i + 1 :]) for row in section.rows)
    return replace(section, headings=(*section.headings[:i], *section.headings[i + 1 :]), rows=rows)


def _model_row(everyone: RatedModel, scored: ScoredTest) -> tuple[str, ...]:
    row, n = scored.screened.model(everyone.metric, everyone.model), _digits(everyone.metric)
    other = everyone.estimate.interval
    unscreened = (_number(other.mean, n), _bounds(other, n))
    if not row:
        return (everyone.model, *[_ABSENT] * 6, *unscreened)
    return (
        row.model,
        _number(row.estimate.interval.mean, n),
        _bounds(row.estimate.interval, n),
        row.tie_band or _ABSENT,
        _number(row.median, n),
        f"{fixed(row.lower_quartile, n)} to {fixed(row.upper_quartile, n)}",
        _bounds(row.estimate.votes_interval, n),
        *unscreened,
    )


def _pair_row(everyone: RatedPair, scored: ScoredTest) -> tuple[str, ...]:
    pair = scored.screened.pair(everyone.metric, everyone.model_a, everyone.model_b)
    n = _digits(everyone.metric)
    unscreened = (_number(everyone.estimate.interval.mean, n), _p(everyone.p_holm))
    if not pair:
        return (everyone.model_a, everyone.model_b, *[_ABSENT] * 5, *unscreened)
    return (
        pair.model_a,
        pair.model_b,
        fixed(pair.estimate.interval.mean, n, is_signed=True),
        _bounds(pair.estimate.interval, n),
        _p(pair.p_holm),
        _ABSENT if pair.preference is None else f"{pair.preference.mean:.0%}",
        pair_note(pair) if pair.p_holm is not None else "no test",
        *unscreened,
    )


def _answer_row(everyone: RatedPair, scored: ScoredTest) -> tuple[str, ...]:
    pair = scored.screened.pair(everyone.metric, everyone.model_a, everyone.model_b)
    unscreened = (f"{everyone.n_correct} of {everyone.n_answers}", _p(everyone.p_holm))
    if not pair:
        return (everyone.model_a, everyone.model_b, *[_ABSENT] * 5, *unscreened)
    counts = (str(pair.n_correct), str(pair.n_answers), str(pair.n_critical or _ABSENT))
    return (pair.model_a, pair.model_b, *counts, _p(pair.p_holm), pair_note(pair), *unscreened)


def _digits(metric: str) -> int:
    return _DIGITS.get(metric, 2)


def _bounds(interval: Interval, n_digits: int) -> str:
    if interval.low is None or interval.high is None:
        return _ABSENT
    return f"{fixed(interval.low, n_digits)} to {fixed(interval.high, n_digits)}"


def _number(value: float | None, n_digits: int) -> str:
    return _ABSENT if value is None else fixed(value, n_digits)


def _p(value: float | None) -> str:
    return _ABSENT if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
