from __future__ import annotations

import pytest

from seinfer.analysis.verdicts import (
    BETTER,
    EQUAL,
    NOT_PROVEN,
    PROBABLY_EQUAL,
    WORSE,
    smallest_difference,
    verdicts_of,
)
from tests.analysis.example_models import NOISY, compared

GOOD, SAME = (3.0, 0.1, 90.0, 10), (3.05, 0.1, 90.0, 10)


def verdict(gain: float, n_clips: int, noise_db: float, matters_db: float = 0.5) -> tuple[str, int | None]:
    results = compared({"noisy": NOISY, "a": (gain, 0.1, 90.0, 10)}, n_clips=n_clips, noise_db=noise_db)
    [found] = verdicts_of(results, "a", "noisy", ("sdr",), {"sdr": matters_db})
    return found.verdict, found.n_more


def test_verdict_follows_the_interval_and_the_smallest_difference_that_matters() -> None:
    assert verdict(3.0, 40, 0.3) == (BETTER, None)
    assert verdict(-3.0, 40, 0.3) == (WORSE, None)
    assert verdict(0.05, 40, 0.3) == (EQUAL, None)
    assert verdict(0.05, 40, 0.01) == (EQUAL, None)  # significant, but it does not matter
    assert verdict(0.05, 40, 0.01, matters_db=0.01) == (BETTER, None)


def test_verdict_that_is_open_gives_the_number_of_further_clips() -> None:
    text, n_more = verdict(0.6, 10, 2.0)
    assert text == NOT_PROVEN
    assert n_more is not None and 20 < n_more < 1000


def test_verdict_on_a_tiny_mean_difference_with_a_wide_interval_is_only_probable() -> None:
    results = compared({"noisy": NOISY, "a": (0.001, 0.1, 90.0, 10)}, n_clips=40, noise_db=2.0)
    [found] = verdicts_of(results, "a", "noisy", ("sdr",), {"sdr": 3.0})
    assert found.verdict == EQUAL  # the interval is within 3 dB
    differences = [abs(row.value("sdr") or 0.0) for row in results.of_model("a")]
    assert max(differences) > 1
    [found] = verdicts_of(results, "a", "noisy", ("sdr",), {"sdr": abs(found.difference.mean) * 1.01 + 0.3})
    assert found.verdict in (NOT_PROVEN, PROBABLY_EQUAL)
    assert (found.verdict == PROBABLY_EQUAL) == (found.n_more is None or found.n_more > 1000)


@pytest.mark.parametrize("n_clips", [2, 5])
def test_verdict_on_fewer_than_6_clips_is_not_proven_and_needs_at_least_6(n_clips: int) -> None:
    text, n_more = verdict(5.0, n_clips, 0.1)
    assert text == NOT_PROVEN
    assert n_more is not None and n_more >= 6 - n_clips


def test_verdicts_of_agree_with_the_letters_of_the_table() -> None:
    models = {"noisy": NOISY, "a": GOOD, "b": SAME, "c": (1.0, 0.1, 90.0, 10)}
    results = compared(models, n_clips=12, noise_db=0.8)
    for other in ("noisy", "b", "c"):
        [found] = verdicts_of(results, "a", other, ("sdr",), {"sdr": 0.0})
        comparison = results.comparisons["sdr"]
        one, two = (set(comparison.models[results.models.index(name)].tie_band) for name in ("a", other))
        assert (found.verdict in (BETTER, WORSE)) == (not one & two)


@pytest.mark.parametrize(
    ("metric", "expected"), [("sdr", 0.5), ("pesq_wb", 0.1), ("stoi", 0.01), ("dnsmos_ovrl", 0.1), ("pesq_nb_raw", 0.1)]
)
def test_smallest_difference_depends_on_the_unit_and_can_be_chosen(metric: str, expected: float) -> None:
    assert smallest_difference(metric, {}) == expected
    assert smallest_difference(metric, {metric: 0.3}) == 0.3
