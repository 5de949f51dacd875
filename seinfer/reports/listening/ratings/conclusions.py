"""The results of a listening test as sentences. A sentence never says more than its test shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....core.counts import counted, verb
from ....stats import Interval
from .analysis import Analysis, RatedModel, metrics
from .scoring import ScoredTest

NOISY = "noisy"


def conclusions(scored: ScoredTest) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    return (*_results(scored), _who(scored), *_changed_by_screening(scored), *_agreement(scored))


def interval_text(interval: Interval, n_digits: int = 2) -> str:
    """Return a mean with its interval, such as "3.92 (95 % interval 3.61 to 4.22)"."""
    if interval.low is None or interval.high is None:
        return f"{interval.mean:.{n_digits}f} (no interval: {interval.method})"
    return f"{interval.mean:.{n_digits}f} (95 % interval {interval.low:.{n_digits}f} to {interval.high:.{n_digits}f})"


def _who(scored: ScoredTest) -> str:
    found, n_excluded = scored.screened, len(scored.excluded)
    share = f"{n_excluded} of {counted(len(scored.raters), 'rater')} {verb(n_excluded, 'are')}"
    if not n_excluded:
        share = f"None of {counted(len(scored.raters), 'rater')} is"
    screened = f"{share} excluded by the rules"
    counts = f"{counted(found.n_votes, 'vote')} on {counted(found.n_clips, 'clip')}"
    end = f"; {counts} remain. The results hold for clips and raters like these." if found.n_votes else "."
    return f"{screened} that were fixed before the test{end}"


def _results(scored: ScoredTest) -> Iterator[str]:
    if not scored.screened.n_votes:
        yield "Every rater is excluded: nothing can be concluded."
    elif scored.key.test.design == "abx":
        yield from _answers(scored.screened)
    else:
        for metric in reversed(metrics(scored.key)):
            yield from _of_metric(scored.screened, metric)


def _answers(found: Analysis) -> Iterator[str]:
    for pair in found.pairs:
        heard = (
            "a difference was heard"
            if pair.is_told_apart
            else "no difference was shown, which does not prove that there is none"
        )
        yield (
            f"{pair.model_a} against {pair.model_b}: {pair.n_correct} right answers of {pair.n_answers}, "
            f"p = {_p(pair.p_holm)}: {heard}."
        )


def _of_metric(found: Analysis, metric: str) -> Iterator[str]:
    ranked = sorted((row for row in found.models if row.metric == metric and row.rank), key=lambda row: row.rank or 0)
    if not ranked:
        return
    best = ranked[0]
    yield f"{metric}: {best.model} has the highest mean, {interval_text(best.estimate.interval)}."
    if len(ranked) < 2:
        return
    tested = {frozenset((pair.model_a, pair.model_b)): pair for pair in found.pairs if pair.metric == metric}
    if any(pair.p_holm is None for pair in tested.values()):
        yield f"{metric}: no test, because there are too few raters or clips; nothing can be concluded."
        return
    apart = {frozenset(pair) for pair, row in tested.items() if row.is_told_apart}
    others = [row.model for row in ranked[1:]]
    direct = [name for name in others if frozenset((best.model, name)) in tested]
    ties = [name for name in direct if frozenset((best.model, name)) not in apart]
    if direct:
        yield f"{metric}: {_told_apart(best.model, direct, ties)}"
    if indirect := [name for name in others if name not in direct]:
        yield f"{metric}: {best.model} was not compared directly with {', '.join(indirect)}."
    yield from _against_noisy(metric, ranked, apart)


def _told_apart(best: str, others: Sequence[str], ties: Sequence[str]) -> str:
    if not ties:
        return f"{best} is told apart from {' and '.join(others) if len(others) < 3 else f'all {len(others)} others'}."
    return f"this test does not show whether {best} is better than {', '.join(ties)}."


def _against_noisy(metric: str, ranked: Sequence[RatedModel], apart: set[frozenset[str]]) -> Iterator[str]:
    names = [row.model for row in ranked]
    if NOISY not in names or len(names) < 3:
        return
    place = names.index(NOISY)
    better = [name for name in names[:place] if frozenset((name, NOISY)) in apart]
    worse = [name for name in names[place + 1 :] if frozenset((name, NOISY)) in apart]
    yield f"{metric}: shown to be better than the unprocessed audio: {', '.join(better) or 'no model'}."
    if worse:
        yield f"{metric}: shown to be worse than the unprocessed audio: {', '.join(worse)}."


def _changed_by_screening(scored: ScoredTest) -> Iterator[str]:
    """Yield where the exclusion of raters changed a conclusion."""
    changed = [
        f"{pair.model_a} and {pair.model_b} ({pair.metric})"
        for pair in scored.unscreened.pairs
        if (own := scored.screened.pair(pair.metric, pair.model_a, pair.model_b))
        and own.is_told_apart != pair.is_told_apart
    ]
    if changed:
        yield f"With all raters, the test has another result for: {', '.join(changed)}."


def _agreement(scored: ScoredTest) -> Iterator[str]:
    if not scored.objective:
        return
    metric = list(metrics(scored.key))[-1]
    rows = [
        row
        for row in scored.objective.agreements
        if (row.metric, row.level, row.method) == (metric, "models", "spearman")
    ]
    usable = [row for row in rows if not row.note and row.correlation.low is not None and row.correlation.low > 0]
    if rows and rows[0].note.startswith("no conclusion"):
        yield f"Agreement of objective scores with {metric}: {rows[0].note}."
    elif usable:
        names = ", ".join(f"{row.objective} ({row.correlation.value:.2f})" for row in usable)
        yield f"Objective scores that rank these {rows[0].n_models} models like {metric} (Spearman): {names}."
    elif rows:
        yield f"No objective score is shown to rank these {rows[0].n_models} models like {metric}."


def _p(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"
