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
    install = "to install the models that are missing"
    sections = [line for line in lines if not line.startswith("  ") and line != install]
    assert sections == [section for section, facts in document.items() if facts]
    names = [
        line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("  seinfer models pull")
    ]
    expected = [name.removeprefix("seinfer").split()[0] for name in document["extras"]]
    assert [name for name in names if name.startswith("[")] == expected
    others = [name.split()[0] for section, facts in document.items() if section != "extras" for name in facts]
    assert [name for name in names if not name.startswith("[")] == others


def test_doctor_at_80_columns_truncates_nothing_and_prints_each_install_command_once(tmp_path: Path) -> None:
    folder = tmp_path / ("long-folder-name-" * 6)
    environment = {"SEINFER_WEIGHTS_DIR": str(folder), "COLUMNS": "80"}
    document = json.loads(seinfer("doctor", "--json", environment=environment).stdout)
    text = seinfer("doctor", environment=environment).stdout
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    joined = "".join(text.split())
    values = [value for section in ("seinfer", "packages", "extras") for value in document[section].values()]
    # The free space of the disk may change between the two commands.
    for value in (*values, document["weights"]["folder"], document["weights"]["state"].rpartition(", ")[0]):
        assert "".join(str(value).split()) in joined
    assert text.count("seinfer models pull") == 1
    assert text.splitlines()[-1] == "  seinfer models pull all"
    ready = {name for name, reason in document["models"].items() if reason == "ready"}
    starts = {line.index("weights missing") for line in text.splitlines() if "weights missing" in line}
    starts |= {line.index("ready") for line in text.splitlines() if line.split()[:1] and line.split()[0] in ready}
    assert len(starts) == 1, "the second column starts at one place"


def test_doctor_without_weights_prints_the_command_that_fetches_them(tmp_path: Path) -> None:
    result = seinfer("doctor", "--json", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")})
    assert json.loads(result.stdout)["models"]["dpcrn-quant"] == "weights missing: seinfer models pull dpcrn-quant"
