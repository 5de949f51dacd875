"""The references that a scoring process keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seinfer.audio.reading import Audio
from seinfer.core.errors import AudioError
from seinfer.scoring.references import ReferenceCache
from seinfer.scoring.worker import score_task

from .tasks import RATE, noisy, speech_like, task_of

N_SAMPLES = 1000


class Reader:
    """Counts how often it decodes."""

    def __init__(self, n_channels: int = 1) -> None:
        self.n_calls = 0
        self._samples = np.full((n_channels, N_SAMPLES), 0.5, np.float32)

    def __call__(self) -> Audio:
        self.n_calls += 1
        return Audio(self._samples, RATE, "FLOAT")


def file(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text(name)
    return str(path)


def test_cache_same_file_is_decoded_once_for_each_rate(tmp_path: Path) -> None:
    cache, read, path = ReferenceCache(), Reader(), file(tmp_path, "a")
    first = cache.get(path, RATE, read)
    assert cache.get(path, RATE, read) is first
    assert cache.get(path, 8_000, read) is not first
    assert read.n_calls == 2


def test_cache_changed_file_is_decoded_again(tmp_path: Path) -> None:
    cache, read, path = ReferenceCache(), Reader(), file(tmp_path, "a")
    cache.get(path, RATE, read)
    Path(path).write_text("longer than before")
    cache.get(path, RATE, read)
    assert read.n_calls == 2


@pytest.mark.parametrize(("n_channels", "n_kept"), [(1, 4), (2, 2), (5, 0)])
def test_cache_keeps_no_more_samples_than_its_limit(tmp_path: Path, n_channels: int, n_kept: int) -> None:
    cache = ReferenceCache(max_samples=4 * N_SAMPLES)
    paths = [file(tmp_path, str(index)) for index in range(9)]
    for path in paths:
        cache.get(path, RATE, Reader(n_channels))
    assert len(cache) == n_kept


def test_cache_smaller_than_the_set_still_helps_the_next_model(tmp_path: Path) -> None:
    cache, paths = ReferenceCache(max_samples=10 * N_SAMPLES), [file(tmp_path, str(i)) for i in range(20)]
    read = Reader()
    for _ in range(10):
        for path in paths:
            cache.get(path, RATE, read)
    assert read.n_calls < 0.75 * 10 * len(paths)


def test_cache_file_that_cannot_be_read_raises_and_is_not_kept(tmp_path: Path) -> None:
    def fail() -> Audio:
        raise AudioError("truncated", "it ends early")

    cache, path = ReferenceCache(), file(tmp_path, "a")
    with pytest.raises(AudioError, match="it ends early"):
        cache.get(path, RATE, fail)
    assert cache.get(path, RATE, Reader()).n_samples == N_SAMPLES


def test_score_task_with_a_kept_reference_gives_the_same_score(tmp_path: Path) -> None:
    clean = speech_like(2.0, RATE)
    task = task_of(tmp_path, a=noisy(clean), b=noisy(clean, seed=1))
    together = {score.model: score for score in score_task(task, lambda *_: None)}
    cache = ReferenceCache()
    alone = [replace(task, estimates={model: task.estimates[model]}) for model in ("b", "a")]
    assert {score.model: score for one in alone for score in score_task(one, lambda *_: None, cache)} == together
    assert len(cache) == 1
