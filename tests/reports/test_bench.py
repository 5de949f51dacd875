"""The rows, tables and documents of a benchmark, from figures of the test."""

from __future__ import annotations

import json

import pytest

from seinfer.analysis.estimate import Estimate
from seinfer.analysis.quality_cost import QualityCost
from seinfer.enhancement.bench import BatchCost, BenchCost
from seinfer.enhancement.stream_cost import StreamCost
from seinfer.reports.bench import (
    BENCH,
    NOT_COUNTED,
    STREAMING,
    BenchReport,
    bench_document,
    bench_rows,
    print_bench,
    print_streams,
    stream_document,
    stream_rows,
)


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


ALONE = BatchCost(1, "", 0.1, 0.09, 0.12, 5, 2.0, 0.1, 80.0)
ABSENT = BatchCost(16, "the model accepts no batch of this size")
COST = BenchCost("rnnoise", 1, "", "cpu", "P", 5.0, 0.3, 2_888_225, 0, None, (ALONE, ABSENT))
FAILED = BenchCost("lost", 1, "crashed: by the test")
STREAM = StreamCost(
    "rnnoise", "", 20.0, 30.0, 48_000, 480, 10.0, 950, 0.5, 1.0, 4.0, 0.9, 0, 0, 0.05, 60.0, device="cpu", threads=1
)
WHOLE = StreamCost("whole", "no_stream: needs the whole clip before its first output")


def test_bench_rows_are_one_per_batch_size_and_one_for_a_failed_model() -> None:
    rows = list(bench_rows([COST, FAILED]))
    assert [(row["model"], row["batch_size"], row["status"]) for row in rows] == [
        ("rnnoise", 1, "ok"),
        ("rnnoise", 16, "not measured"),
        ("lost", None, "failed"),
    ]
    assert all(list(row) == list(BENCH) for row in rows)
    assert (rows[0]["rtf"], rows[0]["clips_per_s"], rows[0]["machine"]) == (0.1, 2.0, "quiet")
    assert (rows[1]["rtf"], rows[1]["error"]) == (None, "the model accepts no batch of this size")
    assert (rows[2]["load_s"], rows[2]["error"]) == (None, "crashed: by the test")
    assert rows[0]["macs_per_s"] == NOT_COUNTED


def test_stream_rows_of_a_model_without_streams_are_empty_but_for_the_reason() -> None:
    good, bad = stream_rows([STREAM, WHOLE])
    assert list(good) == list(bad) == list(STREAMING)
    assert (good["real_time"], good["margin"], good["machine"]) == ("yes", 10.0, "quiet")
    assert (bad["status"], bad["real_time"], bad["p99_ms"]) == ("failed", None, None)
    assert bad["error"] == WHOLE.error


def test_print_bench_shows_the_figures_and_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    print_bench(BenchReport((COST, FAILED)))
    text = capsys.readouterr().out
    assert "rnnoise" in text
    assert "±20 %" in text
    assert NOT_COUNTED in text
    assert "batch 16, 1 thread: not measured: the model accepts no batch of this size: rnnoise" in text
    assert "lost, 1 thread: not measured: crashed: by the test" in text
    assert "busy" not in text


def test_print_bench_busy_machine_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    busy = BatchCost(1, "", 0.1, 0.09, 0.12, 5, 2.0, 0.1, 80.0, is_busy=True)
    print_bench(BenchReport((BenchCost("rnnoise", 1, device="cpu", clip_s=5.0, batches=(busy,)),)))
    text = capsys.readouterr().out
    assert "0.100*" in text
    assert "the machine was busy" in text


def test_print_bench_with_a_run_and_a_job_has_their_tables(capsys: pytest.CaptureFixture[str]) -> None:
    quality = (QualityCost("noisy", {"stoi": 0.9}, None, ("stoi",)), QualityCost("rnnoise", {"stoi": None}, COST, ()))
    estimates = (
        Estimate("rnnoise", "", 1, 2, 100.0, 50.0, 150.0, 37.5, 200.0, 550.0, 149.0),
        Estimate("lost", "crashed"),
    )
    print_bench(BenchReport((COST,), ("stoi",), quality, estimates, 4, ("An assumption.",)))
    text = capsys.readouterr().out
    assert "Pareto line" in text
    assert "0.900" in text
    assert "37.5" in text
    assert "An assumption." in text
    assert "lost: no estimate: crashed" in text


def test_print_streams_shows_the_verdict_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    print_streams([STREAM, WHOLE])
    text = capsys.readouterr().out
    assert "yes" in text
    assert "0 of 950" in text
    assert "whole: not measured: no_stream: needs the whole clip before its first output" in text


def test_documents_are_valid_json_with_the_machine() -> None:
    report = BenchReport((COST,), estimates=(Estimate("rnnoise"),), assumptions=("An assumption.",))
    document = json.loads(json.dumps(bench_document(report), allow_nan=False))
    assert document["machine"]["cores"]
    assert document["models"][0]["batches"][0]["clips_per_s"] == 2.0
    assert document["estimate"]["assumptions"] == ["An assumption."]
    assert "quality" not in document
    [absent] = [batch for batch in document["models"][0]["batches"] if batch["reason"]]
    assert (absent["batch_size"], absent["rtf"], absent["clips_per_s"]) == (16, None, None)
    [stream] = json.loads(json.dumps(stream_document([STREAM]), allow_nan=False))["models"]
    assert (stream["real_time"], stream["margin"]) == ("yes", 10.0)


def test_documents_of_failed_models_have_a_reason_and_no_figures() -> None:
    report = BenchReport((FAILED,), estimates=(Estimate("lost", "crashed"),), assumptions=())
    document = bench_document(report)
    [model], [estimate], [stream] = (
        document["models"],
        document["estimate"]["models"],
        stream_document([WHOLE])["models"],
    )
    assert (model["error"], model["threads"], model["load_s"], model["batches"]) == (FAILED.error, 1, None, [])
    assert (estimate["error"], estimate["total_h"]) == ("crashed", None)
    assert (stream["model"], stream["error"], stream["p99_ms"], stream["margin"]) == ("whole", WHOLE.error, None, None)
