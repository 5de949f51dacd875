"""`seinfer run`: any audio file in, a file of the same length, rate and channels out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers import RATE, rows, seinfer, snr_db, speech_like, table, write_audio


@pytest.mark.parametrize(
    ("sample_rate", "channels", "subtype"),
    [(8_000, 1, "PCM_16"), (22_050, 2, "PCM_24"), (44_100, 1, "FLOAT"), (48_000, 3, "PCM_16"), (96_000, 1, "PCM_32")],
)
def test_run_any_rate_and_channels_keeps_length_rate_and_subtype(
    tmp_path: Path, sample_rate: int, channels: int, subtype: str
) -> None:
    clip = np.stack([speech_like(0.5, sample_rate, seed=index) for index in range(channels)])
    write_audio(tmp_path / "in" / "x.wav", clip, sample_rate, subtype)
    result = seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    info = soundfile.info(tmp_path / "out" / "audio" / "rnnoise" / "x.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (
        sample_rate,
        channels,
        clip.shape[1],
        subtype,
    )


def test_run_mono_and_subtype_set_the_format_of_the_output(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.flac", np.stack([speech_like(0.5, RATE)] * 2))
    result = seinfer(
        "run", "--model", "noisy", "--mono", "--subtype", "PCM_24", "--out", tmp_path / "o", tmp_path / "x.flac"
    )
    assert result.returncode == 0, result.stderr
    info = soundfile.info(tmp_path / "o" / "audio" / "noisy" / "x.wav")
    assert (info.channels, info.subtype) == (1, "PCM_24")


def test_run_bad_files_are_failed_rows_and_the_others_are_enhanced(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "good one é.wav", speech_like(0.5, RATE))
    write_audio(tmp_path / "in" / "a" / "same.wav", speech_like(0.5, RATE))
    write_audio(tmp_path / "in" / "b" / "same.wav", speech_like(0.5, RATE, seed=1))
    (tmp_path / "in" / "text.wav").write_text("no audio")
    (tmp_path / "in" / "empty.wav").touch()
    nan = speech_like(0.5, RATE)
    nan[100] = np.nan
    write_audio(tmp_path / "in" / "nan.wav", nan, subtype="FLOAT")
    result = seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 5, result.stderr
    found = {row["clip_id"]: row for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert {name for name, row in found.items() if row["status"] == "ok"} == {"a/same", "b/same", "good one é"}
    reasons = {name: row["error"].split(":")[0] for name, row in found.items() if row["status"] != "ok"}
    assert reasons == {"text": "unreadable", "empty": "empty", "nan": "nonfinite"}
    assert (tmp_path / "out" / "audio" / "rnnoise" / "a" / "same.wav").is_file()
    assert result.stderr.count("failed: ") == 3


def test_run_model_without_weights_is_an_error_with_the_command_that_fixes_it(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", speech_like(0.2, RATE))
    result = seinfer(
        "run", "--model", "dpcrn-quant", tmp_path, environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")}
    )
    assert result.returncode == 1
    assert "seinfer models pull dpcrn-quant" in result.stderr


def test_run_model_of_a_models_file_is_used(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    (tmp_path / "mine.toml").write_text(table("mine"))
    result = seinfer("run", "--models-file", "mine.toml", "--model", "mine", "in", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "seinfer-out" / "audio" / "mine" / "x.wav").is_file()


def test_run_json_prints_the_models_and_failures(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    (tmp_path / "in" / "text.wav").write_text("no audio")
    result = seinfer("run", "--model", "noisy", "--json", "in", cwd=tmp_path)
    assert result.returncode == 5, result.stderr
    document = json.loads(result.stdout)
    assert [model["model"] for model in document["models"]] == ["noisy"]
    assert [failure["clip_id"] for failure in document["failures"]] == ["text"]


def test_run_limit_takes_the_first_clips_in_the_order_of_clip_id(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write_audio(tmp_path / "in" / f"{name}.wav", speech_like(0.3, RATE))
    result = seinfer("run", "--model", "noisy", "--limit", 2, "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    assert [row["clip_id"] for row in rows(tmp_path / "out" / "per_clip.csv")] == ["a", "b"]


@pytest.mark.parametrize("option", ["--model", "--models"])
def test_run_several_models_by_either_name_of_the_option(tmp_path: Path, option: str) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.3, RATE))
    result = seinfer("run", option, "rnnoise,noisy", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    assert {path.parent.name for path in (tmp_path / "out" / "audio").rglob("x.wav")} == {"rnnoise", "noisy"}


def test_run_all_models_runs_those_that_can_without_the_baseline(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.3, RATE))
    result = seinfer(
        *("run", "--models", "all", "--out", tmp_path / "out", tmp_path / "in"),
        environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")},
    )
    assert result.returncode == 0, result.stderr
    assert [row["model"] for row in rows(tmp_path / "out" / "per_clip.csv")] == [
        *("rnnoise", "spectral-gating", "wiener", "wpe")  # the others need weights
    ]
    assert re.search(r"not run \(\d+\): .*dpcrn-quant", result.stdout)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_run_streaming_writes_the_same_files_as_run(tmp_path: Path, rate: int) -> None:
    write_audio(tmp_path / "in" / "x.wav", np.stack([speech_like(1.0, rate), speech_like(1.0, rate, seed=1)]), rate)
    whole = seinfer("run", "--model", "rnnoise", "--out", tmp_path / "whole", tmp_path / "in")
    streamed = seinfer(
        "run", "--model", "rnnoise", "--streaming", "--block", 7, "--out", tmp_path / "s", tmp_path / "in"
    )
    assert (whole.returncode, streamed.returncode) == (0, 0), streamed.stderr
    files = [soundfile.read(tmp_path / out / "audio" / "rnnoise" / "x.wav")[0] for out in ("whole", "s")]
    assert snr_db(reference=files[0].ravel(), estimate=files[1].ravel()) > 60
    assert json.loads((tmp_path / "s" / "run.json").read_text())["settings"]["streaming_block_ms"] == 7
    assert "streaming_block_ms" not in json.loads((tmp_path / "whole" / "run.json").read_text())["settings"]
    same = ("clip_id", "model", "status", "error", "n_samples", "channels")
    found = [[{key: row.get(key) for key in same} for row in rows(tmp_path / out / "per_clip.csv")] for out in "s"]
    assert found[0] == [{key: row.get(key) for key in same} for row in rows(tmp_path / "whole" / "per_clip.csv")]


def test_run_streaming_does_not_keep_whole_clips_of_an_earlier_command(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.5, RATE))
    command = ("run", "--model", "noisy", "--out", tmp_path / "o", tmp_path / "in")
    seinfer(*command)
    assert "1 of them from before" not in seinfer(*command, "--streaming").stderr
    assert "1 of them from before" in seinfer(*command, "--streaming").stderr
    assert "1 of them from before" not in seinfer(*command, "--streaming", "--block", 20).stderr
    assert "1 of them from before" not in seinfer(*command).stderr


WITHOUT_STREAMS = """
from seinfer.backends.base import Batch, Waveform

