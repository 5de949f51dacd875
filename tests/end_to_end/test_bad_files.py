"""Bad and unusual files in one folder: each is enhanced completely or is a failed row with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from tests.helpers import ORDINARY, finish, lines, rows, seinfer, speech_like, start, wait_until

RATE = 16_000
N = 4_000
DEEP = "/".join(["d" * 130] * 2)
# The longest file name on ext4, xfs, btrfs, tmpfs and APFS, in bytes.
LONGEST = 255


def speech(seed: int = 0, n_samples: int = N) -> np.ndarray:
    return speech_like(N / RATE, RATE, seed=seed)[:n_samples]


def with_sample(value: float) -> np.ndarray:
    samples = speech()
    samples[100] = value
    return samples


def sound(
    samples: np.ndarray, sample_rate: int = RATE, subtype: str = "PCM_16", kind: str = "WAV"
) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with open(path, "wb") as file:  # not by name, which may not be valid text
            soundfile.write(file, samples.T, sample_rate, subtype, format=kind)

    return make


def cut(n_bytes: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        sound(speech())(path)
        os.truncate(path, n_bytes)

    return make


def tagged_mp3(path: Path) -> None:
    """Write an MP3 with an ID3v2.3 tag before it and an ID3v1 tag after it."""
    sound(speech(), kind="MP3", subtype="MPEG_LAYER_III")(path)
    frame = b"TIT2" + (13).to_bytes(4, "big") + b"\0\0" + b"\0Title of it " + bytes(300)
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + size + frame + path.read_bytes() + b"TAG" + b"Title of it".ljust(125, b"\0"))


def forbidden(path: Path) -> None:
    sound(speech())(path)
    path.chmod(0)


def forbidden_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


class Case(NamedTuple):
    """A file: its name, how it is made, and why it cannot be enhanced; "" if it can."""

    name: str
    make: Callable[[Path], object]
    reason: str = ""

    def clip_id(self) -> str:
        return str(Path(self.name).with_suffix(""))


CASES = [
    Case("empty.wav", Path.touch, "empty"),
    Case("no_samples.wav", sound(np.zeros(0)), "empty"),
    Case("cut_header.wav", cut(30), "unreadable"),
    Case("cut_after_header.wav", cut(44), "truncated"),
    Case("cut_data.wav", cut(5_001), "truncated"),
    Case("text.wav", lambda path: path.write_text("not audio"), "unreadable"),
    Case("zeros.wav", lambda path: path.write_bytes(bytes(10_000)), "unreadable"),
    Case("nan.wav", sound(with_sample(np.nan), subtype="FLOAT"), "nonfinite"),
    Case("inf.wav", sound(with_sample(-np.inf), subtype="DOUBLE"), "nonfinite"),
    Case("silence.wav", sound(np.zeros(N))),
    Case("dc.wav", sound(np.full(N, 0.5))),
    Case("square.wav", sound(np.sign(np.sin(0.1 * np.arange(N) + 0.05)))),
    Case("one_sample.wav", sound(speech(n_samples=1))),
    Case("8k.wav", sound(speech(), 8_000)),
    Case("96k.wav", sound(speech(), 96_000)),
    Case("24_bit.wav", sound(speech(), subtype="PCM_24")),
    Case("above_one.wav", sound(8 * speech(), subtype="FLOAT")),
    Case("8_channels.wav", sound(np.stack([speech(seed) for seed in range(8)]))),
    Case("tagged.mp3", tagged_mp3),
    Case("mp3_inside.wav", tagged_mp3),
    Case("é中文🎧.wav", sound(speech())),
    Case("new\nline.wav", sound(speech())),
    Case("carriage\rreturn.wav", sound(speech())),
    Case('quote",;=1+1.wav', sound(speech())),
    Case(os.fsdecode(b"latin\xe9.wav"), sound(speech())),
    Case("loop.wav", lambda path: path.symlink_to(path.name), "unreadable"),
    Case("dangling.wav", lambda path: path.symlink_to("nowhere.wav"), "unreadable"),
    Case("pipe.wav", os.mkfifo, "unreadable"),
    Case("forbidden.wav", forbidden, "unreadable"),
    Case("forbidden_folder", forbidden_folder, "unreadable"),
    Case("vanishing.wav", sound(speech(n_samples=2)), "unreadable"),
    Case("x.wav/inside.wav", sound(speech())),
    Case("L" * (LONGEST - 4) + ".wav", sound(speech())),
    Case("A" * (LONGEST - 3) + ".au", sound(speech(), kind="AU"), "not_written"),  # .wav makes it too long
    Case(f"{DEEP}/deep.wav", sound(speech())),
]
# Files that keep their suffix in the clip_id, because another file or folder has the same name without it.
WITH_SUFFIX = {
    "x.flac": Case("x.flac", sound(speech(), kind="FLAC")),  # "x.wav" is a folder
    "y.flac": Case("y.flac", sound(speech(), kind="FLAC")),
    "y.wav": Case("y.wav", sound(speech(1))),
    "y.wav.ogg": Case("y.wav.ogg", sound(speech(2), kind="OGG", subtype="VORBIS")),
}
ALL = {**{case.clip_id(): case for case in CASES}, **WITH_SUFFIX}


def shown(clip_id: str) -> str:
    """Return a clip_id as it is in the tables: UTF-8, with escapes for bytes that are not valid text."""
    return clip_id.encode("utf-8", "backslashreplace").decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make all files and enhance them once; one of them is deleted during the run."""
    folder = tmp_path_factory.mktemp("bad")
    for case in ALL.values():
        path = folder / "in" / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        case.make(path)
    (folder / "in" / "up").symlink_to(folder / "in", target_is_directory=True)
    process = start("run", "--model", "rnnoise", "--out", folder / "out", folder / "in", before=ORDINARY)
    wait_until(lambda: lines(folder / "out", "plan") or process.poll() is not None)
    (folder / "in" / "vanishing.wav").unlink()  # after its header was read, and before its worker starts
    result = finish(process)
    assert result.returncode == 5, result.stderr
    yield folder
    for case in ALL.values():
        if case.make is forbidden_folder:
            (folder / "in" / case.name).chmod(0o700)


