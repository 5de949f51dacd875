"""The result of a run as rows and as pandas DataFrames."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas
import pytest

from seinfer.core.errors import MissingExtraError
from seinfer.pipeline.result import ResultTable, RunResult
from tests.reports.example_run import results


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    return RunResult(results(), tmp_path)


def test_to_pandas_has_one_row_per_clip_and_model_with_numbers(result: RunResult) -> None:
    frame = result.to_pandas()
    assert list(frame.columns) == list(result.per_clip.columns)
    assert len(frame) == len(result.per_clip) == len(results().by_clip)
    assert frame["sdr"].dtype == "float64"
    assert frame["ssnr"].dtype == "float64" and frame["ssnr"].isna().all()  # not computed in this run
    failed = frame[frame["status"] == "failed"]
    assert len(failed) == len(result.failures) > 0
    assert failed["sdr"].isna().all() and (failed["error"] != "").all()


def test_tables_to_pandas_have_the_mean_of_the_scores_of_the_common_clips(result: RunResult) -> None:
    board = result.leaderboard.to_pandas().set_index("model")
    summary = result.summary.to_pandas()
    overall = summary[(summary["metric"] == "sdr") & (summary["group_key"] == "all")].set_index("model")
    assert list(board.index[:1]) == ["noisy"] and set(board.index) == set(result.models)
    for model in result.models:
        assert board.loc[model, "sdr"] == pytest.approx(overall.loc[model, "mean"])
    assert set(result.pairwise.to_pandas()["metric"]) <= set(result.metrics)


def test_result_table_is_a_sequence_of_mappings() -> None:
    table = ResultTable(("a", "b"), [{"a": 1}, {"a": 2, "b": "x"}])
    rows: Sequence[Mapping[str, Any]] = table
    assert list(rows) == [{"a": 1, "b": None}, {"a": 2, "b": "x"}]
    assert (len(rows), rows[1]["b"], rows[1:]) == (2, "x", ({"a": 2, "b": "x"},))
    assert repr(table) == "ResultTable(2 rows, columns: a, b)"
    pandas.testing.assert_frame_equal(table.to_pandas(), pandas.DataFrame({"a": [1, 2], "b": [None, "x"]}))


def test_result_table_without_rows_has_its_columns_in_pandas() -> None:
    assert list(ResultTable(("a", "b"), []).to_pandas().columns) == ["a", "b"]


def test_to_pandas_without_pandas_names_the_install_command(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pandas(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(MissingExtraError, match=r"to_pandas needs the package pandas: .* -m pip install .*\[pandas\]"):
        result.to_pandas()


def test_repr_names_models_metrics_failures_and_folder(result: RunResult, tmp_path: Path) -> None:
    text = repr(result)
    assert text.startswith(f"RunResult({len(results().clips)} clips, models: noisy, ")
    assert f"{len(result.failures)} failed, path: {tmp_path})" in text
    assert all(metric in text for metric in result.metrics)


def test_warnings_are_those_of_the_table(result: RunResult) -> None:
    assert result.warnings and all(isinstance(text, str) for text in result.warnings)
