"""Each leak alone: a folder without leaks is changed in one respect, and exactly the check of that leak fails."""

from __future__ import annotations

import base64
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.reports.listening.audit.audit import CHECKS, audit
from seinfer.reports.listening.audit.findings import Finding
from tests.reports.listening import small_test
from tests.reports.listening.audit.test_audit import audited, zipped
from tests.reports.listening.small_test import CLIPS, MODELS, RATE, SmallTest, Waveform, make, page, wav

Change = Callable[[SmallTest], SmallTest | None]
_CHANGES: dict[str, list[tuple[str, Change]]] = {}


def change(leak: str) -> Callable[[Change], Change]:
    """Register a change of a folder that causes exactly this leak."""

    def register(function: Change) -> Change:
        _CHANGES.setdefault(leak, []).append((function.__name__, function))
        return function

    return register


def rewritten(test: SmallTest, paths: list[Path], edit: Callable[[Waveform], Waveform]) -> SmallTest:
    """Write stimuli again, each with its own dither, and seal the key over them."""
    for number, path in enumerate(paths, start=100):
        samples, _ = soundfile.read(path, dtype="float32")
        path.write_bytes(wav(edit(samples), number))
    return test.with_digests()


def first_session(test: SmallTest) -> Path:
    return test.folder / "sessions" / f"{test.test.sessions[0].session_id}.html"


def write_page(test: SmallTest, body: str = "", script: str = "") -> None:
    path = first_session(test)
    path.write_text(page(test.test, path.stem, body, script))


# --- Names


@change("file names")
def model_in_the_name_of_a_folder(test: SmallTest) -> SmallTest:
    path = test.of("rnnoise")[0]
    (path.parent / "rnnoise").mkdir()
    return SmallTest(Path(shutil.move(path, path.parent / "rnnoise" / path.name)).parents[2], test.key_path, test.key)


@change("identifiers")
def numbered_stimuli(test: SmallTest) -> SmallTest:
    table: dict[tuple[str, str, str], str] = {}
    rng = np.random.default_rng(3)
    numbers = iter(rng.permutation(900) + 100)

    def number_of(clip: str, model: str, role: str) -> str:
        return table.setdefault((clip, model, role), f"s{next(numbers)}")

    return make(test.folder.parent / "again", ids=number_of)


@change("names in files")
def model_in_a_page(test: SmallTest) -> None:
    write_page(test, script='const conditions = ["DeepFilterNet 3"];')


@change("names in files")
def clip_in_a_sheet(test: SmallTest) -> None:
    path = test.folder / "sheets" / f"{test.test.sessions[0].session_id}.csv"
    path.write_text(path.read_text() + f"{CLIPS[0]}\n")


@change("condition names")
def roles_in_a_page(test: SmallTest) -> None:
    write_page(test, script='const roles = {"361a5fb43d": "hidden_ref"};')


@change("page titles")
def model_in_a_title(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace("<title>Listening test", "<title>rnnoise"))


@change("page titles")
def different_titles(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace("<title>Listening test", "<title>The bad ones"))


@change("download names")
def model_in_a_download(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace('download="ratings', 'download="rnnoise-ratings'))


# --- Order


@change("file order")
def ids_sorted_by_model(test: SmallTest) -> SmallTest:
    return make(test.folder.parent / "again", ids=lambda c, m, r: f"{MODELS.index(m)}{CLIPS.index(c):09x}")


@change("file order")
def ids_sorted_by_clip(test: SmallTest) -> SmallTest:
    def id_of(clip: str, model: str, role: str) -> str:
        return f"{CLIPS.index(clip):x}{(MODELS.index(model) + CLIPS.index(clip)) % 3:09x}"

    return make(test.folder.parent / "again", ids=id_of)


@change("session order")
def sessions_alike(test: SmallTest) -> SmallTest:
    return make(test.folder.parent / "again", session_order=lambda _, clips: clips, model_order=rotated())


def rotated() -> small_test.Order:
    """Return an order of models that changes from trial to trial, the same in each session."""
    orders = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2]]
    calls = iter(range(10**6))
    return lambda _, names: [names[i] for i in orders[next(calls) % len(orders)]]


@change("model positions")
def mushra_with_constant_positions(test: SmallTest) -> SmallTest:
    return make(test.folder.parent / "again", "mushra", model_order=lambda _, names: names)


@change("model positions")
def p835_with_constant_sessions(test: SmallTest) -> SmallTest:
    def order(rng: object, clips: list[str]) -> list[str]:
        first = next(starts) % len(clips)
        return clips[first:] + clips[:first]

    starts = iter(range(10**6))
    return make(test.folder.parent / "again", session_order=order, model_order=lambda _, names: names)


@change("model positions")
def x_always_first(test: SmallTest) -> SmallTest:
    return make(test.folder.parent / "again", "abx", x_is=lambda _: 0)


@change("file times")
def one_stimulus_made_later(test: SmallTest) -> None:
    path = test.of("rnnoise")[0]
    os.utime(path, (path.stat().st_mtime + 1, path.stat().st_mtime + 1))


