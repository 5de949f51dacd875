"""A small listening test without leaks, written by hand, that tests change in one respect each."""

from __future__ import annotations

import hashlib
import io
import os
import random
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from seinfer.core.files import write_csv, write_json
from seinfer.core.records import to_json
from seinfer.reports.listening.key import opaque_id, sealed, write_key
from seinfer.reports.listening.records import (
    RATING_COLUMNS,
    DesignName,
    Item,
    Key,
    PublicSession,
    PublicTest,
    PublicTrial,
    Role,
    Rules,
    TrialKind,
)
from tests.helpers import Waveform, speech_like

RATE = 48_000
DURATION_S = 0.6
MODELS = ("noisy", "rnnoise", "deepfilternet3")
CLIPS = tuple(f"p232_{i:03d}" for i in range(1, 7))
SALT = "5a" * 32
_NOISE = {"noisy": 0.02, "rnnoise": 0.006, "deepfilternet3": 0.003, "clean": 0.0}

Order = Callable[[random.Random, list[str]], list[str]]


def shuffled(rng: random.Random, names: list[str]) -> list[str]:
    return rng.sample(names, len(names))


@cache
def sound(clip: str, model: str) -> Waveform:
    """Return what a model made of a clip, shape (time,), at RATE."""
    seed = CLIPS.index(clip)
    speech = speech_like(DURATION_S, RATE, seed=seed)
    noise = np.random.default_rng(seed).standard_normal(len(speech))
    spectrum = np.fft.rfft(noise)
    spectrum[round(7_500 * DURATION_S) :] = 0  # below 8 kHz
    noise = np.fft.irfft(spectrum, len(speech))
    return faded(speech + _NOISE[model] * noise)


def faded(samples: Waveform) -> Waveform:
    """Return a signal with fades of 10 ms."""
    position = np.arange(len(samples))
    fade = np.sin(np.pi / 2 * np.minimum(1, np.minimum(position, position[::-1]) / 480)) ** 2
    return (samples * fade).astype(np.float32)


def wav(samples: Waveform, seed: int, rate: int = RATE) -> bytes:
    """Return a WAV file of 16 bits with dither."""
    rng = np.random.default_rng(seed)
    dither = rng.random(len(samples)) - rng.random(len(samples))
    pcm = np.clip(np.rint(samples * 32768 + dither), -32768, 32767).astype("<i2")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return content.getvalue()


@dataclass(frozen=True)
class SmallTest:
    """A test folder, its key, and the records in both."""

    folder: Path
    key_path: Path
    key: Key

    @property
    def test(self) -> PublicTest:
        return self.key.test

    def stimuli(self) -> list[Path]:
        return sorted((self.folder / "stimuli").iterdir())

    def of(self, model: str) -> list[Path]:
        return [self.path(item) for item in self.key.items if item.model == model and item.role in ("test", "noisy")]

    def path(self, item: Item) -> Path:
        return self.folder / "stimuli" / f"{item.stimulus_id}.wav"

    def sealed_again(self, key: Key) -> SmallTest:
        """Write the folder's records and the key again, with the key's new content."""
        new = sealed(key)
        self.key_path.unlink()
        write_key(self.key_path, new)
        self.key_path.chmod(0o600)
        write_records(self.folder, new.test)
        return replace(self, key=new)

    def with_digests(self) -> SmallTest:
        """Return the test with a key that knows the stimuli as they are now."""
        digest = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.stimuli()}
        items = tuple(replace(item, sha256_out=digest.get(item.stimulus_id, "")) for item in self.key.items)
        for path in self.stimuli():
            os.utime(path, (946_684_800, 946_684_800))
        return self.sealed_again(replace(self.key, items=items))


