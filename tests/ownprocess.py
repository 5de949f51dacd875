"""Runs tests that carry the mark `own_process` in a child pytest: torch and TensorFlow must not share a process.

    pytestmark = pytest.mark.own_process("torch")

All selected tests with the same word run in one child (and, under pytest-xdist, in one worker), which tells how each of
them went; its reports are played here as if they had run here. Their modules must not import the framework at the top,
as both processes collect them. Set SEINFER_TESTS_CHILD to a file name to be in the child yourself, for a debugger.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

CHILD = "SEINFER_TESTS_CHILD"
"""Names the file that a child writes its reports to."""
TIMEOUT_S = 600
_REPORTS = pytest.StashKey[dict[str, list[pytest.TestReport]]]()


class Reporter:
    """In the child: writes each report as a line of JSON, at once, so that a crash leaves what went before."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._config, self._path = config, path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        values = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(values) + "\n")


def configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "own_process(name): run with all tests of that name in one child process")
    if path := os.environ.get(CHILD):
        config.pluginmanager.register(Reporter(config, Path(path)))


def to_the_end(items: list[pytest.Item]) -> None:
    """Put the tests of children last: between tests of this process they would disturb the teardown of fixtures."""
    items.sort(key=lambda item: _group(item) is not None)


def keep_together(items: list[pytest.Item]) -> None:
    """Name what pytest-xdist leaves to one worker: the tests of a child, and those of a file, for their fixtures."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item) or item.path.stem))


def play(item: pytest.Item) -> bool:
    """Report a test that belongs to a child; return False for any other. The first of a group starts the child."""
    group = _group(item)
    if group is None:
        return False
    reports = item.config.stash.setdefault(_REPORTS, {})
    if item.nodeid not in reports:
        reports.update(_run([other for other in item.session.items if _group(other) == group]))
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports[item.nodeid]:
        report.nodeid = item.nodeid
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _group(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker("own_process")
    return None if mark is None or os.environ.get(CHILD) else str(mark.args[0])


def _run(items: list[pytest.Item]) -> dict[str, list[pytest.TestReport]]:
    config = items[0].config
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reports.jsonl"
        path.touch()
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *(_node_id(item) for item in items)]
        environment = {**os.environ, CHILD: str(path)}
        run = subprocess.run(
            command,
            cwd=config.rootpath,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: dict[str, list[pytest.TestReport]] = {}
    for values in lines:
        for key in ("location", "longrepr"):  # JSON has no tuples, which pytest asks for
            values[key] = tuple(values[key]) if isinstance(values[key], list) else values[key]
        report = config.hook.pytest_report_from_serializable(config=config, data=values)
        found.setdefault(report.nodeid, []).append(report)
    ending = f"the child ended with exit code {run.returncode}\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    return {item.nodeid: _complete(item, found.get(_node_id(item), []), ending) for item in items}


def _node_id(item: pytest.Item) -> str:
    """Return a test's name without the group that pytest-xdist adds to it."""
    return item.nodeid.removesuffix(f"@{_group(item)}")


def _complete(item: pytest.Item, reports: list[pytest.TestReport], ending: str) -> list[pytest.TestReport]:
    """Return the reports of a test, with a failure where it did not come to its end."""
    if any(report.when == "teardown" for report in reports):
        return reports
    keywords: dict[str, Any] = dict.fromkeys(item.keywords, 1)
    return [*reports, pytest.TestReport(item.nodeid, item.location, keywords, "failed", ending, "call")]
