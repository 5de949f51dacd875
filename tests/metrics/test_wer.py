"""Word error rate with a recogniser of the test, which hears a word in each loud part of a clip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from seinfer.metrics import METRICS, asr, wer
from seinfer.metrics.evaluate import Evaluation, evaluate
from seinfer.metrics.pair import Reference

from .signals import Floats

RATE = 16_000
WORDS = ("one", "two", "three", "four")
heard: list[tuple[int, int]] = []


def transcribe(samples: npt.NDArray[np.float32], sample_rate: int) -> str:
    """Return the word of each half second that contains sound."""
    assert samples.dtype == np.float32
    heard.append((samples.size, sample_rate))
    parts = np.split(samples[: 4 * 8000], 4)
    return " ".join(word for word, part in zip(WORDS, parts, strict=True) if np.abs(part[100:-100]).max() > 0.01)


def not_a_text(samples: npt.NDArray[np.float32], sample_rate: int) -> int:
    return 3


@pytest.fixture(autouse=True)
def _recogniser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(asr.VARIABLE, f"{__name__}:transcribe")
    wer._recogniser.cache_clear()
    heard.clear()
    yield
    wer._recogniser.cache_clear()


def clip(*parts: int) -> Floats:
    """Return two seconds of noise with sound in the given half seconds only."""
    signal = 0.1 * np.random.default_rng(0).standard_normal((4, 8000))
    return np.concatenate([part if i in parts else 1e-4 * part for i, part in enumerate(signal)])


def scores(estimate: Floats, clean: Floats | None = None, transcript: str = "", rate: int = RATE) -> Evaluation:
    return evaluate(
        reference=None if clean is None else Reference(clean, rate),
        estimate=estimate,
        sample_rate=rate,
        metrics=[METRICS["wer"], METRICS["wer_deletions"]],
        resample=soxr.resample,
        transcript=transcript,
    )


def test_wer_deleted_word_counts_in_both() -> None:
    found = scores(clip(0, 2, 3), transcript="One, two: three FOUR!")
    assert found == Evaluation({"wer": 0.25, "wer_deletions": 0.25}, {})


def test_wer_other_and_additional_words_are_no_deletions() -> None:
    found = scores(clip(0, 1, 2, 3), transcript="won two")
    assert found.values == {"wer": 1.5, "wer_deletions": 0}


def test_wer_without_transcript_compares_with_the_clean_file_and_says_so() -> None:
    found = scores(clip(0), clean=clip(0, 1))
    assert found == Evaluation({"wer": 0.5, "wer_deletions": 0.5}, dict.fromkeys(wer.NAMES, "asr_reference"))


def test_wer_transcript_comes_before_the_clean_file() -> None:
    found = scores(clip(0), clean=clip(0, 1), transcript="one")
    assert found == Evaluation({"wer": 0, "wer_deletions": 0}, {})
    assert len(heard) == 1


def test_wer_each_file_is_recognised_once_for_both_measures_and_all_estimates() -> None:
    clean = Reference(clip(0, 1), RATE)
    for estimate in (clip(0), clip(1)):
        evaluate(reference=clean, estimate=estimate, sample_rate=RATE, metrics=[METRICS[name] for name in wer.NAMES])
    assert len(heard) == 3


def test_wer_recogniser_gets_16_khz() -> None:
    found = scores(soxr.resample(clip(0), RATE, 48_000), soxr.resample(clip(0, 1), RATE, 48_000), rate=48_000)
    assert found.values["wer"] == 0.5
    assert set(heard) == {(2 * RATE, RATE)}


@pytest.mark.parametrize("clean", [None, clip(), np.zeros(32_000)])
def test_wer_without_words_to_compare_with_is_a_reason(clean: Floats | None) -> None:
    found = scores(clip(0), clean)
    assert found.values == {}
    assert set(found.reasons.values()) == {"silent_ref" if clean is not None and not clean.any() else "no_transcript"}


def test_wer_of_a_silent_estimate_is_a_reason() -> None:
    assert scores(np.zeros(32_000), transcript="one").reasons == dict.fromkeys(wer.NAMES, "silent_est")


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (f"{__name__}:not_a_text", "returned a int, expected a text"),
        ("no_such_module:transcribe", "No module named 'no_such_module'"),
        ("transcribe", "is not of the form 'module:name'"),
    ],
)
def test_wer_bad_recogniser_is_a_reason(monkeypatch: pytest.MonkeyPatch, target: str, problem: str) -> None:
    monkeypatch.setenv(asr.VARIABLE, target)
    assert problem in scores(clip(0), transcript="one").reasons["wer"]
