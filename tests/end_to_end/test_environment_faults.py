"""Faults of the environment: a full disk, read-only or removed folders, closed streams, a wrong clock, no home.

The real command ends with a clear error or the right result, loses no finished work, and prints no traceback.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import re
import resource
import shutil
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seinfer.clips.discovery import JOURNAL
from tests.helpers import (
    ORDINARY,
    SEINFER,
    finish,
    lines,
    rows,
    seinfer,
    start,
    table,
    tables,
    wait_until,
    write_paired_set,
)

N_CLIPS = 3
N_MANY = 20
KIB = 1024
COMPARE = ("compare", "--no-cost", "--models", "noisy,rnnoise", "--metrics", "si_sdr", "--threads", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a paired set with names outside ASCII, and `many`: many links to its clips, for runs that take longer."""
    folder = tmp_path_factory.mktemp("faults")
    write_paired_set(folder / "set", N_CLIPS)
    for side in ("noisy", "clean"):
        (folder / "many" / side).mkdir(parents=True)
        for index in range(N_CLIPS):
            (folder / "set" / side / f"c{index}.wav").rename(folder / "set" / side / f"é{index}.wav")
        for index in range(N_MANY):
            os.link(folder / "set" / side / f"é{index % N_CLIPS}.wav", folder / "many" / side / f"{index}.wav")
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, list[dict[str, str]]]:
    result = seinfer(*COMPARE, "--out", folder / "expected", folder / "set")
    assert result.returncode == 0, result.stderr
    return tables(folder / "expected")


def check_finishes(folder: Path, out: Path, expected: dict[str, list[dict[str, str]]]) -> None:
    """Run the command again without the fault: the tables are right, and no finished clip is enhanced again."""
    before = lines(out, "enhancement")
    n_done = sum(b'"status": "ok"' in line for line in before)
    result = seinfer(*COMPARE, "--out", out, folder / "set")
    assert result.returncode == 0, result.stderr
    assert tables(out) == expected
    assert len(lines(out, "enhancement")) - len(before) <= 2 * N_CLIPS - n_done
    assert not list(out.rglob("*.part"))


