from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.groups import bin_label, chosen_keys, groups, has_measured_snr, input_snr_db
from seinfer.analysis.results import Results
from seinfer.core.errors import UsageError
from seinfer.core.records import Clip
from tests.reports import example_run

CLIPS = [Clip("x", "x.wav", category={"room": "kitchen"})]


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.0, "0..5"), (4.999, "0..5"), (5.0, "5..10"), (-0.1, "-5..0"), (-5.0, "-5..0"), (17.74, "15..20")],
)
def test_bin_label_names_the_bin_that_contains_its_lower_bound(value: float, label: str) -> None:
    assert bin_label(value, 5) == label


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("noise,device,snr,duration", ("noise", "device", "snr_db", "duration_s")),
        ("room", ("room",)),
        (" snr_db , snr", ("snr_db",)),
        ("", ()),
    ],
)
def test_chosen_keys_accepts_columns_short_names_and_categories_of_the_clips(text: str, keys: tuple[str, ...]) -> None:
    assert chosen_keys(text, CLIPS) == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nois", "--by names 'nois', which is not a category of these clips: did you mean noise"),
        ("clip_id", "--by names 'clip_id'"),
    ],
)
def test_chosen_keys_unknown_name_is_a_usage_error_with_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        chosen_keys(text, CLIPS)


@pytest.mark.parametrize(
    ("key", "labels"),
    [
        ("snr_db", ["0..5", "5..10", "10..15", "15..20", "(none)"]),
        ("duration_s", ["0..5", "5..10", "10..15"]),
        ("device", ["headset", "(none)"]),
    ],
)
def test_groups_are_in_natural_order_and_contain_every_clip_once(key: str, labels: list[str]) -> None:
    results = example_run.results()
    found = groups(results, key)
    assert [group.label for group in found] == labels
    assert sum(group.clips for group in found).tolist() == [1] * len(results.clips)


def with_si_sdr(results: Results, clip_id: str, value: float) -> Results:
    row = results.rows[clip_id, "noisy"]
    assert row.score is not None
    scored = replace(row, score=replace(row.score, values={**row.score.values, "si_sdr": value}))
    return replace(results, rows={**results.rows, (clip_id, "noisy"): scored})


def test_input_snr_db_is_the_value_of_the_data_set() -> None:
    results = with_si_sdr(example_run.results(), "set/p287_001", 7.0)
    assert input_snr_db(results, results.clips[1]) == 2.5
    assert not has_measured_snr(results)


def test_input_snr_db_without_a_value_of_the_data_set_is_the_si_sdr_of_the_noisy_clip() -> None:
    results = with_si_sdr(example_run.results(), "set/p287_001", 7.0)
    clip = replace(results.clips[1], category={})
    assert input_snr_db(results, clip) == 7.0
    assert has_measured_snr(replace(results, clips=(clip,)))


@pytest.mark.parametrize("text", ["inf", "nan"])
def test_input_snr_db_that_is_not_finite_is_none(text: str) -> None:
    results = example_run.results()
    assert input_snr_db(results, replace(results.clips[1], category={"snr_db": text})) is None
