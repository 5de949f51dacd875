"""The recogniser pocketsphinx: the same words in any order, and only with the known model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.metrics import MetricError, asr_pocketsphinx
from seinfer.metrics.asr_pocketsphinx import MODEL_SHA256, digest_of, model_folder, transcribe
from seinfer.metrics.words import words_of

from .signals import SAMPLE_RATE, Floats


def words(signal: Floats) -> tuple[str, ...]:
    return words_of(transcribe(signal.astype(np.float32), SAMPLE_RATE))


def test_transcribe_real_speech_has_words_of_the_sentence(vctk: list[tuple[Floats, Floats]]) -> None:
    sentence = set(words_of("When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow."))
    assert len(sentence & set(words(vctk[5][0]))) >= 6


def test_transcribe_same_clip_gives_the_same_words_after_other_clips(vctk: list[tuple[Floats, Floats]]) -> None:
    first = words(vctk[0][0])
    words(vctk[1][1])
    words(vctk[5][0])
    assert words(vctk[0][0]) == first


@pytest.mark.parametrize("n_samples", [0, 1, 10, 400])
def test_transcribe_clip_of_few_samples_has_no_words(n_samples: int) -> None:
    assert transcribe(np.zeros(n_samples, np.float32), SAMPLE_RATE) == ""


def test_transcribe_model_is_the_known_one() -> None:
    assert digest_of(model_folder()) == MODEL_SHA256


def test_transcribe_changed_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mdef").write_bytes(b"other")
    monkeypatch.setattr(asr_pocketsphinx, "model_folder", lambda: tmp_path)
    asr_pocketsphinx._decoder.cache_clear()
    with pytest.raises(MetricError, match=r"has sha256 .*, expected 08889afe") as error:
        transcribe(np.zeros(16_000, np.float32), SAMPLE_RATE)
    assert error.value.reason == "model_file"


def test_transcribe_missing_package_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asr_pocketsphinx, "find_spec", lambda name: None)
    with pytest.raises(MetricError, match="there is no package pocketsphinx") as error:
        model_folder()
    assert error.value.reason == "not_installed"
