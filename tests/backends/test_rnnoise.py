"""RNNoise: the output of its library, one state per clip, and libraries that cannot be used."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seinfer.backends import rnnoise
from seinfer.backends.base import Waveform, pad
from seinfer.core.errors import BackendError, MissingExtraError
from seinfer.models.registry import load_registry
from tests.backends.golden_clip import golden_clip
from tests.backends.rnnoise.record_golden import GOLDEN, call_library
from tests.backends.waveforms import alone
from tests.helpers import ROOT, gain_db, lag_samples, si_sdr_db, snr_db, speech_like

SPEC = load_registry().specs["rnnoise"]
RATE = rnnoise.SAMPLE_RATE


def load(threads: int = 1) -> rnnoise.RNNoise:
    return rnnoise.load(SPEC, {}, device="cpu", threads=threads)


@pytest.fixture(scope="module")
def speech() -> Waveform:
    return speech_like(3.0, RATE)


class CountingLibrary:
    """The library, with a count of its states."""

    def __init__(self) -> None:
        self._library = rnnoise._open_library(rnnoise._find_library())
        self.rnnoise_process_frame: Any = self._library.rnnoise_process_frame
        self.live: set[int] = set()
        self.n_created = 0

    def rnnoise_create(self, model: None) -> int:
        state = int(self._library.rnnoise_create(model))
        self.live.add(state)
        self.n_created += 1
        return state

    def rnnoise_destroy(self, state: int) -> None:
        self.live.remove(state)
        self._library.rnnoise_destroy(state)


def test_enhance_golden_clip_equals_the_stored_output_to_40_db() -> None:
    with np.load(GOLDEN) as file:
        expected = file["enhanced"].astype(np.float32)
    assert snr_db(reference=expected, estimate=alone(load(), golden_clip(RATE, len(expected)))) > 40


def test_enhance_equals_the_library_called_frame_by_frame_as_its_header_says(speech: Waveform) -> None:
    assert np.array_equal(alone(load(), speech), call_library(speech))


def test_enhance_real_clip_gets_the_measured_scores_at_lag_zero(shared: Path) -> None:
    import pesq
    import soundfile
    import soxr

    clip = "freesound_33711.wav"
    noisy, rate = soundfile.read(shared / "clips/freesound48k/noisy" / clip, dtype="float32")
    clean, _ = soundfile.read(shared / "clips/freesound48k/clean" / clip, dtype="float32")
    enhanced = alone(load(), noisy)
    assert rate == RATE
    assert si_sdr_db(reference=clean, estimate=noisy) < 7
    assert si_sdr_db(reference=clean, estimate=enhanced) > 14
    assert lag_samples(reference=clean, estimate=enhanced) == 0
    clean_16k, enhanced_16k = (soxr.resample(signal, rate, 16_000) for signal in (clean, enhanced))
    assert pesq.pesq(16_000, clean_16k, enhanced_16k, "wb") > 1.9


def test_enhance_speech_beyond_full_scale_is_not_clipped(speech: Waveform) -> None:
    loud = speech * np.float32(4 / np.abs(speech).max())
    enhanced = alone(load(), loud)
    assert np.abs(enhanced).max() > 3
    assert abs(gain_db(reference=loud, estimate=enhanced)) < 1


def test_enhance_speech_below_one_step_of_int16_is_not_rounded_to_zero(speech: Waveform) -> None:
    faint = speech * np.float32(0.4 / 32_768 / np.abs(speech).max())
    enhanced = alone(load(), faint)
    assert len(np.unique(enhanced)) > 1_000
    assert np.abs(enhanced).max() < 1 / 32_768


def test_enhance_with_two_threads_is_bit_equal_to_one(speech: Waveform) -> None:
    batch = pad([speech, speech[:1], speech[7_000:50_001], speech])
    for one, two in zip(load(1).enhance(batch), load(2).enhance(batch), strict=True):
        assert np.array_equal(one, two)


def test_enhance_creates_one_state_per_clip_and_frees_it(speech: Waveform) -> None:
    library = CountingLibrary()
    rnnoise.RNNoise(library, threads=2).enhance(pad([speech[:9_600], speech[:1], speech[:4_800]]))
    assert library.n_created == 3
    assert library.live == set()


def test_stream_deleted_before_its_end_frees_its_state(speech: Waveform) -> None:
    library = CountingLibrary()
    stream = rnnoise.RNNoise(library, threads=1).open_stream()
    stream.push(speech[:1_000])
    assert len(library.live) == 1
    del stream
    gc.collect()
    assert library.live == set()


def test_enhance_that_fails_frees_its_state(speech: Waveform) -> None:
    library = CountingLibrary()

    def fail(*_: int) -> None:
        raise OSError("stopped")

    library.rnnoise_process_frame = fail
    with pytest.raises(OSError, match="stopped"):
        alone(rnnoise.RNNoise(library, threads=1), speech)
    gc.collect()
    assert library.n_created == 1
    assert library.live == set()


def test_open_stream_without_a_state_is_backend_error() -> None:
    library = SimpleNamespace(rnnoise_process_frame=None, rnnoise_create=lambda model: None, rnnoise_destroy=None)
    with pytest.raises(BackendError, match="no state"):
        rnnoise.RNNoise(library, threads=1).open_stream()


def test_load_imports_neither_the_package_nor_pyav() -> None:
    code = (
        "import sys; from seinfer.backends import rnnoise; from seinfer.models.registry import load_registry; "
        "rnnoise.load(load_registry().specs['rnnoise'], {}, device='cpu', threads=1); "
        "print(sorted({'pyrnnoise', 'av', 'audiolab', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_load_without_the_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"not installed.*install pyrnnoise>=0\.4\.5"):
        load()


def test_load_from_a_package_without_its_library_names_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    )
    with pytest.raises(MissingExtraError, match=f"not found in {tmp_path}"):
        load()


def test_open_library_of_text_is_backend_error(tmp_path: Path) -> None:
    path = tmp_path / "librnnoise.so"
    path.write_text("no library")
    with pytest.raises(BackendError, match="cannot be used as RNNoise"):
        rnnoise._open_library(path)


def test_open_library_without_the_functions_is_backend_error() -> None:
    with pytest.raises(BackendError, match="rnnoise_create"):
        rnnoise._open_library(Path(np.random.mtrand.__file__))


def test_open_library_with_another_frame_size_is_backend_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("rnnoise_create", "rnnoise_destroy", "rnnoise_process_frame")
    other = SimpleNamespace(**{name: SimpleNamespace() for name in names}, rnnoise_get_frame_size=lambda: 160)
    monkeypatch.setattr(ctypes, "CDLL", lambda path: other)
    with pytest.raises(BackendError, match="160 samples, expected 480"):
        rnnoise._open_library(tmp_path / "librnnoise.so")
