"""Leaks through the files: format, length, size, further chunks, copies, and files that do not belong to a test."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from .findings import Check, Finding, shortened
from .folder import AuditedFolder

_AGAIN = "make the test folder with `seinfer blind make`"
_FILES = frozenset(("test.json", "index.html"))
_FOLDERS = {"sessions": ".html", "sheets": ".csv"}


def _format(folder: AuditedFolder) -> Iterator[Finding]:
    rate = folder.test.sample_rate
    for one in folder.stimuli:
        wave = one.wave
        if wave is None:
            yield Finding(
                "format",
                one.path,
                "it is not a WAV file; a codec adds a delay, tags of its own, and a size that depends on the sound",
                "WAV, PCM of 16 bits",
                _AGAIN,
            )
        elif not wave.is_pcm16 or wave.sample_rate != rate:
            kind = "PCM" if wave.codec == 1 else f"codec {wave.codec}"
            value = f"{kind} of {wave.bits} bits, channels: {wave.channels}, {wave.sample_rate} Hz"
            yield Finding("format", one.path, value, f"PCM of 16 bits, channels: 1, {rate} Hz", _AGAIN)


def _chunks(folder: AuditedFolder) -> Iterator[Finding]:
    for one in folder.stimuli:
        if one.wave is None:
            continue
        further = [repr(name) for name in one.wave.chunks if name not in ("fmt ", "data")]
        if further or one.wave.chunks != ("fmt ", "data"):
            yield Finding(
                "chunks",
                one.path,
                f"chunks {shortened(map(repr, one.wave.chunks), 6)}",
                "'fmt ' and 'data'; another chunk can name the program, the model or the time",
                _AGAIN,
            )
        if one.wave.n_extra_bytes:
            yield Finding("chunks", one.path, f"{one.wave.n_extra_bytes} bytes after the end", "none", _AGAIN)


def _duration(folder: AuditedFolder) -> Iterator[Finding]:
    yield from _different(
        "duration",
        {one.path: one.n_samples for one in folder.measured.values()},
        "samples",
        "one length for all stimuli: a length identifies a model or a clip",
    )


def _file_size(folder: AuditedFolder) -> Iterator[Finding]:
    # Files of different lengths have different sizes; that is one leak, and the check of the duration reports it.
    data = {one.path: one.n_bytes - 2 * one.n_samples for one in folder.stimuli}
    yield from _different("file size", data, "bytes without the sound", "one size for all stimuli")


def _different(leak: str, values: dict[str, int], unit: str, expected: str) -> Iterator[Finding]:
    counts = Counter(values.values())
    if len(counts) > 1:
        usual = counts.most_common(1)[0][0]
        odd = [path for path, value in values.items() if value != usual]
        sizes = f"{min(counts)} to {max(counts)} {unit}"
        yield Finding(leak, shortened(odd), f"{len(counts)} different values, {sizes}", expected, _AGAIN)


def _copies(folder: AuditedFolder) -> Iterator[Finding]:
    by_sound: dict[str, list[str]] = {}
    for one in folder.stimuli:
        by_sound.setdefault(one.sound_sha256 or one.sha256, []).append(one.path)
    for paths in by_sound.values():
        if len(paths) > 1:
            yield Finding(
                "identical stimuli",
                shortened(paths),
                "the same samples",
                "different samples: by comparing files one finds which stimulus is repeated, and which of two X is",
                "make them again with `seinfer blind make`, which adds different dither to each copy",
            )


def _unused(folder: AuditedFolder) -> Iterator[Finding]:
    used = _used_ids(folder)
    present = {entry.stem for entry in folder.entries if entry.is_stimulus}
    if unused := sorted(present - used):
        yield Finding(
            "unused stimuli", "stimuli", f"no session uses {shortened(unused)}", "only stimuli of the sessions", _AGAIN
        )


def _missing(folder: AuditedFolder) -> Iterator[Finding]:
    present = {entry.stem for entry in folder.entries if entry.is_stimulus}
    for session in folder.test.sessions:
        ids = [one for trial in session.trials for one in (*trial.stimuli, trial.reference) if one]
        if missing := sorted(set(ids) - present):
            yield Finding(
                "missing stimuli",
                f"session {session.session_id}",
                f"{len(missing)} of {len(set(ids))} stimuli are absent: {shortened(missing)}",
                "a file in stimuli/ for each; a trial that cannot be played tells that it is another one",
                "copy the folder again, or make it again",
            )


def _used_ids(folder: AuditedFolder) -> set[str]:
    sessions = folder.test.sessions
    return {one for s in sessions for trial in s.trials for one in (*trial.stimuli, trial.reference) if one}


def _foreign(folder: AuditedFolder) -> Iterator[Finding]:
    for entry in folder.entries:
        if entry.link:
            value, expected = f"a link to {entry.link}", "a file"
        elif entry.path not in _FILES and not entry.is_stimulus and not _is_of_session(folder, entry.path):
            value, expected = (
                "a file that does not belong to the test",
                "test.json, index.html, sessions, stimuli, sheets",
            )
        else:
            continue
        yield Finding("foreign files", entry.path, value, expected, "remove it from the test folder")


def _is_of_session(folder: AuditedFolder, path: str) -> bool:
    ids = (session.session_id for session in folder.test.sessions)
    return path in {f"{name}/{one}{suffix}" for one in ids for name, suffix in _FOLDERS.items()}


def _changed(folder: AuditedFolder) -> Iterator[Finding]:
    for one in folder.stimuli:
        item = folder.items.get(one.stimulus_id)
        if item and item.sha256_out and item.sha256_out != one.sha256:
            value, expected = f"SHA-256 {one.sha256[:12]}...", f"{item.sha256_out[:12]}..., as in the key"
            yield Finding("changed stimuli", one.path, value, expected, "copy the folder again, or make it again")


def is_stimulus(folder: AuditedFolder, content: bytes) -> bool:
    """Return whether the bytes are one of the stimulus files."""
    digest = hashlib.sha256(content).hexdigest()
    return any(one.sha256 == digest for one in folder.stimuli)


CHECKS = (
    Check("format", "codec, sample format, channels and sample rate of the stimuli", _format),
    Check("chunks", "chunks of the WAV files other than format and samples", _chunks),
    Check("duration", "lengths of the stimuli", _duration),
    Check("file size", "sizes of the stimuli", _file_size),
    Check("identical stimuli", "samples of each stimulus against all others", _copies),
    Check("unused stimuli", "stimuli that no session uses", _unused),
    Check("missing stimuli", "stimuli of the sessions that are absent", _missing),
    Check("changed stimuli", "stimuli against their digests in the key", _changed, needs_key=True),
    Check("foreign files", "files that do not belong to a test, and links", _foreign),
)
