"""Synthetic speech, noise and rooms to mix, and helpers to make and read a test set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from seinfer.core.progress import State
from seinfer.mixing.request import MixRequest
from seinfer.mixing.testset import MixResult, make_test_set
from tests.helpers import rows, speech_like, write_audio

Floats = npt.NDArray[np.float64]

RATE = 8_000
TOLERANCE_DB = 0.05
"""Tolerance of the SNR and the level of a mixture."""


def pink(n_samples: int, seed: int = 0, level_db: float = -30.0) -> Floats:
    """Return noise that falls by 3 dB an octave, without mean."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n_samples))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    signal = np.fft.irfft(spectrum, n_samples)
    return signal * 10 ** (level_db / 20) / np.sqrt(np.mean(signal**2))


def speech(duration_s: float = 2.0, sample_rate: int = RATE, seed: int = 0) -> Floats:
    return speech_like(duration_s, sample_rate, seed).astype(np.float64)


def room(sample_rate: int, delay_samples: int = 57, seed: int = 0) -> Floats:
    """Return a direct path, early reflections and a tail of 0.3 s that starts after 60 ms."""
    response = np.zeros(delay_samples + sample_rate // 2)
    response[delay_samples] = -0.8
    response[delay_samples + round(0.011 * sample_rate)] = 0.4
    tail = np.arange(round(0.06 * sample_rate), sample_rate // 2)
    decay = np.exp(-6.9 * tail / (0.3 * sample_rate))
    response[delay_samples + tail] = 0.1 * decay * np.random.default_rng(seed).standard_normal(len(tail))
    return response


def write(path: Path, samples: npt.ArrayLike, sample_rate: int = RATE, subtype: str = "PCM_16") -> None:
    write_audio(path, samples, sample_rate, subtype)


def write_sources(folder: Path) -> MixRequest:
    """Write ten clips of speech in two folders and four noises, one of them shorter than the speech."""
    for index in range(10):
        name = f"deep er/clip{index}.wav" if index % 2 else f"clip{index}.wav"
        write(folder / "speech" / name, speech(0.9 + 0.05 * index, seed=index))
    for index, duration_s in enumerate((0.6, 2.0, 3.0, 4.0)):
        write(folder / "noise" / f"noise{index}.flac", pink(round(duration_s * RATE), seed=index))
    return MixRequest(folder / "speech", folder / "noise", folder / "out")


class CountingProgress:
    """Progress that counts the remaining steps."""

    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None:
        self.n_left = total

    def change(self, stage: str, state: State) -> None: ...

    def advance(self, stage: str) -> None:
        self.n_left -= 1


def make(request: MixRequest) -> MixResult:
    progress = CountingProgress()
    result = make_test_set(request, {"settings": {}}, progress)
    assert progress.n_left == 0
    return result


def manifest(out: Path) -> dict[str, dict[str, str]]:
    return {row["clip_id"]: row for row in rows(out / "manifest.csv")}


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def pair(out: Path, row: dict[str, str]) -> tuple[Floats, Floats]:
    return soundfile.read(out / row["noisy"])[0], soundfile.read(out / row["clean"])[0]
