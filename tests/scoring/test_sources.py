"""The source files behind the key of a cached score: complete, and each change counts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seinfer.metrics import METRICS
from seinfer.scoring.sources import PACKAGE, code_digest, source_files

from .tasks import noisy, speech_like, write

SCORE_ALL_METRICS = """
import sys
from seinfer.core.records import ScoringTask
from seinfer.metrics import METRICS, nisqa, scoreq  # their networks are fetched, so that they may have no value here
from seinfer.scoring.worker import score_task

names = tuple(name for name, metric in METRICS.items() if metric.weights is None)
(score,) = score_task(ScoringTask("x", *sys.argv[1:3], {"m": sys.argv[3]}, names, 0), lambda *_: None)
assert set(score.values) == set(names), score.reasons
files = [module.__file__ for name, module in sys.modules.items() if f"{name}.".startswith("seinfer.")]
print(*files, sep="\\n")
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the source files of the package."""
    copy = tmp_path_factory.mktemp("copy") / "seinfer"
    for path in PACKAGE.rglob("*.py"):
        target = copy / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return copy


def test_source_files_contain_every_module_that_a_scoring_process_loads(tmp_path: Path) -> None:
    clean = speech_like(2.0, 48_000)  # not the rate of PESQ, so that the resampler is used
    files = [write(tmp_path / f"{i}.wav", samples, 48_000) for i, samples in enumerate((clean, clean, noisy(clean)))]
    command = [sys.executable, "-c", SCORE_ALL_METRICS, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    loaded = {Path(line) for line in done.stdout.splitlines()}
    assert {PACKAGE / "metrics" / "wss.py", PACKAGE / "scoring" / "worker.py"} <= loaded
    assert loaded <= source_files()


def test_source_files_contain_the_module_of_every_metric() -> None:
    modules = {(m.function or m.on_pair).partition(":")[0].rpartition(".")[2] for m in METRICS.values()}
    assert {PACKAGE / "metrics" / f"{module}.py" for module in modules} <= source_files()


def test_source_files_leave_out_what_no_score_depends_on() -> None:
    folders = {path.relative_to(PACKAGE).parts[0] for path in source_files()}
    assert not folders & {"cli", "pipeline", "reports", "analysis", "stats", "enhancement", "backends", "mixing"}
    assert PACKAGE / "scoring" / "cache.py" not in source_files()


def test_code_digest_of_a_copy_is_the_same(package: Path) -> None:
    assert code_digest(package) == code_digest()


@pytest.mark.parametrize(
    "name",
    [
        *("metrics/wss.py", "metrics/frames.py", "metrics/dnsmos_networks.py", "metrics/with_reference.py"),
        *("audio/reading.py", "audio/resampling.py", "scoring/worker.py", "core/files.py", "core/records.py"),
    ],
)
def test_code_digest_changes_with_a_source_file(package: Path, name: str) -> None:
    path = package / name
    before, content = code_digest(package), path.read_bytes()
    path.write_bytes(content + b"# changed\n")
    try:
        assert code_digest(package) != before
    finally:
        path.write_bytes(content)


def test_code_digest_does_not_change_with_another_file(package: Path) -> None:
    path = package / "reports" / "csv.py"
    before, content = code_digest(package), path.read_bytes()
    path.write_bytes(content + b"# changed\n")
    assert code_digest(package) == before
    path.write_bytes(content)


def test_code_digest_changes_with_a_new_import_inside_a_function(package: Path) -> None:
    worker, content = package / "scoring" / "worker.py", (package / "scoring" / "worker.py").read_bytes()
    assert package / "core" / "streams.py" not in source_files(package)
    worker.write_bytes(content + b"\n\ndef late() -> None:\n    if True:\n        from ..core import streams\n")
    assert package / "core" / "streams.py" in source_files(package)
    worker.write_bytes(content)
