"""No control character from a name, a table, a server or a run folder of others comes out of any command."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.clips.discovery import JOURNAL
from seinfer.core.files import read_csv, write_csv
from tests.helpers import RATE, speech_like, start, table, write_audio

HOSTILE = "=x\nERROR: fake \x1b[31m\x9b2J\x7f\r\t[red]:smile:\u202e\u2066\u2028 \\input{x}<b>|"
UNDECODABLE = os.fsdecode(b"latin\xe9\x9b")
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NO_STYLE = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}


def assert_harmless(text: str, kind: str = "") -> None:
    found = {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI} - {"\n"}
    assert not found, f"{kind}: {found} in {text!r}"
    assert not re.search(r"^\s*ERROR: fake", text, re.M), f"{kind}: {text!r}"


def harmless(*arguments: object, code: int = 0, **options: Any) -> tuple[str, str]:
    """Run a command, check its exit code and everything that it prints, and return standard output and error."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:  # as bytes: a pipe of text changes "\r"
        process = start(*arguments, stdout=out, stderr=errors, **options)
        process.wait(120)
        texts = [os.pread(file.fileno(), 1 << 24, 0).decode() for file in (out, errors)]
    assert "Traceback" not in texts[1], texts[1]
    assert process.returncode == code, texts[1]
    for text in texts:
        assert_harmless(text, " ".join(map(str, arguments[:2])))
    return texts[0], texts[1]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with hostile names: a paired set in set/, with a file that is no audio."""
    folder = tmp_path_factory.mktemp("hostile") / HOSTILE
    for index, name in enumerate((f"{HOSTILE}.wav", f"{UNDECODABLE}.wav", "x.wav")):
        clean = speech_like(1.2, RATE, seed=index)
        noise = np.random.default_rng(index).standard_normal(len(clean)) * 0.01
        for tree, signal in (("clean", clean), ("noisy", clean + noise)):
            write_audio(folder / "set" / tree / "new.wav", signal)
            (folder / "set" / tree / "new.wav").rename(folder / "set" / tree / name)
    for tree in ("noisy", "clean"):
        (folder / "set" / tree / f"broken{HOSTILE}.wav").write_text("no audio")
    return folder


@pytest.fixture(scope="module")
def models_file(root: Path) -> Path:
    """Write a table with hostile texts wherever a text is accepted."""
    text = json.dumps(HOSTILE)
    keys = dict.fromkeys(("summary", "license_code", "license_weights", "source", "verified", "notes", "paper"), text)
    path = root / "models.toml"
    path.write_text(table("mine", training_data=f"[{text}]", **keys) + table("lost", **keys, python='"gone\\u001b"'))
    return path


@pytest.fixture(scope="module")
def compared(root: Path, models_file: Path) -> Path:
    """Compare the set once, with a manifest of hostile categories, and return the run folder."""
    command = ("compare", "--no-cost", "--models-file", models_file, "--models", "all", "--metrics", "si_sdr")
    manifest = root / "pairs.csv"
    with open(manifest, "wb") as file:
        assert start("pair", root / "set", stdout=file, stderr=subprocess.DEVNULL).wait(120) == 0
    assert HOSTILE in [row["clip_id"] for row in read_csv(manifest)]
    categories = root / "categories.csv"
    write_csv(categories, ("clip_id", "noise"), [{"clip_id": "x", "noise": HOSTILE}])
    out = root / "out"
    log = root / "log.jsonl"
    _, shown = harmless(
        *command, "--categories", categories, "--by", "noise", "--log-file", log, "--out", out, root / "set", code=5
    )
    assert r"\nERROR: fake \x1b[31m\x9b2J\x7f\r\t[red]:smile:\u202e\u2066\u2028" in shown
    assert_harmless(log.read_text(encoding="utf-8"), "log")
    assert_harmless((out / "run.json").read_text(encoding="utf-8"), "run.json")
    assert HOSTILE in {row["clip_id"] for row in read_csv(out / "per_clip.csv")}
    return out


@pytest.mark.parametrize("format_", ["table", "md", "latex", "json"])
def test_report_of_hostile_names_prints_no_control_character(compared: Path, format_: str) -> None:
    shown, _ = harmless("report", "--format", format_, "--by", "noise", "--all-rows", "--verbose", compared, code=5)
    assert "noisy" in shown


@pytest.mark.parametrize("format_", ["table", "md", "latex", "json"])
def test_report_of_a_foreign_header_prints_no_control_character(compared: Path, tmp_path: Path, format_: str) -> None:
    foreign = tmp_path / f"run{HOSTILE}"
    foreign.mkdir()
    lines = [json.loads(line) for line in (compared / JOURNAL).read_bytes().splitlines()]
    for line in lines:
        if line["kind"] == "plan":
            header = line["header"]
            header["notes"] = [HOSTILE]
            header["metrics"] = {"si_sdr": HOSTILE}
            header["settings"]["score_sample_rate"] = HOSTILE
            header["models"][f"m{HOSTILE}"] = {**header["models"]["mine"], "training_data": ["VCTK"]}
            header["models"][f"n{HOSTILE}"] = {"not_run": HOSTILE}
            header["lost_models"] = {f"n{HOSTILE}": HOSTILE}
    (foreign / JOURNAL).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    shown, _ = harmless("report", "--format", format_, "--all-rows", "--verbose", foreign, code=5)
    assert "fake" in shown
    if format_ == "md":
        assert "<b>" not in shown
    if format_ == "latex":
        assert not re.search(r"^[^%]*\\input\{", shown, re.M)
    harmless("recommend", "--metric", "si_sdr", foreign)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("pair", "--check", "set"), 0),
        (("pair", "--json", "set"), 0),
        (("run", "--model", "noisy", "--out", "run", "set/noisy"), 5),
        (("score", "--metrics", "si_sdr", "--clean", "set/clean", "--out", "scored", HOSTILE), 5),
        (("mix", "--speech", "set/clean", "--noise", HOSTILE, "--out", f"mix{HOSTILE}", "--per-speech", "1"), 5),
        (("check", "noisy", "set/noisy/x.wav"), 0),
        (("check", "noisy", f"set/noisy/broken{HOSTILE}.wav"), 1),
        (("models", "--models-file", "models.toml"), 0),
        (("models", "list", "--json", "--models-file", "models.toml"), 0),
        (("models", "show", "mine", "--models-file", "models.toml"), 0),
        (("models", "show", "mine", "--json", "--models-file", "models.toml"), 0),
        (("models", "verify", "--models-file", "models.toml"), 0),
        (("models", "new", "n", "--like", "dpcrn-tf", "--weights", "w", "--out", f"{HOSTILE}.toml"), 0),
        (("metrics", "--verbose"), 0),
        (("doctor",), 0),
        (("doctor", "--json"), 0),
        (("run", "--model", HOSTILE, "set"), 2),
        (("run", f"--{HOSTILE}", "set"), 2),
        (("report", "out", HOSTILE), 2),
        ((HOSTILE,), 2),
        (("report", HOSTILE), 1),
    ],
    ids=lambda value: " ".join(value)[:12].encode("unicode_escape").decode() if isinstance(value, tuple) else None,
)
def test_command_with_hostile_names_prints_no_control_character(
    root: Path, models_file: Path, arguments: tuple[str, ...], code: int
) -> None:
    copies = root / HOSTILE
    if not copies.exists():
        shutil.copytree(root / "set" / "noisy", copies)
        (root / "w").write_bytes(b"weights")
    environment = {"SEINFER_WEIGHTS_DIR": str(root / f"weights{HOSTILE}"), "SEINFER_OFFLINE": "1"}
    harmless(*arguments, code=code, cwd=root, environment=environment)


def test_score_of_a_hostile_folder_prints_its_name_in_every_format(root: Path) -> None:
    copies = root / f"other{HOSTILE}"
    shutil.copytree(root / "set" / "noisy", copies)
    for format_ in ("table", "md", "latex", "json"):
        command = ("score", "--metrics", "si_sdr", "--clean", root / "set" / "clean", "--format", format_)
        assert "fake" in harmless(*command, "--out", root / "scored2", copies, code=5)[0]


def test_pull_from_a_server_with_a_hostile_reason_prints_it_escaped(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 403 gone \x1b[31m\x9b \x85 ERROR\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/w"
        file = f'[[mine.files]]\nname = "w\\u001b[31m"\nurl = "{url}"\nsha256 = "{"ab" * 32}"\n'
        (tmp_path / "models.toml").write_text(table("mine") + file)
        _, shown = harmless(
            *("models", "pull", "mine", "--models-file", tmp_path / "models.toml"),
            code=1,
            environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "w"), "SEINFER_OFFLINE": None, "no_proxy": "*"},
        )
    assert r"403 gone \x1b[31m" in shown


@pytest.mark.parametrize("arguments", [("pair", "set"), ("report", "--format", "csv", "out"), ("report", "out")])
def test_command_on_a_terminal_prints_no_control_character(
    root: Path, compared: Path, arguments: tuple[str, ...]
) -> None:
    terminal, end = pty.openpty()
    process = start(*arguments, cwd=root, stdout=end, stderr=end, environment=NO_STYLE)
    os.close(end)
    shown = b"".join(iter(lambda: _read(terminal), b"")).decode().replace("\r\n", "\n")
    os.close(terminal)
    process.wait(60)
    assert "fake" in shown
    assert_harmless(shown, "terminal")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""