class Whole:
    sample_rate = 16_000
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.copy() for row in batch.rows()]

def load(spec, weights, *, device, threads) -> Whole:
    return Whole()

def load_unknown(spec, weights, *, device, threads):
    return Whole()
"""


def test_run_streaming_of_a_model_without_streams_is_refused_with_those_that_have_them(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    (tmp_path / "wholeclips.py").write_text(WITHOUT_STREAMS)
    (tmp_path / "mine.toml").write_text(
        table("mine", backend='"wholeclips:load"') + table("unknown", backend='"wholeclips:load_unknown"')
    )
    command = ("run", "--streaming", "--models-file", tmp_path / "mine.toml", "--out", tmp_path / "o", tmp_path / "in")
    options = {"environment": {"PYTHONPATH": str(tmp_path)}}
    named = seinfer(*command, "--model", "mine", **options)
    assert named.returncode == 2
    assert "mine cannot run as a stream" in named.stderr and "models that can: noisy, rnnoise" in named.stderr
    assert seinfer(*command, "--model", "unknown", **options).returncode == 5
    [row] = rows(tmp_path / "o" / "per_clip.csv")
    assert "this model cannot run as a stream" in row["error"]


def test_run_block_without_streaming_is_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", speech_like(0.2, RATE))
    result = seinfer("run", "--model", "noisy", "--block", "10", "--out", tmp_path / "o", tmp_path / "x.wav")
    assert result.returncode == 2
    assert "--block 10 has no effect without --streaming" in result.stderr