@pytest.mark.parametrize("clip_id", ALL, ids=lambda name: ascii(name)[1:30])
def test_run_of_bad_files_enhances_each_or_records_the_reason(folder: Path, clip_id: str) -> None:
    case = ALL[clip_id]
    [row] = [row for row in rows(folder / "out" / "per_clip.csv") if row["clip_id"] == shown(clip_id)]
    failed = [row for row in rows(folder / "out" / "failures.csv") if row["clip_id"] == shown(clip_id)]
    written = folder / "out" / "audio" / "rnnoise" / f"{clip_id}.wav"
    if case.reason:
        assert (row["status"], row["error"].split(": ")[0]) == ("failed", case.reason)
        stage = {"not_written": "write"}.get(case.reason, "read")
        assert [(fail["stage"], fail["reason"]) for fail in failed] == [(stage, case.reason)]
        assert len(failed[0]["message"]) > 20
    else:
        assert (row["status"], row["error"], failed) == ("ok", "", [])
        assert shape(written) == shape(folder / "in" / case.name)


def shape(path: Path) -> tuple[int, int, int]:
    with open(path, "rb") as file:
        info = soundfile.info(file)
    return info.samplerate, info.channels, info.frames


def test_run_of_bad_files_has_exactly_one_row_for_each(folder: Path) -> None:
    for name in ("per_clip.csv", "clips.csv"):
        assert sorted(row["clip_id"] for row in rows(folder / "out" / name)) == sorted(map(shown, ALL))
    n_ok = sum(not case.reason for case in ALL.values())
    assert len([path for path in (folder / "out" / "audio").rglob("*") if path.is_file()]) == n_ok


COMPARED = {
    "silence": (np.zeros(N), speech()),
    "both silent": (np.zeros(N), np.zeros(N)),
    "clean silent": (speech(), np.zeros(N)),
    "dc": (np.full(N, 0.5), speech()),
    "square": (np.sign(np.sin(0.1 * np.arange(N) + 0.05)), speech()),
    "one sample": (speech(n_samples=1), speech(n_samples=1)),
    "new\nline é": (speech() + 0.01, speech()),
    "stereo": (np.stack([speech(), speech(1)]), speech()),
    "shorter": (speech(n_samples=N - 50), speech()),
    "nan": (with_sample(np.nan), speech()),
    "clean nan": (speech(), with_sample(np.nan)),
}


def test_compare_of_bad_files_with_a_clean_folder_has_a_score_or_a_reason_for_each(tmp_path: Path) -> None:
    for name, samples in COMPARED.items():
        for side, signal in zip(("noisy", "clean"), samples, strict=True):
            (tmp_path / side).mkdir(exist_ok=True)
            sound(signal, subtype="FLOAT")(tmp_path / side / f"{name}.wav")
    result = seinfer(
        "compare", "--no-cost", "--models", "rnnoise", "--clean", "clean", "--out", "out", "noisy", cwd=tmp_path
    )
    assert result.returncode == 5, result.stderr
    found = rows(tmp_path / "out" / "per_clip.csv")
    assert [(row["clip_id"], row["model"]) for row in found] == [
        (name, model) for name in sorted(COMPARED) for model in ("noisy", "rnnoise")
    ]
    for row in found:
        if row["clip_id"] == "nan":
            assert row["error"].startswith("nonfinite: ")
            continue
        assert row["status"] == "ok"
        for metric in ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi"):
            assert row[metric] or f"{metric}: " in row["ref_status"], f"{row['clip_id']!r}: no score and no reason"
        assert not {"nan", "inf", "-inf"} & {value.lower() for value in row.values()}
