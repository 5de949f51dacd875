"""The standard streams, in child processes whose streams are closed, full or read only in part."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT

PREPARE = "from seinfer.core import streams; streams.prepare(); import sys\n"


def run(code: str, shell_suffix: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run Python code after `streams.prepare()`; the suffix redirects its streams as a shell does."""
    command = f'"$PYTHON" -c "$CODE" {shell_suffix}'
    variables = {**os.environ, "PYTHON": sys.executable, "CODE": PREPARE + code, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], env=variables, capture_output=True)


def test_prepare_with_a_reader_that_stops_reading_is_not_an_error() -> None:
    result = run("for _ in range(100_000): print('line')", "| head -1")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"line\n", b"")


def test_prepare_with_a_full_standard_output_is_an_error() -> None:
    result = run("print('line', flush=True)", "> /dev/full")
    assert result.returncode != 0
    assert b"No space left on device" in result.stderr


def test_prepare_with_a_full_standard_error_is_ignored() -> None:
    result = run("print('warning', file=sys.stderr, flush=True); print('line')", "2> /dev/full")
    assert (result.returncode, result.stdout) == (0, b"line\n")


def test_prepare_with_closed_streams_keeps_their_descriptors_from_other_files(tmp_path: Path) -> None:
    code = "number = open('file', 'w').fileno(); open('number', 'w').write(str(number)); print('line')"
    result = run(f"import os; os.chdir({str(tmp_path)!r})\n{code}", "<&- >&- 2>&-")
    assert result.returncode == 0
    assert int((tmp_path / "number").read_text()) > 2
    assert (tmp_path / "file").read_text() == ""


def test_prepare_writes_undecodable_names_with_escapes() -> None:
    result = run("import os; print(os.fsdecode(b'latin\\xe9'))")
    assert (result.returncode, result.stdout) == (0, b"latin\\udce9\n")


HOSTILE = "'a\\n\\x1b[31m\\x9b\\u202e'"


@pytest.mark.parametrize(
    ("code", "out", "errors"),
    [
        (f"streams.print_line({HOSTILE})", rb"a\n\x1b[31m\x9b\u202e" + b"\n", b""),
        (f"streams.print_message({HOSTILE})", b"", rb"a\n\x1b[31m\x9b\u202e" + b"\n"),
        (f"streams.print_lines({HOSTILE})", b"a\n" + rb"\x1b[31m\x9b\u202e", b""),
        (f"streams.print_json([{HOSTILE}])", b"[\n  " + rb'"a\n\u001b[31m\u009b\u202e"' + b"\n]\n", b""),
        (f"streams.print_csv({HOSTILE})", "a\n\x1b[31m\x9b\u202e".encode(), b""),
        (f"print({HOSTILE})", b"a\n" + rb"\x1b[31m\x9b\u202e" + b"\n", b""),
        (f"sys.stderr.write({HOSTILE})", b"", b"a\n" + rb"\x1b[31m\x9b\u202e"),
        ("print('a'); streams.styled(sys.stdout).write('\\x1b[1m'); print('b')", b"a\n\x1b[1mb\n", b""),
    ],
)
def test_print_of_control_characters_shows_escapes(code: str, out: bytes, errors: bytes) -> None:
    result = run(code)
    assert (result.stdout, result.stderr) == (out, errors)


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_prepare_in_any_locale_makes_file_names_utf8(locale: str) -> None:
    result = run("print(sys.getfilesystemencoding())", LC_ALL=locale, PYTHONCOERCECLOCALE="0", PYTHONUTF8="")
    assert (result.returncode, result.stdout) == (0, b"utf-8\n")


def test_discard_output_after_a_failed_write_lets_the_process_end() -> None:
    code = """
try:
    print('line', flush=True)
except OSError:
    streams.discard_output()
    sys.exit(7)
"""
    result = run(code, "> /dev/full")
    assert (result.returncode, result.stderr) == (7, b"")
