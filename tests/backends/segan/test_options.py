"""The options of a SEGAN+ table."""

from __future__ import annotations

import math
from typing import Any

import pytest

from seinfer.backends.segan.options import Options, read_options, tensor_shapes
from seinfer.core.errors import RegistryError

from .models import SPEC, spec_with


def test_table_has_the_official_options_and_their_count_of_parameters() -> None:
    options = read_options(SPEC)
    assert options == Options()
    assert sum(map(math.prod, tensor_shapes(options).values())) == SPEC.n_parameters
    assert len(tensor_shapes(options)) == 33


def test_table_notes_name_the_dead_link_and_the_command_to_use_instead() -> None:
    assert "reported dead" in SPEC.notes
    assert "`seinfer models pull segan+ --from FILE`" in SPEC.notes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fmaps": [4, 8]}, "unknown option 'fmaps'; expected one of features, kernel"),
        ({"features": 64}, "features is 64, expected a list"),
        ({"features": [64]}, "at least two"),
        ({"features": [64, "128"]}, "positive whole numbers"),
        ({"kernel": 31.0}, r"kernel is 31\.0, expected a whole number"),
        ({"kernel": 3}, "from the pooling"),
        ({"kernel": 65}, "from the pooling to the samples"),
        ({"pooling": True}, "pooling is True"),
        ({"pooling": 1}, "an even whole number"),
        ({"pooling": 8}, "divides 16384"),
        ({"z_dim": -1}, "0 for a generator without"),
        ({"skip_type": "conv"}, "skip_type is 'conv', expected 'alpha'"),
        ({"preemphasis": 1.0}, "less than 1"),
        ({"z": "fresh"}, "'drawn' or 'zero'"),
        ({"seed": -1}, "seed is -1"),
    ],
    ids=str,
)
def test_options_without_a_possible_generator_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(RegistryError, match=words):
        read_options(spec_with(**options))
