"""A small listening test of each design, with stimuli of 0.3 s."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seinfer.reports.listening.page import write_pages
from seinfer.reports.listening.records import DesignName, PublicSession, PublicTest, PublicTrial
from tests.helpers import speech_like, write_audio

RATE = 48_000
N_SAMPLES = 14_400
KEY_SHA256 = "c" * 64
_N_STIMULI = {"p835": 1, "mushra": 3, "ccr": 2, "ab": 2, "abx": 3}


def stimulus(index: int) -> str:
    return f"{index:010x}"


def trials_of(design: DesignName, n_trials: int) -> tuple[PublicTrial, ...]:
    """Return trials of which the first is the training; no stimulus is in two of them."""
    n_stimuli = _N_STIMULI[design]
    trials = []
    for first in range(0, n_trials * (n_stimuli + 1), n_stimuli + 1):
        names = tuple(stimulus(first + i) for i in range(n_stimuli))
        reference = stimulus(first + n_stimuli) if design == "mushra" else ""
        trials.append(PublicTrial(names, reference, is_training=first == 0))
    return tuple(trials)


def example_test(design: DesignName, n_trials: int = 3) -> PublicTest:
    trials = trials_of(design, n_trials)
    sessions = (PublicSession("s0a1b2c3d4", trials), PublicSession("s9f8e7d6c5", trials, is_background_first=True))
    return PublicTest("t0123456789", KEY_SHA256, design, sessions, RATE, N_SAMPLES, n_raters=2)


def write_example(folder: Path, design: DesignName, n_trials: int = 3) -> Path:
    """Write the test into a folder and return the page of its first session."""
    test = example_test(design, n_trials)
    names = {name for trial in test.sessions[0].trials for name in (*trial.stimuli, trial.reference) if name}
    for index, name in enumerate(sorted(names)):
        signal = speech_like(N_SAMPLES / RATE, RATE, seed=index % 3)
        write_audio(folder / "stimuli" / f"{name}.wav", np.roll(signal, index), RATE)
    write_pages(test, folder)
    return folder / "sessions" / "s0a1b2c3d4.html"
