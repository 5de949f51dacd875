from __future__ import annotations

import pytest

from seinfer.analysis.licences import allows_commercial_use, in_short, is_restrictive, licence_lines
from seinfer.models.registry import load_registry
from tests.reports import example_run

OF_REPOSITORY = "as the repository (MIT); not stated for the weights"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC-BY-NC-4.0", True),
        ("cc-by-nc-sa-4.0", True),
        ("Non-Commercial", True),
        ("noncommercial use only", True),
        ("research only", True),
        ("none stated", True),
        ("MIT", False),
        ("Apache-2.0", False),
        ("MIT OR Apache-2.0", False),
        ("NCSA", False),
        ("", False),
        ("as the repository (MIT OR Apache-2.0); not stated for the weights", False),
        ("as the repository (CC-BY-NC-4.0); not stated for the weights", True),
        ("as the repository (none stated); not stated for the weights", True),
        ("MIT for the code, not stated for the weights", True),
    ],
)
def test_is_restrictive_recognises_non_commercial_and_missing_licences(licence: str, expected: bool) -> None:
    assert is_restrictive(licence) is expected


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (("MIT", "Apache-2.0"), True),
        (("MIT", "CC-BY-NC-4.0"), False),
        (("MIT", ""), False),
        (("none stated",), False),
        (("MIT", OF_REPOSITORY), True),
    ],
)
def test_allows_commercial_use_needs_every_licence_known_and_not_restrictive(
    licences: tuple[str, ...], expected: bool
) -> None:
    assert allows_commercial_use(*licences) is expected


def test_in_short_names_the_licence_of_the_repository_and_keeps_other_texts() -> None:
    assert in_short(OF_REPOSITORY) == "MIT (repository)"
    assert in_short("CC-BY-NC-4.0") == "CC-BY-NC-4.0"


def test_licence_lines_name_weights_that_are_restricted_or_have_the_repositorys_licence_only() -> None:
    results = example_run.results()
    first, second, third = results.models[:3]
    for model, licence in ((first, "MIT"), (second, "CC-BY-NC-4.0"), (third, OF_REPOSITORY)):
        results.header["models"][model]["license_weights"] = licence
    assert list(licence_lines(results, [first, second, third])) == [
        f"licence: {second}: weights CC-BY-NC-4.0, code MIT",
        f"licence: {third}: weights {OF_REPOSITORY}, code MIT",
    ]


def test_licence_of_every_model_allows_commercial_use_only_where_code_and_weights_have_one() -> None:
    specs = load_registry().specs
    allowed = {name for name, spec in specs.items() if allows_commercial_use(spec.license_code, spec.license_weights)}
    assert set(specs) - allowed == {
        *("dpcrn-tf", "dpcrn-quant", "dpcrn-float", "segan+"),  # no licence of the weights
        *("denoiser-dns48", "denoiser-dns64", "denoiser-master64", "denoiser-valentini-nc"),  # non-commercial
    }
    with_own_licence = {"noisy", "rnnoise", "wiener", "spectral-gating", "wpe"}
    not_stated = {name for name, spec in specs.items() if "not stated for the weights" in spec.license_weights}
    assert not_stated == allowed - with_own_licence
