"""Random journals, models files and CSV files: one line with an exit code, or a result; never another exception."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seinfer.analysis.settings import TableSettings
from seinfer.clips.discovery import JOURNAL
from seinfer.clips.pairing.categories import CategoryRules, apply_category_rules
from seinfer.clips.pairing.manifests import from_manifest
from seinfer.core.errors import SeinferError
from seinfer.core.records import Clip, to_json
from seinfer.models.table import read_models
from seinfer.pipeline.journal import read_journal
from seinfer.reports.rendering import render
from seinfer.reports.run_files import write_reports
from tests.helpers import table
from tests.reports import example_run

FEW = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(st.one_of(st.sampled_from("\0\n\r\t\x1b\"'=,[]{}.#/"), st.characters()), max_size=8)
leaves = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    st.sampled_from([0, -1, 2**63, 10**400, 1e308, "noisy", "sdr", "pesq_wb", "good"]),
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


def lines_of_a_run() -> list[dict[str, Any]]:
    results = example_run.results(n_paired=2)
    rows = [row for row in results.by_clip if row.enhancement and row.score]
    return [
        {"kind": "plan", "header": dict(results.header), "clips": [to_json(clip) for clip in results.clips]},
        *({"kind": "enhancement", "key": "", **to_json(row.enhancement)} for row in rows),
        *({"kind": "score", "key": "", **to_json(row.score)} for row in rows),
    ]


LINES = json.dumps(lines_of_a_run())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to each value in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in [(*path, key), *places(item, (*path, key))]]


PLACES = places(json.loads(LINES))
changes = st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(values, st.just(...))), min_size=1, max_size=3)


def change(document: Any, place: tuple[Any, ...], value: object) -> None:
    """Replace or remove (...) the value at a place, if the place is still there."""
    *path, last = place
    try:
        for key in path:
            document = document[key]
        if value is ...:
            del document[last]
        else:
            document[last] = value
    except (KeyError, IndexError, TypeError):
        return


def is_refused(work: Callable[[], object]) -> bool:
    """Return whether the work ends with an expected error, whose message fits a screen."""
    try:
        work()
    except SeinferError as error:
        assert len(str(error)) < 5_000
        return True
    return False


def report(folder: Path) -> None:
    journal = read_journal(folder)
    results = journal.results(apply_category_rules(journal.clips, CategoryRules()))
    write_reports(folder, results)
    for format_ in ("table", "latex", "json"):
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            render(results, TableSettings(format=format_))


def test_report_of_the_run_without_changes_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text("".join(f"{json.dumps(line)}\n" for line in json.loads(LINES)))
    assert not is_refused(lambda: report(tmp_path))


@FEW
@given(changes=changes)
def test_report_of_a_changed_journal_is_refused_or_complete(changes: list[tuple[tuple[Any, ...], object]]) -> None:
    document = json.loads(LINES)
    for place, value in changes:
        change(document, place, value)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, JOURNAL).write_text("".join(f"{json.dumps(line)}\n" for line in document))
        is_refused(lambda: report(Path(folder)))


@given(
    content=st.binary(max_size=60) | st.lists(values, max_size=3).map(lambda found: f"{json.dumps(found)}\n".encode())
)
def test_read_journal_of_any_bytes_is_refused_or_empty(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, JOURNAL).write_bytes(content)
        is_refused(lambda: read_journal(Path(folder)))


keys = st.sampled_from(
    ["summary", "sample_rate", "aliases", "python", "options", "published", "files", "training_data"]
)


@FEW
@given(key=keys, value=values, name=texts, tail=texts)
def test_read_models_of_any_values_is_refused_or_complete(key: str, value: object, name: str, tail: str) -> None:
    text = table("m", **{key: json.dumps(value)}) + f'[[m.files]]\nname = {json.dumps(name)}\nurl = "u"\n{tail}'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "models.toml")
        path.write_text(text, encoding="utf-8", errors="replace")
        is_refused(lambda: [spec.files for spec in read_models(path).values()])


cells = st.lists(
    st.lists(st.sampled_from(["clip_id", "noisy", "clean", "noise", "x.wav", "x", '"']) | texts, max_size=4)
)


@FEW
@given(lines=cells, tail=st.binary(max_size=4))
def test_manifest_or_categories_of_any_cells_are_refused_or_complete(lines: list[list[str]], tail: bytes) -> None:
    text = "".join(f"{','.join(line)}\n" for line in lines).encode(errors="replace") + tail
    with tempfile.TemporaryDirectory() as folder:
        path, clip = Path(folder, "a.csv"), Path(folder, "x.wav")
        clip.touch()
        path.write_bytes(text)
        if not is_refused(lambda: from_manifest(path)):
            assert all(Path(found.noisy_path).is_file() for found in from_manifest(path).clips)
        is_refused(lambda: apply_category_rules([Clip("x", str(clip))], CategoryRules(table=path)))
