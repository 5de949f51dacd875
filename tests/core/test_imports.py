"""Importing objects by "module:name"."""

from __future__ import annotations

import json

import pytest

from seinfer.core.imports import import_object


def test_import_object_of_a_function_returns_it() -> None:
    assert import_object("json:dumps") is json.dumps


@pytest.mark.parametrize("target", ["json", "json:", ":dumps", "", "json:no_such_name", "no_such_module:x"])
def test_import_object_of_an_unknown_target_is_an_import_error(target: str) -> None:
    with pytest.raises(ImportError):
        import_object(target)