def limit_file_size(n_bytes: int) -> Callable[[], None]:
    """Return a function that limits the size of every file that a process writes: a full disk without a mount."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def test_compare_disk_full_while_enhancing_fails_the_clips_and_finishes_later(
    folder: Path, expected: dict[str, list[dict[str, str]]]
) -> None:
    out = folder / "full_enhancing"
    result = seinfer(*COMPARE, "--out", out, folder / "set", preexec_fn=limit_file_size(32 * KIB))
    assert result.returncode == 5, result.stderr
    assert f"0 ok, {2 * N_CLIPS} failed, see {out / 'failures.csv'}" in result.stderr
    failed = rows(out / "failures.csv")
    assert {(row["stage"], row["reason"]) for row in failed} == {("write", "not_written")}
    assert all("File too large; free space or choose another --out" in row["message"] for row in failed)
    check_finishes(folder, out, expected)


def test_compare_disk_full_while_writing_the_journal_keeps_finished_work(
    folder: Path, expected: dict[str, list[dict[str, str]]]
) -> None:
    out = folder / "full_journal"
    out.mkdir()
    # The journal starts with a long line: audio files of 47 KiB fit, but soon the journal does not.
    (out / JOURNAL).write_bytes(b'{"kind": "plan", "filler": "%s"}\n' % (b"x" * 100 * KIB))
    limit = (out / JOURNAL).stat().st_size + 4 * KIB
    result = seinfer(*COMPARE, "--out", out, folder / "set", preexec_fn=limit_file_size(limit))
    assert result.returncode == 1
    assert f"{out / JOURNAL} cannot be written: File too large; finished work is kept" in result.stderr
    assert (out / JOURNAL).stat().st_size == limit  # the write ended within a line
    check_finishes(folder, out, expected)


def test_report_disk_full_while_writing_tables_keeps_the_old_tables(folder: Path) -> None:
    out = folder / "full_tables"
    assert seinfer("run", "--model", "noisy", "--out", out, folder / "many" / "noisy").returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    limit = len(before["run.json"]) + 1
    assert limit < len(before["clips.csv"])
    result = seinfer("report", out, preexec_fn=limit_file_size(limit))
    assert result.returncode == 1
    assert f"{out / 'clips.csv'} cannot be written: File too large; free space" in result.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk, if that is permitted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not permitted here; the tests above limit the size of files instead")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{size}", str(disk)], check=True)


@pytest.mark.parametrize("size_kib", [8, 200])
def test_compare_small_disk_ends_with_a_reason_and_finishes_with_more_space(
    folder: Path, expected: dict[str, list[dict[str, str]]], small_disk: Path, size_kib: int
) -> None:
    resize(small_disk, f"size={size_kib}k")
    out = small_disk / "out"
    result = seinfer(*COMPARE, "--out", out, folder / "set")
    assert result.returncode in (1, 5)
    assert "No space left on device" in result.stderr
    resize(small_disk, "size=10m")
    check_finishes(folder, out, expected)


def test_commands_read_only_run_folder_is_named_and_unchanged(
    folder: Path, expected: dict[str, list[dict[str, str]]]
) -> None:
    out = folder / "read_only"
    shutil.copytree(folder / "expected", out)
    for path in (*out.rglob("*"), out):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        for command in ((*COMPARE, "--out", out, folder / "set"), (*COMPARE, "--out", out / "new", folder / "set")):
            result = seinfer(*command, before=ORDINARY)
            assert result.returncode == 1
            assert re.search(r"read_only\S* cannot be used as run folder: Permission denied; choose", result.stderr)
        report = seinfer("report", out, before=ORDINARY)
        assert (report.returncode, "run.json cannot be written: Permission denied" in report.stderr) == (1, True)
        plot = seinfer("plot", out, before=ORDINARY)
        assert (plot.returncode, plot.stdout) == (1, "")
        assert f"the folder {out / 'plots'} cannot be created: Permission denied; choose another --out" in plot.stderr
    finally:
        for path in (out, *out.rglob("*")):
            path.chmod(0o755)
    assert tables(out) == expected


@pytest.mark.parametrize("fault", ["removed", "moved"])
def test_run_folder_removed_or_moved_while_running_is_an_error_and_the_next_run_is_complete(
    folder: Path, fault: str
) -> None:
    out = folder / f"{fault}_while_running"
    process = start("run", "--model", "rnnoise", "--out", out, folder / "many" / "noisy")
    wait_until(lambda: lines(out, "enhancement") or process.poll() is not None)
    if fault == "removed":
        shutil.rmtree(out, ignore_errors=True)  # the worker may write a clip into it meanwhile
    else:
        out.rename(folder / "elsewhere")
    result = finish(process)
    assert result.returncode == 1
    assert f"{out / JOURNAL} cannot be written: it was removed or moved during the run" in result.stderr
    if fault == "moved":
        shutil.rmtree(out, ignore_errors=True)
        (folder / "elsewhere").rename(out)
        assert lines(out, "enhancement")
    again = seinfer("run", "--model", "rnnoise", "--out", out, folder / "many" / "noisy")
    assert again.returncode == 0, again.stderr
    assert f"{N_MANY} ok" in again.stderr


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Make mine.toml with the model `weighted`, which has a weights file, and that file; return the weights folder."""
    content = b"weights"
    path = tmp_path / "weights" / "weighted" / "net.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    file = f'[["weighted".files]]\nname = "net.bin"\nurl = "http://127.0.0.1:1/none"\nsha256 = "{digest}"\n'
    (tmp_path / "mine.toml").write_text(table("weighted") + file)
    return tmp_path / "weights"


def weights_in(folder: Path) -> dict[str, str | None]:
    return {"SEINFER_WEIGHTS_DIR": str(folder)}


def test_run_read_only_weights_folder_is_used(folder: Path, weights: Path, tmp_path: Path) -> None:
    for path in (*weights.rglob("*"), weights):
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = ("run", "--models-file", tmp_path / "mine.toml", "--model", "weighted", "--out", tmp_path / "out")
    result = seinfer(*command, folder / "set" / "noisy", before=ORDINARY, environment=weights_in(weights))
    pull = ("models", "pull", "rnnoise", "--models-file", tmp_path / "mine.toml")
    pulled = seinfer(*pull, before=ORDINARY, environment=weights_in(weights))
    for path in (weights, *weights.rglob("*")):
        path.chmod(0o755)
    assert result.returncode == 0, result.stderr
    assert pulled.returncode == 0, pulled.stderr


