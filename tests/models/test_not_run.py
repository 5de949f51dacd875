"""The commands that install the models that do not run here, found from the real reasons."""

from __future__ import annotations

import re

import pytest

from seinfer.models import selection
from seinfer.models.not_run import Installable, installable
from seinfer.models.registry import load_registry
from seinfer.models.selection import why_not


def reasons(*names: str) -> dict[str, str]:
    return {name: why_not(load_registry().find(name)) for name in names}


def test_installable_of_models_without_weights_is_one_command(weights_folder: object) -> None:
    names = ("denoiser-dns48", "segan+", "dpcrn-quant")  # the reason for segan+ has a remark after the command
    assert installable(reasons(*names)) == Installable(names, ("seinfer models pull all",))
    assert installable(reasons("segan+")) == Installable(("segan+",), ("seinfer models pull segan+",))


def test_installable_of_models_without_packages_is_one_command_with_all_extras(
    monkeypatch: pytest.MonkeyPatch, weights_folder: object
) -> None:
    monkeypatch.setattr(selection, "missing_packages", lambda spec: ["torch"] if spec.extra != "dpcrn" else [])
    names = ("denoiser-dns48", "dpcrn-tf", "denoiser-dns64", "segan+")
    found = installable(reasons(*names))
    assert found.models == names
    packages, weights = found.commands
    assert re.search(r"-m pip install .*\[denoiser,segan\]'?$", packages)
    assert weights == "seinfer models pull dpcrn-tf"


def test_installable_leaves_out_models_with_another_reason() -> None:
    other = {"a": "its interpreter /no/python is not there: correct the key python of its table"}
    assert installable(other) == Installable((), ())
    assert installable({}) == Installable((), ())
