"""A test without leaks passes every check; a folder of copies named by model fails many."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, UsageError
from seinfer.reports.listening.audit.audit import CHECKS, Audit, audit
from seinfer.reports.listening.records import DESIGNS, DesignName
from tests.reports.listening import small_test
from tests.reports.listening.small_test import MODELS, SmallTest, make


def leaks(result: Audit) -> set[str]:
    return {finding.leak for finding in result.findings}


def audited(test: SmallTest, *, with_key: bool = True, band: str = "native") -> Audit:
    return audit(test.folder, test.key_path if with_key else None, MODELS, band)


@pytest.mark.parametrize("with_key", [True, False], ids=["key", "no_key"])
@pytest.mark.parametrize("design", DESIGNS)
def test_audit_of_a_folder_without_leaks_finds_nothing(tmp_path: Path, design: DesignName, with_key: bool) -> None:
    result = audited(make(tmp_path, design), with_key=with_key)
    assert [str(finding) for finding in result.findings] == []
    assert set(result.done) | set(result.not_done) == set(CHECKS)
    assert bool(result.not_done) != with_key


def test_audit_names_each_check_once() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_audit_of_an_archive_without_leaks_finds_nothing(tmp_path: Path) -> None:
    test = make(tmp_path)
    archive = zipped(test, tmp_path / "test.zip", sorted(test.folder.rglob("*")))
    assert audit(archive, test.key_path, MODELS).findings == ()


def test_audit_of_copies_named_by_model_finds_many_leaks(tmp_path: Path) -> None:
    test = make(tmp_path, ids=lambda clip, model, role: f"{clip}_{model}{'_ref' * (role == 'hidden_ref')}")
    quieter = small_test.sound(small_test.CLIPS[0], "rnnoise")[:-480] / 4
    for path in test.of("rnnoise"):
        path.write_bytes(small_test.wav(quieter, 0))
    (test.folder / "config.yaml").write_text("stimuli: {'rnnoise': stimuli/a.wav}")
    shutil.copy(test.key_path, test.folder / "blind_key.json")
    for number, path in enumerate(test.stimuli()):
        os.utime(path, (number, number))
    found = leaks(audited(test))
    assert found >= {
        "file names", "names in files", "file times", "duration", "level", "key inside", "foreign files",
        "identical stimuli", "changed stimuli",
    }  # fmt: skip


def test_audit_without_a_test_raises_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        audit(tmp_path / "absent", None, MODELS)
    with pytest.raises(UsageError, match="contains no files"):
        audit(tmp_path, None, MODELS)
    (tmp_path / "a.wav").touch()
    with pytest.raises(UsageError, match=r"no test\.json"):
        audit(tmp_path, None, MODELS)
    with pytest.raises(UsageError, match="not a zip archive"):
        audit(tmp_path / "a.wav", None, MODELS)


def test_audit_with_an_edited_key_raises_integrity_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    values = json.loads(test.key_path.read_text())
    values["items"][0]["model"] = "rnnoise"
    values["items"][0]["clip_id"] = "another"
    test.key_path.write_text(json.dumps(values))
    with pytest.raises(IntegrityError, match="was edited"):
        audited(test)


def test_audit_with_a_test_that_is_no_json_raises_integrity_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    (test.folder / "test.json").write_text("{")
    with pytest.raises(IntegrityError, match="not a JSON file"):
        audited(test)


def test_audit_with_the_key_of_another_test_finds_the_commitment(tmp_path: Path) -> None:
    test = make(tmp_path / "a")
    other = make(tmp_path / "b", n_sessions=2)
    found = leaks(audit(test.folder, other.key_path, MODELS))
    assert "commitment" in found


def test_audit_takes_the_band_from_the_key(tmp_path: Path) -> None:
    test = make(tmp_path)
    test = test.sealed_again(replace(test.key, run={"band": "8k"}))
    for path in test.of("rnnoise"):
        path.write_bytes(small_test.wav(small_test.with_hiss(small_test.sound(small_test.CLIPS[0], "rnnoise")), 3))
    errors = {finding.leak for finding in audited(test).errors}
    assert "bandwidth" in errors


def test_audit_of_a_damaged_archive_raises_usage_error(tmp_path: Path) -> None:
    test = make(tmp_path)
    archive = zipped(test, tmp_path / "test.zip", sorted(test.folder.rglob("*")))
    content = bytearray(archive.read_bytes())
    position = content.index(b'"test_id"')
    content[position + 1] ^= 1
    archive.write_bytes(content)
    with pytest.raises(UsageError, match=r"test\.json cannot be read .*make the archive again"):
        audit(archive, test.key_path, MODELS)


def zipped(test: SmallTest, archive: Path, paths: list[Path]) -> Path:
    """Write an archive in which every member has the same time."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in paths:
            if path.is_file():
                name = f"test/{path.relative_to(test.folder).as_posix()}"
                file.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), path.read_bytes())
    return archive
