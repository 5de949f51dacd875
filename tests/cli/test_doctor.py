"""`seinfer doctor`: versions, weights folder, state of each model."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import seinfer


def test_doctor_json_has_versions_weights_folder_and_models() -> None:
    document = json.loads(seinfer("doctor", "--json").stdout)
    assert document["packages"]["pesq"] == "0.0.4"
    assert document["models"]["rnnoise"] == "ready"
    assert document["weights"]["folder"]


def test_doctor_text_has_a_line_for_each_finding() -> None:
    document = json.loads(seinfer("doctor", "--json").stdout)
    lines = seinfer("doctor").stdout.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == list(document)
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert names == [name.split()[0] for section in document.values() for name in section]


def test_doctor_without_weights_prints_the_command_that_fetches_them(tmp_path: Path) -> None:
    result = seinfer("doctor", "--json", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")})
    assert json.loads(result.stdout)["models"]["dpcrn-quant"] == "weights missing: seinfer models pull dpcrn-quant"
