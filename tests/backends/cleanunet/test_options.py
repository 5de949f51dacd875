"""The options of a CleanUNet table."""

from __future__ import annotations

from typing import Any

import pytest

from seinfer.backends.cleanunet.options import DEFAULT_OPTIONS, Options, read_options
from seinfer.core.errors import RegistryError

from .models import SPEC, spec_with


def test_options_of_the_published_models_are_the_defaults() -> None:
    assert read_options(SPEC) == Options()
    assert dict(SPEC.options) == dict(DEFAULT_OPTIONS)


def test_frame_and_hop_of_the_published_models_are_766_and_256_samples() -> None:
    assert (Options().frame_samples, Options().hop_samples) == (766, 256)
    assert Options().channels == (64, 128, 256, 512, 768, 768, 768, 768)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 4}, "unknown option 'kernel'"),
        ({"depth": 0}, "expected a whole number above 0"),
        ({"depth": True}, "expected a whole number above 0"),
        ({"hidden": 8.0}, "expected a whole number above 0"),
        ({"n_heads": 3}, "expected a multiple of n_heads"),
    ],
)
def test_option_with_which_no_network_can_be_built_is_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        read_options(spec_with(**options))
