"""The settings of a test set."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.mixing.request import MixRequest


@pytest.mark.parametrize(
    ("subtype", "step"), [("PCM_16", 2.0**-15), ("PCM_24", 2.0**-23), ("PCM_32", 2.0**-23), ("FLOAT", 2.0**-23)]
)
def test_step_is_the_resolution_of_the_files(subtype: str, step: float) -> None:
    assert MixRequest(Path("speech"), Path("noise"), Path("out"), subtype=subtype).step == step
