"""The options of an MP-SENet table."""

from __future__ import annotations

from typing import Any

import pytest

from seinfer.backends.mp_senet.options import DEFAULT_OPTIONS, Options, read_options
from seinfer.core.errors import RegistryError

from .models import SPEC, spec_with


def test_options_of_the_published_models_are_the_defaults() -> None:
    assert read_options(SPEC) == Options()
    assert dict(SPEC.options) == dict(DEFAULT_OPTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 4}, "unknown option 'heads'"),
        ({"n_blocks": 0}, "expected a whole number above 0"),
        ({"n_blocks": True}, "expected a whole number above 0"),
        ({"channels": 10}, "expected a multiple of 4"),
    ],
)
def test_option_with_which_no_network_can_be_built_is_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        read_options(spec_with(**options))
