"""CSV files of a scored listening test, in the form of the other tables (reports/csv.py).

    blind_ratings.csv       one row per vote, with clip and model
    blind_per_clip.csv      one row per clip, model and scale
    blind_summary.csv       one row per model and scale
    blind_pairwise.csv      one row per scale and pair of models
    blind_raters.csv        one row per rater, with the reason of an exclusion
    blind_correlation.csv   one row per scale, objective metric and kind of correlation; only with a run

Numbers are those without the excluded raters; columns that end in `_unscreened` contain all raters. `ci95` is crossed
over raters and clips; `ci95_votes` is over single votes, for comparison only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ....core.files import Cell, write_csv
from ....stats import Interval
from ....stats.crossed import CrossedEstimate
from .analysis import RatedModel, RatedPair, metrics
from .scoring import ScoredTest
from .screening import RaterCheck
from .votes import PAIRED_DESIGNS, Vote, condition_of, of_test_trials

RATINGS = (
    *("test_id", "session_id", "rater_id", "is_excluded", "kind", "trial", "position", "stimulus_id", "clip_id"),
    *("model", "model_b", "role", "metric", "rating", "favour", "is_correct", "n_plays", "played_ms", "rt_ms", "utc"),
    *("output_sample_rate", "comment", "file", "line"),
)
PER_CLIP = (
    *("clip_id", "model", "metric", "n", "n_raters", "mean", "median", "std", "n_unscreened", "mean_unscreened"),
)
SUMMARY = (
    *("model", "metric", "group_key", "group_value", "n", "n_raters", "n_clips", "mean", "median", "quartile_lo"),
    *("quartile_hi", "std", "ci95_lo", "ci95_hi", "ci95_votes_lo", "ci95_votes_hi", "ci_method", "rank", "tie_band"),
    *("n_raters_unscreened", "mean_unscreened", "ci95_lo_unscreened", "ci95_hi_unscreened"),
)
PAIRWISE = (
    *("metric", "model_a", "model_b", "n", "n_raters", "n_clips", "mean_diff", "ci95_lo", "ci95_hi", "ci95_votes_lo"),
    *("ci95_votes_hi", "ci_method", "p_value", "p_holm", "preference_a", "preference_a_ci95_lo"),
    *(
        "preference_a_ci95_hi",
        "n_answers",
        "n_correct",
        "n_critical",
        "note",
        "mean_diff_unscreened",
        "p_holm_unscreened",
    ),
)
RATERS = (
    *("rater_id", "sessions", "n_votes", "n_missing", "is_excluded", "reason", "n_gold", "gold_errors"),
    *("repeat_difference", "hidden_reference_failures", "played_share", "correlation", "n_correct", "p_value"),
)
CORRELATION = (
    *("metric", "objective", "level", "method", "n_models", "n_clips", "correlation", "ci95_lo", "ci95_hi", "note"),
)


def write_tables(scored: ScoredTest, folder: Path) -> None:
    """Write the files.

    Raises:
        RunFolderError: a file cannot be written.
    """
    write_csv(folder / "blind_ratings.csv", RATINGS, rating_rows(scored))
    write_csv(folder / "blind_per_clip.csv", PER_CLIP, per_clip_rows(scored))
    write_csv(folder / "blind_summary.csv", SUMMARY, summary_rows(scored))
    write_csv(folder / "blind_pairwise.csv", PAIRWISE, pairwise_rows(scored))
    write_csv(folder / "blind_raters.csv", RATERS, map(rater_row, scored.raters))
    if scored.objective:
        write_csv(folder / "blind_correlation.csv", CORRELATION, correlation_rows(scored))
    else:
        (folder / "blind_correlation.csv").unlink(missing_ok=True)  # one of an earlier analysis


def rating_rows(scored: ScoredTest) -> list[dict[str, Cell]]:
    """Return the rows of blind_ratings.csv, sorted by clip, model, rater, session and trial."""
    excluded = {check.rater_id for check in scored.excluded}
    ordered = sorted(
        scored.votes,
        key=lambda vote: (
            vote.item.clip_id,
            _model(vote, scored),
            vote.rater,
            vote.row.session_id,
            vote.row.trial or 0,
            vote.row.position or 0,
            vote.row.scale,
        ),
    )
    return [_rating_row(vote, scored, is_excluded=vote.rater in excluded) for vote in ordered]


def per_clip_rows(scored: ScoredTest) -> list[dict[str, Cell]]:
    """Return the rows of blind_per_clip.csv, sorted by clip, model and scale."""
    everything, remaining = (_by_clip(votes, scored) for votes in (scored.votes, scored.kept_votes))
    rows: list[dict[str, Cell]] = []
    for key in sorted(everything):
        clip_id, model, metric = key
        own = remaining.get(key, [])
        values = [value for _, value in own]
        rows.append(
            {
                "clip_id": clip_id,
                "model": model,
                "metric": metric,
                "n": len(values),
                "n_raters": len({rater for rater, _ in own}),
                "mean": float(np.mean(values)) if values else None,
                "median": float(np.median(values)) if values else None,
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "n_unscreened": len(everything[key]),
                "mean_unscreened": float(np.mean([value for _, value in everything[key]])),
            }
        )
    return rows


def summary_rows(scored: ScoredTest) -> list[dict[str, Cell]]:
    """Return the rows of blind_summary.csv, sorted by model and scale; a model without kept votes has no numbers."""
    rows = [_summary_row(row, scored) for row in scored.unscreened.models]
    return sorted(rows, key=lambda row: (str(row["model"]), str(row["metric"])))


def pairwise_rows(scored: ScoredTest) -> list[dict[str, Cell]]:
    """Return the rows of blind_pairwise.csv, sorted by scale and models; noisy is always model_b."""
    rows = [_pairwise_row(pair, scored) for pair in scored.unscreened.pairs]
    return sorted(rows, key=lambda row: (str(row["metric"]), str(row["model_a"]), str(row["model_b"])))


def rater_row(check: RaterCheck) -> dict[str, Cell]:
    """Return a row of blind_raters.csv."""
    cells = {name: value for name, value in vars(check).items() if name != "reasons"}
    return {**cells, "is_excluded": check.is_excluded, "reason": "; ".join(check.reasons)}


def correlation_rows(scored: ScoredTest) -> list[dict[str, Cell]]:
    """Return the rows of blind_correlation.csv."""
    return [
        {
            **{name: value for name, value in vars(agreement).items() if name != "correlation"},
            "correlation": agreement.correlation.value,
            "ci95_lo": agreement.correlation.low,
            "ci95_hi": agreement.correlation.high,
            "note": agreement.note,
        }
        for agreement in (scored.objective.agreements if scored.objective else ())
    ]


def pair_note(pair: RatedPair) -> str:
    """Return the result of the test of a pair as text."""
    if pair.p_holm is None:
        return f"no test: {pair.estimate.interval.method}"
    if pair.n_correct is not None:
        return "better than chance" if pair.is_told_apart else "no difference shown"
    return "told apart" if pair.is_told_apart else "tie"


def _rating_row(vote: Vote, scored: ScoredTest, *, is_excluded: bool) -> dict[str, Cell]:
    row, is_pair = vote.row, len(vote.stimuli) > 1 and vote.row.position == 0
    return {
        **{name: _without_decimals(getattr(row, name)) for name in RATINGS if hasattr(row, name)},
        "rater_id": vote.rater,
        "is_excluded": is_excluded,
        "kind": vote.kind,
        "clip_id": vote.item.clip_id,
        "model": _model(vote, scored),
        "model_b": vote.pair[1] if is_pair else "",
        "role": vote.item.role,
        "metric": _metric_of(scored)[row.scale],
        "favour": vote.favour if scored.key.test.design in PAIRED_DESIGNS else None,
        "is_correct": vote.is_correct if scored.key.test.design == "abx" else None,
        "file": row.path.name,
    }


def _without_decimals(value: Cell) -> Cell:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _model(vote: Vote, scored: ScoredTest) -> str:
    return vote.pair[0] if vote.row.position == 0 else condition_of(vote.item)


def _metric_of(scored: ScoredTest) -> dict[str, str]:
    return {scale: metric for metric, scale in metrics(scored.key).items()}


def _by_clip(votes: Iterable[Vote], scored: ScoredTest) -> dict[tuple[str, str, str], list[tuple[str, float]]]:
    """Return (clip, model, metric) -> (rater, value) of each vote of the test trials."""
    found: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    metric_of = _metric_of(scored)
    for vote in of_test_trials(votes):
        for model, value in _values(vote, scored):
            found.setdefault((vote.item.clip_id, model, metric_of[vote.row.scale]), []).append((vote.rater, value))
    return found


def _values(vote: Vote, scored: ScoredTest) -> Iterator[tuple[str, float]]:
    """Yield (model, value) of a vote; a comparison counts for one model and against the other."""
    if scored.key.test.design == "abx":
        yield " against ".join(vote.pair), float(vote.is_correct)
    elif scored.key.test.design in PAIRED_DESIGNS:
        yield vote.pair[0], vote.favour
        yield vote.pair[1], -vote.favour
    else:
        yield vote.condition, vote.rating


def _summary_row(everyone: RatedModel, scored: ScoredTest) -> dict[str, Cell]:
    row = scored.screened.model(everyone.metric, everyone.model)
    interval = everyone.estimate.interval
    cells: dict[str, Cell] = {
        "model": everyone.model,
        "metric": everyone.metric,
        "group_key": "all",
        "n_raters_unscreened": everyone.estimate.n_raters,
        "mean_unscreened": interval.mean,
        "ci95_lo_unscreened": interval.low,
        "ci95_hi_unscreened": interval.high,
    }
    if not row:
        return {**cells, "n": 0, "ci_method": "every rater is excluded"}
    return {
        **cells,
        **_estimate_cells(row.estimate, "mean"),
        "median": row.median,
        "quartile_lo": row.lower_quartile,
        "quartile_hi": row.upper_quartile,
        "std": row.std,
        "rank": row.rank,
        "tie_band": row.tie_band,
    }


def _pairwise_row(everyone: RatedPair, scored: ScoredTest) -> dict[str, Cell]:
    pair = scored.screened.pair(everyone.metric, everyone.model_a, everyone.model_b)
    cells: dict[str, Cell] = {
        "metric": everyone.metric,
        "model_a": everyone.model_a,
        "model_b": everyone.model_b,
        "mean_diff_unscreened": everyone.estimate.interval.mean,
        "p_holm_unscreened": everyone.p_holm,
    }
    if not pair:
        return {**cells, "n": 0, "note": "every rater is excluded"}
    share = pair.preference
    return {
        **cells,
        **_estimate_cells(pair.estimate, "mean_diff"),
        "p_value": pair.p_value,
        "p_holm": pair.p_holm,
        "preference_a": share.mean if share else None,
        "preference_a_ci95_lo": share.low if share else None,
        "preference_a_ci95_hi": share.high if share else None,
        "n_answers": pair.n_answers,
        "n_correct": pair.n_correct,
        "n_critical": pair.n_critical,
        "note": pair_note(pair),
    }


def _estimate_cells(estimate: CrossedEstimate, name: str) -> dict[str, Cell]:
    interval: Interval = estimate.interval
    return {
        "n": estimate.n,
        "n_raters": estimate.n_raters,
        "n_clips": estimate.n_clips,
        name: interval.mean,
        "ci95_lo": interval.low,
        "ci95_hi": interval.high,
        "ci95_votes_lo": estimate.votes_interval.low,
        "ci95_votes_hi": estimate.votes_interval.high,
        "ci_method": interval.method,
    }


def as_document(scored: ScoredTest, conclusions: Sequence[str]) -> dict[str, object]:
    """Return everything as one JSON document, for scripts."""
    test = scored.key.test
    return {
        "test_id": test.test_id,
        "key_sha256": test.key_sha256,
        "design": test.design,
        "level": scored.key.level,
        "rules": asdict(scored.key.rules),
        "n_raters_planned": test.n_raters,
        "n_raters": len(scored.raters),
        "n_raters_excluded": len(scored.excluded),
        "conclusions": list(conclusions),
        "remarks": list(scored.remarks),
        "models": summary_rows(scored),
        "pairs": pairwise_rows(scored),
        "raters": [rater_row(check) for check in scored.raters],
        "correlations": correlation_rows(scored),
    }
