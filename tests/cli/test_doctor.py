"""`seinfer doctor` as a user meets it."""

from __future__ import annotations

import json

from tests.helpers import seinfer


def test_doctor_tells_versions_weights_and_models() -> None:
    document = json.loads(seinfer("doctor", "--json").stdout)
    assert document["packages"]["pesq"] == "0.0.4"
    assert document["models"]["rnnoise"] == "ready"
    assert document["weights"]["folder"]