# --- Files


@change("format")
def flac_with_a_tag(test: SmallTest) -> SmallTest:
    path = test.of("rnnoise")[0]
    samples, _ = soundfile.read(path)
    with soundfile.SoundFile(path.with_suffix(".flac"), "w", RATE, 1) as file:
        file.comment = "made by a model"
        file.write(samples)
    path.write_bytes(path.with_suffix(".flac").read_bytes())
    path.with_suffix(".flac").unlink()
    return padded_to_usual_size(test, path)


@change("format")
def opus(test: SmallTest) -> SmallTest:
    path = test.of("rnnoise")[0]
    samples, _ = soundfile.read(path)
    soundfile.write(path, samples, RATE, format="OGG", subtype="OPUS")
    return padded_to_usual_size(test, path)


def padded_to_usual_size(test: SmallTest, path: Path) -> SmallTest:
    """Give a file that has no samples to subtract the size of the other files without theirs."""
    path.write_bytes(path.read_bytes()[:44].ljust(44, b"\0"))
    return test.with_digests()


@change("format")
def another_sample_rate(test: SmallTest) -> SmallTest:
    path = test.of("rnnoise")[0]
    content = bytearray(path.read_bytes())
    struct.pack_into("<II", content, 24, 44_100, 88_200)
    path.write_bytes(content)
    return test.with_digests()


@change("chunks")
def list_chunk_in_all_files(test: SmallTest) -> SmallTest:
    for path in test.stimuli():
        content = path.read_bytes() + struct.pack("<4sI4s", b"LIST", 4, b"INFO")
        path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    return test.with_digests()


@change("chunks")
def bytes_after_the_end(test: SmallTest) -> SmallTest:
    for path in test.stimuli():
        path.write_bytes(path.read_bytes() + b"v1")
    return test.with_digests()


@change("duration")
def one_model_is_shorter(test: SmallTest) -> SmallTest:
    return rewritten(test, test.of("rnnoise"), lambda samples: small_test.faded(samples[:-480]))


@change("file size")
def unequal_headers(test: SmallTest) -> SmallTest:
    path = test.of("rnnoise")[0]
    content = path.read_bytes()
    header = struct.pack("<4sI4s4sI", b"RIFF", len(content) - 6, b"WAVE", b"fmt ", 18)
    path.write_bytes(header + content[20:36] + b"\0\0" + content[36:])
    return test.with_digests()


@change("identical stimuli")
def x_with_the_bytes_of_a(test: SmallTest) -> SmallTest:
    again = make(test.folder.parent / "again", "abx")
    x = next(item for item in again.key.items if item.same_as)
    shutil.copy(again.folder / "stimuli" / f"{x.same_as}.wav", again.path(x))
    return again.with_digests()


@change("unused stimuli")
def stimulus_without_a_session(test: SmallTest) -> None:
    path = test.folder / "stimuli" / "0123456789.wav"
    path.write_bytes(wav(small_test.sound(CLIPS[0], "clean"), 99))
    os.utime(path, (946_684_800, 946_684_800))


@change("missing stimuli")
def stimulus_removed(test: SmallTest) -> None:
    test.of("rnnoise")[0].unlink()


@change("changed stimuli")
def stimulus_exchanged(test: SmallTest) -> None:
    path = test.of("rnnoise")[0]
    path.write_bytes(wav(small_test.sound(CLIPS[0], "clean"), 99))
    os.utime(path, (946_684_800, 946_684_800))


@change("foreign files")
def notes_in_the_folder(test: SmallTest) -> None:
    (test.folder / "notes.txt").write_text("Thank you for rating")


@change("foreign files")
def link_to_a_source(test: SmallTest) -> None:
    path = test.folder / "index.html"
    path.rename(test.folder.parent / "index.html")
    path.symlink_to(test.folder.parent / "index.html")


# --- Sound


@change("level")
def one_model_is_louder(test: SmallTest) -> SmallTest:
    return rewritten(test, test.of("rnnoise"), lambda samples: samples * np.float32(1.4))


@change("bandwidth")
def one_model_is_fullband(test: SmallTest) -> SmallTest:
    return rewritten(test, test.of("rnnoise"), small_test.with_hiss)


@change("delay")
def one_model_is_late(test: SmallTest) -> SmallTest:
    return rewritten(test, test.of("rnnoise"), lambda samples: small_test.faded(np.roll(samples, 312)))


@change("clicks")
def no_fades(test: SmallTest) -> SmallTest:
    def with_an_edge(samples: Waveform) -> Waveform:
        edge = samples.copy()
        edge[:600] += np.float32(0.02) * np.linspace(1, 0, 600, dtype=np.float32)
        return edge

    return rewritten(test, test.of("rnnoise")[:1], with_an_edge)


