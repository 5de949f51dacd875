"""The flow of a benchmark: excerpts of the clip, scoring costs, models that fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from seinfer.core.errors import AudioError, BackendError
from seinfer.models.registry import load_registry
from seinfer.pipeline import bench
from seinfer.pipeline.bench import BenchRequest, measure_models, measure_scoring, measure_streams, weights_bytes
from seinfer.reports.progress import ProgressBars
from tests.helpers import RATE, speech_like, write_audio

NOISY = load_registry().specs["noisy"]
BROKEN = replace(NOISY, name="broken", backend="seinfer.backends.noisy:missing")


@pytest.mark.parametrize(("wanted_s", "expected_s"), [(0.0, 1.0), (0.25, 0.25), (2.5, 2.5)])
def test_excerpt_is_cut_or_repeated(tmp_path: Path, wanted_s: float, expected_s: float) -> None:
    samples = speech_like(1.0, RATE)
    write_audio(tmp_path / "clip.wav", samples, subtype="FLOAT")
    assert bench._write_excerpt(tmp_path / "clip.wav", tmp_path / "part.wav", wanted_s) == expected_s
    found, rate = soundfile.read(tmp_path / "part.wav", dtype="float32")
    assert (len(found), rate) == (round(expected_s * RATE), RATE)
    assert (found == [samples[k % RATE] for k in range(len(found))]).all()


def test_excerpt_of_a_clip_without_samples_raises(tmp_path: Path) -> None:
    write_audio(tmp_path / "clip.wav", [])
    with pytest.raises(AudioError):
        bench._write_excerpt(tmp_path / "clip.wav", tmp_path / "part.wav", 1.0)


def test_measure_models_that_cannot_be_loaded_have_the_reason() -> None:
    request = BenchRequest((BROKEN,), threads=(1, 2), device="cpu")
    with ProgressBars(is_shown=False) as progress:
        found = list(measure_models(request, progress))
    assert [(cost.model, cost.threads) for cost in found] == [("broken", 1), ("broken", 2)]
    assert all("missing" in cost.error and not cost.measured for cost in found)


def test_measure_streams_go_on_after_a_model_that_cannot_be_loaded() -> None:
    request = BenchRequest((BROKEN, NOISY), threads=(1,), device="cpu")
    with ProgressBars(is_shown=False) as progress:
        broken, noisy = measure_streams(request, progress)
    assert "missing" in broken.error
    assert (noisy.error, noisy.hop_samples, noisy.threads) == ("", 1, 1)
    assert noisy.n_hops == round((bench.STREAM_CLIP_S - 0.5) * RATE)


def test_measure_scoring_gives_processor_time_and_memory() -> None:
    found = measure_scoring(["stoi", "pesq_wb"], 2.0)
    assert found.metrics == ("stoi", "pesq_wb")
    assert found.cpu_s > 0
    assert found.peak_rss_mib > 10


def test_measure_scoring_without_a_score_raises() -> None:
    with pytest.raises(BackendError, match="could not be scored"):
        measure_scoring(["pesq_wb"], 0.01)


def test_weights_bytes_of_absent_files_are_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path))
    spec = load_registry().specs["dpcrn-quant"]
    assert weights_bytes(spec) == 0
    path = bench.weights.path_of(spec, spec.files[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    assert weights_bytes(spec) == 5
