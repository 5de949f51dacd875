"""Export a test for another program: its configuration, and the stimuli that it names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ....core.errors import RunFolderError, UsageError
from ....core.files import write_text
from ..documents import STIMULI, read_test
from ..key import read_key, verify
from ..records import Key, PublicTest
from . import beaqlejs, p808, webmushra

_STIMULUS = re.compile(r"([0-9a-f]{10})\.wav")


@dataclass(frozen=True)
class Format:
    """A program.

    Attributes:
        files: (key, prefix) -> names and contents of its files.
        prefix: test -> the default of --url-prefix.
        next_step: what to do with the export, with {out} and {prefix}.
    """

    files: Callable[[Key, str], Iterator[tuple[str, str]]]
    prefix: Callable[[PublicTest], str]
    next_step: str


FORMATS: Mapping[str, Format] = {
    "webmushra": Format(
        webmushra.configurations,
        webmushra.default_prefix,
        "copy {out}/*.yaml to configs/ of webMUSHRA and {out}/stimuli/*.wav to {prefix}; each rater opens one session: "
        "?config=SESSION.yaml",
    ),
    "p808": Format(
        p808.lists,
        lambda _: "",
        "upload {out}/stimuli/*.wav to {prefix}, then give the CSV files to its master_script.py",
    ),
    "beaqlejs": Format(
        beaqlejs.configurations,
        lambda _: "audio/",
        "copy {out}/*.js to config/ of BeaqleJS and {out}/stimuli/*.wav to {prefix}; name a script in its index.html",
    ),
}


@dataclass(frozen=True)
class Exported:
    """A finished export.

    Attributes:
        files: names of the files of the other program.
        n_stimuli: stimuli that were copied.
        next_step: what to do with them.
    """

    files: tuple[str, ...]
    n_stimuli: int
    next_step: str


def export(folder: Path, key_path: Path, form: str, out: Path, prefix: str = "") -> Exported:
    """Write the files of another program and the stimuli that they name.

    Args:
        folder: the test folder.
        key_path: its key.
        form: one of FORMATS.
        out: folder to create.
        prefix: path or address of the stimuli; empty for the default of the program.

    Raises:
        UsageError: `out` exists or is inside the test folder, or the program has nothing for the design.
        IntegrityError: the key does not belong to the test, or one of them was edited.
        RunFolderError: a file cannot be written.
    """
    test, key = read_test(folder), read_key(key_path)
    verify(key, test)
    if out.exists() or out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"--out {out} exists already, or is inside the test folder; choose another folder")
    used_prefix = prefix or FORMATS[form].prefix(test)
    used_prefix = f"{used_prefix.rstrip('/')}/" if used_prefix else ""
    files = dict(FORMATS[form].files(key, used_prefix))
    stimuli = sorted({one for text in files.values() for one in _STIMULUS.findall(text)})
    try:
        (out / STIMULI).mkdir(parents=True)
        for one in stimuli:
            shutil.copy2(folder / STIMULI / f"{one}.wav", out / STIMULI)  # with its time: all stimuli have the same
    except OSError as error:
        raise RunFolderError(f"{error.filename or out}: cannot be copied: {error.strerror or error}") from error
    for name, text in files.items():
        write_text(out / name, text)
    return Exported(tuple(files), len(stimuli), FORMATS[form].next_step.format(out=out, prefix=used_prefix))