def make(
    parent: Path,
    design: DesignName = "p835",
    *,
    ids: Callable[[str, str, Role], str] | None = None,
    session_order: Order = shuffled,
    model_order: Order = shuffled,
    x_is: Callable[[random.Random], int] = lambda rng: rng.randrange(2),
    n_sessions: int = 3,
) -> SmallTest:
    """Write a test folder and its key.

    Args:
        parent: where to write the folder `test` and the key `test.key.json`.
        design: the method.
        ids: (clip, model, role) -> stimulus id; opaque by default.
        session_order: order of the trials of a session.
        model_order: order of the models in a trial.
        x_is: position, from 0, of the stimulus that X copies.
        n_sessions: number of sessions.
    """
    folder = parent / "test"
    id_of = ids or (lambda clip, model, role: opaque_id(SALT, clip, model, role))
    items = {item.stimulus_id: item for item in _items(design, id_of)}
    rng = random.Random(1)
    sessions = tuple(
        _session(design, i, rng, id_of, session_order, model_order, x_is, items) for i in range(n_sessions)
    )
    used = {one for session in sessions for trial in session.trials for one in (*trial.stimuli, trial.reference)}
    items = {name: item for name, item in items.items() if name in used}
    kinds: Mapping[str, tuple[TrialKind, ...]] = {one.session_id: ("test",) * len(one.trials) for one in sessions}
    n_samples = round(DURATION_S * RATE)
    public = PublicTest(opaque_id(SALT, "test"), "", design, sessions, RATE, n_samples, n_sessions)
    key = Key(SALT, 1, MODELS, tuple(items.values()), kinds, public, Rules(), "p56:-26")
    for name in ("stimuli", "sessions", "sheets"):
        (folder / name).mkdir(parents=True)
    for number, item in enumerate(items.values()):
        (folder / "stimuli" / f"{item.stimulus_id}.wav").write_bytes(wav(sound(item.clip_id, item.model), number))
    new = sealed(key)
    write_key(parent / "test.key.json", new)
    (parent / "test.key.json").chmod(0o600)
    write_records(folder, new.test)
    return SmallTest(folder, parent / "test.key.json", new).with_digests()


def _items(design: DesignName, id_of: Callable[[str, str, Role], str]) -> Iterator[Item]:
    for clip in CLIPS:
        for model in MODELS:
            role: Role = "noisy" if model == "noisy" else "test"
            yield Item(id_of(clip, model, role), clip, model, role)
        if design == "mushra":
            yield Item(id_of(clip, "clean", "reference"), clip, "clean", "reference")
            yield Item(id_of(clip, "clean", "hidden_ref"), clip, "clean", "hidden_ref")


def _session(
    design: DesignName,
    number: int,
    rng: random.Random,
    id_of: Callable[[str, str, Role], str],
    session_order: Order,
    model_order: Order,
    x_is: Callable[[random.Random], int],
    items: dict[str, Item],
) -> PublicSession:
    trials: list[PublicTrial] = []
    session_id = opaque_id(SALT, "session", number)
    for clip in session_order(rng, list(CLIPS)):
        models = model_order(rng, list(MODELS))
        stimuli = [id_of(clip, model, "noisy" if model == "noisy" else "test") for model in models]
        if design == "p835":
            trials += [PublicTrial((one,)) for one in stimuli]
        elif design == "mushra":
            hidden = id_of(clip, "clean", "hidden_ref")
            rated = model_order(rng, [*stimuli, hidden]) if model_order is shuffled else [*stimuli, hidden]
            trials.append(PublicTrial(tuple(rated), reference=id_of(clip, "clean", "reference")))
        elif design == "abx":
            twin = items[stimuli[x_is(rng)]]
            x = Item(opaque_id(SALT, "x", number, clip), clip, twin.model, "x", same_as=twin.stimulus_id)
            items[x.stimulus_id] = x
            trials.append(PublicTrial((stimuli[0], stimuli[1], x.stimulus_id)))
        else:
            trials.append(PublicTrial((stimuli[0], stimuli[1])))
    return PublicSession(session_id, tuple(trials))


def write_records(folder: Path, test: PublicTest) -> None:
    """Write test.json, the pages and the sheets."""
    write_json(folder / "test.json", to_json(test))
    (folder / "index.html").write_text(page(test, "index"), encoding="utf-8")
    for session in test.sessions:
        (folder / "sessions" / f"{session.session_id}.html").write_text(
            page(test, session.session_id), encoding="utf-8"
        )
        row = {"test_id": test.test_id, "key_sha256": test.key_sha256, "session_id": session.session_id}
        write_csv(folder / "sheets" / f"{session.session_id}.csv", RATING_COLUMNS, [row])


def page(test: PublicTest, name: str, body: str = "", script: str = "") -> str:
    """Return a page without leaks that does nothing."""
    policy = "default-src 'none'; media-src blob: data:; connect-src 'none'; script-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{test.title}</title></head>'
        f'<body><p>{name} {test.key_sha256}</p>{body}<a download="ratings-{test.test_id}.csv" href="#">save</a>'
        f"<script>{script}</script></body></html>"
    )


def with_hiss(samples: Waveform) -> Waveform:
    """Return a signal with quiet noise above 9 kHz, as a fullband model leaves it."""
    noise = np.random.default_rng(7).standard_normal(len(samples))
    spectrum = np.fft.rfft(noise)
    spectrum[: round(9_000 * len(samples) / RATE)] = 0
    hiss = np.fft.irfft(spectrum, len(samples)) * np.hanning(len(samples))
    return (samples + 0.003 * hiss).astype(np.float32)
