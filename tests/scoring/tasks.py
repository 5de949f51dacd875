"""Scoring tasks made of short files, and the pool run until every task is done."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile

from seinfer.core.process import Child, Message
from seinfer.core.records import Score, ScoringTask
from seinfer.scoring.pool import ScoringPool
from tests.helpers import speech_like

RATE = 16_000
METRICS = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")


def write(path: Path, samples: np.ndarray, sample_rate: int = RATE) -> str:
    """Write a waveform of shape (time,) or (channels, time) as a float file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples.T if samples.ndim > 1 else samples, sample_rate, "FLOAT")
    return str(path)


def noisy(clean: np.ndarray, snr_db: float = 10.0, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(clean.shape)
    return clean + noise * np.linalg.norm(clean) / np.linalg.norm(noise) * 10 ** (-snr_db / 20)


def task_of(folder: Path, name: str = "x", **estimates: np.ndarray) -> ScoringTask:
    """Return the task of a clip of 2 s and estimates of it, one per model."""
    clean = speech_like(2.0, RATE)
    reference = write(folder / "clean" / f"{name}.wav", clean)
    files = {model: write(folder / model / f"{name}.wav", samples) for model, samples in estimates.items()}
    return ScoringTask(name, reference, "", files, METRICS, RATE)


def run_tasks(tasks: Iterable[ScoringTask], processes: int = 2) -> Iterator[Score]:
    """Run tasks in a pool of their own and yield their scores until all are done."""
    messages: queue.SimpleQueue[tuple[Child, Message | None]] = queue.SimpleQueue()
    with closing(ScoringPool(processes, lambda child, message: messages.put((child, message)))) as pool:
        for task in tasks:
            pool.submit(task)
        while not pool.is_idle:
            yield from pool.handle(*messages.get())


def scores(*tasks: ScoringTask) -> dict[tuple[str, str], Score]:
    """Return the score of every clip and model, after checking that there is one for each estimate."""
    found = list(run_tasks(tasks))
    assert len(found) == sum(len(task.estimates) for task in tasks), "one score per estimate"
    return {(score.clip_id, score.model): score for score in found}
