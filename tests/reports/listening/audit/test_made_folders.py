"""Tests that `seinfer blind make` makes have no leak, of any design, with and without the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.pipeline.journal import read_journal
from seinfer.reports.listening.audit.audit import audit
from seinfer.reports.listening.make import make_test
from seinfer.reports.listening.records import DESIGNS, DesignName
from tests.reports.listening.audit.test_audit import leaks
from tests.reports.listening.listening_run import MODELS, request, write_run


@pytest.mark.parametrize("design", DESIGNS)
def test_audit_of_a_made_test_finds_nothing(tmp_path: Path, design: DesignName) -> None:
    results = read_journal(write_run(tmp_path)).results()
    make_test(results, request(tmp_path, design=design))
    for key in (tmp_path / "test.key.json", None):
        assert [str(one) for one in audit(tmp_path / "test", key, MODELS).findings] == []


def test_audit_of_a_made_test_of_clips_without_clean_files_finds_nothing(tmp_path: Path) -> None:
    results = read_journal(write_run(tmp_path, has_clean=False)).results()
    make_test(results, request(tmp_path))
    assert audit(tmp_path / "test", tmp_path / "test.key.json", MODELS).findings == ()


def test_audit_of_a_made_test_without_level_matching_finds_the_level(tmp_path: Path) -> None:
    results = read_journal(write_run(tmp_path)).results()
    make_test(results, request(tmp_path, level="none"))
    assert leaks(audit(tmp_path / "test", tmp_path / "test.key.json", MODELS)) == {"level"}


def test_audit_of_a_made_test_of_band_8k_finds_nothing_above_it(tmp_path: Path) -> None:
    results = read_journal(write_run(tmp_path)).results()
    make_test(results, request(tmp_path, band="8k", sample_rate=48_000, n_raters=1))
    assert audit(tmp_path / "test", tmp_path / "test.key.json", MODELS).findings == ()
