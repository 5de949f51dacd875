from __future__ import annotations

import pytest

from seinfer.metrics.spelling import FAMILIES, as_known
from seinfer.metrics.table import METRICS

DNSMOS = ("dnsmos_ovrl", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("PESQ-WB", "pesq_wb"),
        ("pesq wb", "pesq_wb"),
        ("SI_SDR", "si_sdr"),
        ("si-sdr", "si_sdr"),
        ("sisdr", "si_sdr"),
        ("STOI", "stoi"),
        ("DNSMOS-OVRL", "dnsmos_ovrl"),
        ("pesq", "pesq_wb"),
        ("PESQ", "pesq_wb"),
        ("pesq-nb", "pesq_nb"),
    ],
)
def test_as_known_accepts_names_as_printed_in_any_case(typed: str, name: str) -> None:
    assert as_known([typed], METRICS) == (name,)


def test_as_known_family_stands_for_its_known_metrics() -> None:
    assert as_known(["sdr", "DNSMOS"], METRICS) == ("sdr", *DNSMOS)
    assert as_known(["dnsmos"], ["sdr", "dnsmos_p808", "dnsmos_ovrl"]) == ("dnsmos_ovrl", "dnsmos_p808")


def test_as_known_names_each_metric_once() -> None:
    assert as_known(["dnsmos_sig", "dnsmos", "PESQ-WB", "pesq"], METRICS) == (
        *("dnsmos_sig", "dnsmos_ovrl", "dnsmos_bak", "dnsmos_p808"),
        "pesq_wb",
    )


@pytest.mark.parametrize("typed", ["pesk", "", "-", "dnsmos"])
def test_as_known_unknown_name_is_unchanged(typed: str) -> None:
    assert as_known([typed], ["sdr", "pesq_wb"]) == (typed,)


def test_families_contain_only_metrics_that_can_be_compared() -> None:
    assert all(not METRICS[member].is_diagnostic for members in FAMILIES.values() for member in members)
    assert not set(FAMILIES) & set(METRICS)
