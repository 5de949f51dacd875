"""`seinfer bench`: tables, JSON, CSV, exit codes. The figures themselves are tested with fakes elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from seinfer.reports.bench import BENCH, STREAMING
from tests.helpers import rows, seinfer, table, write_audio

FAST = ("--threads", "1", "--device", "cpu")


def test_bench_writes_a_row_per_batch_size_and_prints_a_table(tmp_path: Path) -> None:
    result = seinfer("bench", "noisy", *FAST, "--csv", tmp_path / "bench.csv")
    assert result.returncode == 0, result.stderr
    found = rows(tmp_path / "bench.csv")
    assert list(found[0]) == list(BENCH)
    assert [row["model"] for row in found] == ["noisy"] * 3
    assert all(float(row["clips_per_s"]) > 0 for row in found if row["status"] == "ok")
    assert "noisy" in result.stdout


def test_bench_json_with_estimate_and_run(compared: tuple[Path, object]) -> None:
    arguments = ("--run", compared[0], "--estimate", "1000x1s", "--machines", "2", "--json", *FAST)
    result = seinfer("bench", *arguments)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert [cost["model"] for cost in document["models"]] == ["rnnoise"]
    assert document["models"][0]["clip_s"] == 1.0
    assert [row["model"] for row in document["quality"]] == ["noisy", "rnnoise"]
    [one] = document["estimate"]["models"]
    assert one["total_h"] > 0
    assert one["machines_h"] == one["total_h"] / 2
    assert one["memory_mib"] > 0


def test_bench_streaming_has_times_of_each_hop(tmp_path: Path) -> None:
    result = seinfer("bench", "--streaming", "rnnoise", "--device", "cpu", "--csv", tmp_path / "hops.csv")
    assert result.returncode == 0, result.stderr
    [row] = rows(tmp_path / "hops.csv")
    assert list(row) == list(STREAMING)
    assert (row["hop_samples"], row["sample_rate"], row["threads"]) == ("480", "48000", "1")
    assert row["real_time"] in ("yes", "no", "not always", "unclear")
    assert float(row["p50_ms"]) <= float(row["p99_ms"]) <= float(row["worst_ms"])
    assert int(row["n_hops"]) == 950


def test_bench_streaming_of_a_model_without_streams_ends_with_5(tmp_path: Path) -> None:
    (tmp_path / "whole.py").write_text(WHOLE)
    (tmp_path / "mine.toml").write_text(table("whole", backend='"whole:load"'))
    command = ("bench", "--streaming", "whole", "--models-file", "mine.toml", "--device", "cpu")
    result = seinfer(*command, cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    assert result.returncode == 5, result.stderr
    assert "whole: not measured: no_stream: its backend has no streams (open_stream)" in result.stdout


def test_bench_clip_that_cannot_be_read_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no audio")
    result = seinfer("bench", "noisy", *FAST, "--clip", tmp_path / "x.wav")
    assert result.returncode == 1
    assert "x.wav" in result.stderr


def test_bench_clip_of_two_channels_is_averaged(tmp_path: Path) -> None:
    write_audio(tmp_path / "x.wav", [[0.1] * 8000, [0.3] * 8000])
    result = seinfer("bench", "noisy", *FAST, "--clip", tmp_path / "x.wav", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["models"][0]["clip_s"] == 0.5


def test_bench_options_that_exclude_each_other_end_with_2() -> None:
    for options in (("--streaming", "--threads", "1"), ("--machines", "2"), ("--estimate", "many")):
        result = seinfer("bench", "noisy", *options)
        assert result.returncode == 2, options


# A backend that needs the whole clip.
WHOLE = """
class Whole:
    sample_rate = 16000

    def enhance(self, batch):
        return [row.copy() for row in batch.rows()]

def load(spec, weights, *, device, threads):
    return Whole()
"""