def test_compare_weights_removed_while_running_keeps_finished_work(folder: Path, weights: Path, tmp_path: Path) -> None:
    models = ("--models-file", tmp_path / "mine.toml", "--models", "rnnoise,weighted")
    command = ("compare", "--no-cost", *models, "--metrics", "si_sdr", "--out")
    process = start(*command, tmp_path / "out", folder / "many", environment=weights_in(weights))
    wait_until(lambda: lines(tmp_path / "out", "enhancement") or process.poll() is not None)
    (weights / "weighted" / "net.bin").rename(tmp_path / "kept")
    result = finish(process)
    assert result.returncode == 1
    assert "net.bin is not there; run `seinfer models pull weighted`" in result.stderr
    n_done = len(lines(tmp_path / "out", "enhancement"))
    assert n_done >= N_MANY
    (tmp_path / "kept").rename(weights / "weighted" / "net.bin")
    again = seinfer(*command, tmp_path / "out", folder / "many", environment=weights_in(weights))
    assert again.returncode == 0, again.stderr
    assert f"{3 * N_MANY} ok ({n_done} of them from before)" in again.stderr


def test_compare_clock_that_goes_back_changes_nothing(
    folder: Path, expected: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    """Each reading of the system clock is an hour earlier than the one before, in the workers too."""
    (tmp_path / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "hours, real = itertools.count(), time.time\n"
        "time.time = lambda: real() - 3600 * next(hours)\n"
        "time.time_ns = lambda: int(1e9 * time.time())\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])}
    command = (*COMPARE, "--log-file", tmp_path / "log", "--out", tmp_path / "out", folder / "set")
    first = seinfer(*command, environment=environment)
    assert first.returncode == 0, first.stderr
    assert '"time": "' in (tmp_path / "log").read_text()
    again = seinfer(*command, environment=environment)
    assert f"{2 * N_CLIPS} ok ({2 * N_CLIPS} of them from before)" in again.stderr
    assert tables(tmp_path / "out") == expected
    for row in rows(tmp_path / "out" / "per_clip.csv"):
        assert 0 < float(row["rtf"]) < 10


def test_compare_all_streams_closed_and_no_terminal_writes_the_tables(
    folder: Path, expected: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    def close_all() -> None:
        for descriptor in (0, 1, 2):
            os.close(descriptor)

    process = start(*COMPARE, "--out", tmp_path / "out", folder / "set", preexec_fn=close_all, start_new_session=True)
    assert finish(process).returncode == 0
    assert tables(tmp_path / "out") == expected


def test_run_stdout_closed_by_the_reader_ends_with_0(folder: Path, tmp_path: Path) -> None:
    process = start("run", "--model", "noisy", "--out", tmp_path / "out", folder / "many" / "noisy")
    assert process.stdout
    process.stdout.close()  # before the first byte, like `head -0`
    result = finish(process)
    assert result.returncode == 0, result.stderr
    assert "written to" in result.stderr


@pytest.mark.parametrize("arguments", [("models",), ("models", "--json"), ("--help",)])
def test_command_stdout_closed_by_the_reader_ends_silently(arguments: tuple[str, ...]) -> None:
    process = start(*arguments)
    assert process.stdout
    process.stdout.close()
    result = finish(process)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [("models",), ("models", "--json")])
def test_command_stdout_on_a_full_disk_is_an_error(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        result = seinfer(*arguments, stdout=full)
    assert result.returncode == 1
    assert "seinfer: the system refused: writing to standard output" in result.stderr
    assert "No space left on device" in result.stderr


def test_run_stderr_on_a_full_disk_does_not_stop_it(folder: Path, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        result = seinfer("run", "--model", "noisy", "--out", tmp_path / "out", folder / "many" / "noisy", stderr=full)
    assert result.returncode == 0
    assert len(rows(tmp_path / "out" / "per_clip.csv")) == N_MANY


def test_run_log_file_on_a_full_disk_is_reported_once_and_does_not_stop_it(folder: Path, tmp_path: Path) -> None:
    command = (
        "run",
        "--model",
        "noisy",
        "--log-file",
        "/dev/full",
        "--out",
        tmp_path / "out",
        folder / "many" / "noisy",
    )
    result = seinfer(*command)
    assert result.returncode == 0
    assert result.stderr.count("--log-file /dev/full cannot be written: [Errno 28]") == 1


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": None, "LANG": "C"}])
def test_compare_locale_without_unicode_keeps_names_and_resumes_in_another(
    folder: Path, expected: dict[str, list[dict[str, str]]], tmp_path: Path, locale: dict[str, str | None]
) -> None:
    environment = {**locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = (*COMPARE, "--out", tmp_path / "out", folder / "set")
    result = seinfer(*command, environment=environment)
    assert result.returncode == 0, result.stderr
    assert tables(tmp_path / "out") == expected
    assert f"{2 * N_CLIPS} ok ({2 * N_CLIPS} of them from before)" in seinfer(*command).stderr


def test_compare_without_home_runs_and_reports_missing_weights(folder: Path, tmp_path: Path) -> None:
    no_home = dict.fromkeys(("HOME", "SEINFER_WEIGHTS_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))
    result = seinfer(*COMPARE, "--out", tmp_path / "out", folder / "set", environment=no_home)
    assert result.returncode == 0, result.stderr
    missing_home = {**no_home, "HOME": "/nonexistent"}
    refused = seinfer(
        "run", "--model", "dpcrn-tf", "--out", tmp_path / "new", folder / "many" / "noisy", environment=missing_home
    )
    assert refused.returncode == 1
    assert "dpcrn-tf cannot run here" in refused.stderr


def on_terminal(columns: int, *arguments: object, **environment: str) -> str:
    """Run a command on a terminal of this width and return its output."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [*SEINFER, *map(str, arguments)], stdin=child, stdout=child, stderr=child, env={**variables, **environment}
    )
    os.close(child)
    output = b""
    with open(parent, "rb", buffering=0) as screen:
        try:
            while block := screen.read(65536):
                output += block
        except OSError:  # Linux reports the end of a terminal as an error
            assert process.wait(60) == 0, output.decode()
    return output.decode()


def table_lines(text: str) -> list[str]:
    """Return the lines of the table without colours: from the line above its rule to the next empty line."""
    plain = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").split("\n")]
    start = next(index for index, line in enumerate(plain) if line.strip() and not line.strip(" ─"))
    end = next(index for index in range(start, len(plain)) if not plain[index])
    return plain[start - 1 : end]


def test_compare_on_80_columns_fits_and_cuts_no_number(folder: Path, tmp_path: Path) -> None:
    long_name = "a-model-of-my-own-with-a-very-long-name-finetuned"
    (tmp_path / "mine.toml").write_text(table(long_name))
    command = ("compare", "--no-cost", "--models-file", tmp_path / "mine.toml", "--models", f"rnnoise,{long_name}")
    output = on_terminal(80, *command, "--out", tmp_path / "out", folder / "set", TERM="xterm")
    assert "\x1b[" in output
    found = table_lines(output)
    assert max(map(len, found)) <= 80
    assert "…" not in "".join(found)
    numbers = re.findall(r"-?\d+\.\d+", "".join(line for line in found if "noisy" in line))
    assert len(numbers) == 6  # five metrics and the rtf


def test_models_on_80_columns_fits_and_lists_every_model() -> None:
    output = on_terminal(80, "models", TERM="xterm")
    found = table_lines(output)
    assert max(map(len, found)) <= 80
    assert "…" not in "".join(found)
    assert {"noisy", "rnnoise", "denoiser-valentini-nc"} <= {line.split()[0] for line in found if line.strip()}


def test_compare_on_a_dumb_terminal_prints_no_control_sequence(folder: Path, tmp_path: Path) -> None:
    output = on_terminal(80, *COMPARE, "--out", tmp_path / "out", folder / "set", TERM="dumb")
    assert "\x1b" not in output
    assert "SI-SDR" in output


def test_report_without_a_terminal_uses_columns(folder: Path) -> None:
    report = seinfer("report", folder / "expected", environment={"COLUMNS": "50"})
    assert max(map(len, table_lines(report.stdout))) <= 50
