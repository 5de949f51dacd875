"""Lists of clips for microsoft/P.808 (docs/prep_p835.md, docs/prep_dcr_ccr.md), which makes its own sessions.

    p835  rating_clips.csv, training_clips.csv, gold_clips.csv with the overall rating that is expected (1 or 5), and
          trapping_clips.csv. Its own trapping clips have a spoken instruction; ours are clearly bad
    ccr   rating_clips.csv and training_clips.csv, each with a column of references

Results name only the rated clip of a pair, so that every clip may be rated against one reference only. Repeats are left
out: there each clip has many raters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....core.errors import UsageError
from ....core.files import csv_text
from ....core.records import BASELINE
from ..records import Item, Key

DESIGNS = ("p835", "ccr")
Row = Mapping[str, str]


def lists(key: Key, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield (file name, content) of each list.

    Args:
        key: the key.
        prefix: address before the file names of the stimuli, with "/".

    Raises:
        UsageError: the design does not fit, there is no address, or a clip has two references.
    """
    if key.test.design not in DESIGNS:
        raise UsageError(
            f"P.808 has no method for the design {key.test.design}; expected {', '.join(DESIGNS)}: use the pages in "
            "the test folder, or --format webmushra (mushra, abx) or beaqlejs (ab)"
        )
    if "//" not in prefix:
        raise UsageError(
            f"--url-prefix is {prefix!r}; expected the address under which raters get the stimuli, for example "
            "https://example.org/clips/"
        )
    tables = _p835(key, prefix) if key.test.design == "p835" else _ccr(key, prefix)
    for name, rows in tables:
        if rows:
            yield name, csv_text(list(rows[0]), rows)


def _p835(key: Key, prefix: str) -> Iterator[tuple[str, Sequence[Row]]]:
    by_role: dict[str, list[Item]] = {}
    for item in key.items:
        by_role.setdefault(item.role, []).append(item)
    urls = {item.stimulus_id: f"{prefix}{item.stimulus_id}.wav" for item in key.items}
    rated = [item for item in key.items if item.role in ("test", "noisy")]
    yield "rating_clips.csv", [{"rating_clips": urls[item.stimulus_id]} for item in rated]
    training = by_role.get("training", [])
    yield "training_clips.csv", [{"training_clips": urls[item.stimulus_id]} for item in training]
    gold = by_role.get("gold", [])
    yield "gold_clips.csv", [{"gold_clips": urls[i.stimulus_id], "gold_clips_ans": expected_overall(i)} for i in gold]
    trap = by_role.get("trap", [])
    yield (
        "trapping_clips.csv",
        [{"trapping_clips": urls[i.stimulus_id], "trapping_ans": expected_overall(i)} for i in trap],
    )


def expected_overall(item: Item) -> str:
    """Return the overall rating that an attentive rater gives, for P.808: 5 for a good clip, 1 for a bad one."""
    low, high = item.expected["OVRL"]
    return "5" if low + high > 6 else "1"


def _ccr(key: Key, prefix: str) -> Iterator[tuple[str, Sequence[Row]]]:
    for name, kind in (("rating_clips.csv", "test"), ("training_clips.csv", "training")):
        first, second = ("rating_clips", "references") if kind == "test" else ("training_clips", "training_references")
        pairs = rated_pairs(key, kind)
        yield (
            name,
            [{first: f"{prefix}{one}.wav", second: f"{prefix}{reference}.wav"} for one, reference in pairs.items()],
        )


def rated_pairs(key: Key, kind: str = "test") -> dict[str, str]:
    """Return rated stimulus -> its reference, for the pairs of all trials of a kind.

    The unprocessed clip is the reference, else the model that comes first in the run.

    Raises:
        UsageError: a stimulus would be rated against two references.
    """
    items = {item.stimulus_id: item for item in key.items}
    ranks = {model: rank for rank, model in enumerate((BASELINE, *(m for m in key.models if m != BASELINE)))}
    found: dict[str, str] = {}
    for session in key.test.sessions:
        for trial, trial_kind in zip(session.trials, key.kinds[session.session_id], strict=True):
            if trial_kind != kind:
                continue
            reference, rated = sorted(trial.stimuli, key=lambda one: (ranks.get(items[one].model, len(ranks)), one))
            if found.setdefault(rated, reference) != reference:
                raise UsageError(
                    f"stimulus {rated} is compared with {found[rated]} and with {reference}, and the results of P.808 "
                    "do not say with which; make the test with --pairs baseline"
                )
    return found