@change("clicks")
def jump_inside(test: SmallTest) -> SmallTest:
    def with_a_jump(samples: Waveform) -> Waveform:
        jump = samples.copy()
        jump[len(jump) // 2] += np.float32(0.4)
        return jump

    return rewritten(test, test.of("rnnoise")[:1], with_a_jump)


@change("offset")
def one_model_keeps_an_offset(test: SmallTest) -> SmallTest:
    def with_an_offset(samples: Waveform) -> Waveform:
        return (samples + 0.004 * np.hanning(len(samples))).astype(np.float32)

    return rewritten(test, test.of("rnnoise"), with_an_offset)


@change("clipping")
def one_stimulus_reaches_full_scale(test: SmallTest) -> SmallTest:
    def with_a_peak(samples: Waveform) -> Waveform:
        width = np.exp(-0.5 * ((np.arange(len(samples)) - len(samples) // 2) / 40) ** 2)
        wave = np.sin(2 * np.pi * 1_000 * np.arange(len(samples)) / RATE)
        return np.clip(samples + 1.2 * width * wave, -1, 1).astype(np.float32)

    return rewritten(test, test.of("rnnoise")[:1], with_a_peak)


# --- Pages


@change("requests")
def font_from_outside(test: SmallTest) -> None:
    write_page(test, body='<img src="//example.org/logo.png" alt="">')


@change("requests")
def votes_sent_to_a_server(test: SmallTest) -> None:
    write_page(test, script='fetch("https://example.org/vote")')


@change("content policy")
def no_policy(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace("Content-Security-Policy", "x"))


@change("content policy")
def policy_with_a_server(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace("connect-src 'none'", "connect-src https://example.org"))


@change("console")
def message_in_the_console(test: SmallTest) -> None:
    write_page(test, script="console.log(trial)")


@change("embedded sounds")
def other_sound_in_a_page(test: SmallTest) -> None:
    content = base64.b64encode(wav(small_test.sound(CLIPS[0], "clean"), 77)).decode()
    write_page(test, body=f'<audio src="data:audio/wav;base64,{content}"></audio>')


# --- Key


@change("key inside")
def key_in_a_page(test: SmallTest) -> None:
    write_page(test, script=f"const seal = '{test.key.salt}';")


@change("key mode")
def key_for_everybody(test: SmallTest) -> None:
    test.key_path.chmod(0o644)


@change("commitment")
def trial_removed_from_the_test(test: SmallTest) -> None:
    path = test.folder / "test.json"
    path.write_text(path.read_text().replace('"n_raters": 3', '"n_raters": 2'))


@change("commitment of files")
def page_of_another_key(test: SmallTest) -> None:
    path = first_session(test)
    path.write_text(path.read_text().replace(test.test.key_sha256, "0" * 64))


_CASES = [(leak, name, function) for leak, changes in _CHANGES.items() for name, function in changes]
_IN_ARCHIVES = {"archive order"}


@pytest.mark.parametrize(("leak", "function"), [(c[0], c[2]) for c in _CASES], ids=[c[1] for c in _CASES])
def test_audit_of_a_folder_with_one_leak_finds_exactly_that(tmp_path: Path, leak: str, function: Change) -> None:
    clean = make(tmp_path)
    test = function(clean) or clean
    result = audited(test)
    assert {finding.leak for finding in result.findings} == {leak}, "\n".join(map(str, result.findings))
    assert all(map(is_complete, result.findings))


def is_complete(finding: Finding) -> bool:
    return all((finding.where, finding.value, finding.expected, finding.remedy))


def test_every_check_has_a_folder_on_which_it_fails() -> None:
    assert {check.name for check in CHECKS} == {*_CHANGES, *_IN_ARCHIVES}


def test_audit_of_an_archive_in_the_order_of_the_models_finds_the_archive_order(tmp_path: Path) -> None:
    test = make(tmp_path)
    paths = [path for path in sorted(test.folder.rglob("*")) if path.parent.name != "stimuli"]
    archive = zipped(test, tmp_path / "test.zip", [*paths, *(path for model in MODELS for path in test.of(model))])
    assert {finding.leak for finding in audit(archive, test.key_path, MODELS).findings} == {"archive order"}


def test_audit_of_an_archive_with_times_finds_the_file_times(tmp_path: Path) -> None:
    test = make(tmp_path)
    archive = tmp_path / "test.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number, path in enumerate(path for path in sorted(test.folder.rglob("*")) if path.is_file()):
            member = zipfile.ZipInfo(path.relative_to(test.folder).as_posix(), (2000, 1, 1, 0, number % 60, 0))
            file.writestr(member, path.read_bytes())
    assert {finding.leak for finding in audit(archive, test.key_path, MODELS).findings} == {"file times"}


@pytest.mark.parametrize(("leak", "function"), [(c[0], c[2]) for c in _CASES], ids=[c[1] for c in _CASES])
def test_audit_without_a_key_finds_leaks_that_need_none(tmp_path: Path, leak: str, function: Change) -> None:
    needs_key = {check.name for check in CHECKS if check.needs_key} | {"level", "delay", "key inside"}
    clean = make(tmp_path)
    test = function(clean) or clean
    found = {finding.leak for finding in audited(test, with_key=False).findings}
    if leak not in needs_key and function is not clip_in_a_sheet:
        assert leak in found
    else:
        assert found <= {leak}
