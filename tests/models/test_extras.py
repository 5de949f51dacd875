"""Packages of the extras, and the command that installs one."""

from __future__ import annotations

import dataclasses

import pytest

from seinfer.core.errors import MissingExtraError
from seinfer.models import extras
from seinfer.models.extras import extra_packages, install_line, lacking, missing_packages, version_of, versions
from seinfer.models.registry import load_registry
from tests.models.toy_models import spec_of


class Package:
    """Metadata of an installed package."""

    version = "1.0"
    requires = (
        "numpy>=1.26",
        'spaced.name [fast] >= 2 ; extra == "toy"',
        "quoted<3; extra=='toy'",
        "excluded==1; (python_version < '3') and extra == 'toy'",
        "either; extra == 'other' or extra == 'toy'",
        "another; extra == 'toy-large'",
        "by-url @ https://example.org/by_url.zip ; extra == 'toy'",
    )


def test_extra_packages_are_the_requirements_of_the_extra() -> None:
    assert extra_packages("seinfer", "dpcrn") == ("h5py", "tensorflow")


def test_extra_packages_include_those_that_a_marker_excludes_here() -> None:
    assert "deepfilternet" in extra_packages("seinfer", "deepfilternet-torch")


def test_extra_packages_are_found_in_every_form_of_a_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "_distribution", lambda name: Package())
    found = extra_packages.__wrapped__("toy-package", "toy")
    assert found == ("spaced.name", "quoted", "excluded", "either", "by-url")


def test_extra_packages_of_missing_package_or_extra_are_none() -> None:
    assert extra_packages("no-such-package", "dpcrn") == ()
    assert extra_packages("seinfer", "no-such-extra") == ()


def test_missing_packages_of_installed_model_are_none() -> None:
    assert missing_packages(load_registry().find("rnnoise")) == []


def test_missing_packages_are_those_without_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_registry().find("dpcrn-tf")
    monkeypatch.setattr(extras, "version_of", lambda name: "" if name == "tensorflow" else "1.0")
    assert lacking(model) == missing_packages(model) == ["tensorflow"]
    # The packages of another interpreter are not known here.
    assert missing_packages(dataclasses.replace(model, python="/opt/python")) == []


def test_version_of_package_that_is_not_installed_is_empty() -> None:
    assert version_of("no-such-package") == ""
    assert version_of("numpy")


def test_versions_contain_seinfer_and_the_core_packages() -> None:
    found = versions([spec_of()])
    assert {"seinfer", "numpy", "soxr"} <= set(found)
    assert "" not in found.values()


def test_install_line_in_a_checkout_names_the_checkout_and_its_constraints() -> None:
    line = install_line(load_registry().find("dpcrn-tf"))
    assert "-m pip install -c " in line
    assert "constraints.txt -e " in line
    assert line.rstrip("'").endswith("[dpcrn]")


def test_require_extra_with_a_missing_package_names_it_and_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extras.require_extra("report", "seinfer plot")
    monkeypatch.setattr(extras, "version_of", lambda name: "" if name == "matplotlib" else "1.0")
    with pytest.raises(MissingExtraError, match=r"^seinfer plot needs matplotlib: .* -m pip install .*\[report\]'?$"):
        extras.require_extra("report", "seinfer plot")
