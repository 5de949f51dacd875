from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seinfer.analysis.cautions import Caution, cautions
from seinfer.analysis.results import Results, Row
from seinfer.metrics.table import MetricTable, load_table
from tests.reports import example_run


def kinds(results: Results) -> dict[str, Caution]:
    return {caution.kind: caution for caution in cautions(results)}


def changed(results: Results, model: str, **score: Any) -> Results:
    """Return results with some fields changed in every score of a model."""
    rows = {
        slot: replace(row, score=replace(row.score, **score)) if row.score and slot[1] == model else row
        for slot, row in results.rows.items()
    }
    return replace(results, rows=rows)


def test_cautions_of_the_example_run_name_models_and_number_of_clips() -> None:
    found = kinds(example_run.results())
    assert set(found) == {"in_domain", "different_n", "lag", "clipped"}
    assert (found["in_domain"].models, found["in_domain"].n_clips) == (("good",), example_run.N_PAIRED)
    assert "VCTK" in found["in_domain"].message and "set/p287_000" in found["in_domain"].message
    assert found["lag"].models == ("small",) and "up to +3 samples" in found["lag"].message
    assert found["clipped"].models == ("good",)


def test_caution_different_n_gives_the_counts_and_the_number_of_common_clips() -> None:
    messages = [caution.message for caution in cautions(example_run.results()) if caution.kind == "different_n"]
    assert any("(of 7 clips: good 6, small 6)" in message and "on the 5 clips" in message for message in messages)


def test_cautions_list_the_models_in_the_order_of_the_table() -> None:
    results = example_run.results()
    late = changed(changed(results, "small", lag_samples=3), "good", lag_samples=4)
    late = replace(late, models=("noisy", "small", "good"))  # the order in which they were given
    [found] = [caution for caution in cautions(late) if caution.kind == "lag"]
    assert found.models == ("good", "small")  # the better one first
    assert found.message.index("good in") < found.message.index("small in")
    [found] = [caution for caution in cautions(late, ["noisy", "small", "good"]) if caution.kind == "lag"]
    assert found.models == ("small", "good")


def test_caution_clipped_is_given_above_a_thousandth_of_the_samples() -> None:
    results = example_run.results()

    def clipped(n: int) -> Results:
        rows: dict[tuple[str, str], Row] = {}
        for slot, row in results.rows.items():
            done = row.enhancement and replace(row.enhancement, n_samples=10_000, clipped_samples=n)
            rows[slot] = replace(row, enhancement=done)
        return replace(results, rows=rows)

    assert "clipped" not in kinds(clipped(10))
    assert "up to 0.1%" in kinds(clipped(11))["clipped"].message


@pytest.mark.parametrize(("rate", "models"), [(16000, ()), (48000, ("good",))])
def test_caution_band_limited_is_given_if_scored_above_the_model_rate(rate: int, models: tuple[str, ...]) -> None:
    found = kinds(changed(example_run.results(), "good", sample_rate=rate))
    assert (found["band_limited"].models if "band_limited" in found else ()) == models


def test_caution_dnsmos_short_counts_the_clips_below_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = replace(load_table().metrics["sdr"], name="dnsmos_ovrl", needs_reference=False)
    table = MetricTable({**load_table().metrics, "dnsmos_ovrl": metric})
    monkeypatch.setattr("seinfer.analysis.results.load_table", lambda: table)
    found = kinds(replace(example_run.results(), computed=("sdr", "dnsmos_ovrl")))
    assert found["dnsmos_short"].n_clips == 1  # of 6 and 12 s


def test_caution_unknown_metric_names_the_metric_of_a_missing_package() -> None:
    results = changed(example_run.results(), "good", values={"plugged": 1.0})
    found = kinds(replace(results, computed=("sdr", "plugged")))
    assert found["unknown_metric"].message.startswith("plugged: ")


def test_cautions_on_several_models_are_one_line_with_all_models() -> None:
    results = changed(changed(example_run.results(), "good", lag_samples=1), "small", lag_samples=-40)
    for kind in ("lag", "clipped"):
        assert sum(caution.kind == kind for caution in cautions(results)) == 1
    lag = kinds(results)["lag"]
    assert lag.models == ("good", "small")
    assert "good in 9 clips, by up to +1 sample; small in 8 clips, by up to -40 samples; this" in lag.message
    assert lag.n_clips == 9  # a clip counts once


def test_caution_band_limited_of_models_of_the_same_rate_is_one_line() -> None:
    results = changed(changed(example_run.results(), "good", sample_rate=48000), "small", sample_rate=44100)
    [found] = [caution for caution in cautions(results) if caution.kind == "band_limited"]
    assert found.models == ("good", "small")
    assert found.message.startswith("good, small work at 16000 Hz, but")
    assert "scored at up to 48000 Hz" in found.message


def test_caution_different_n_of_metrics_with_the_same_counts_is_one_line() -> None:
    results = example_run.results(metrics=("sdr", "si_sdr"))
    rows = {
        slot: replace(row, score=replace(row.score, values={**row.score.values, "si_sdr": row.score.values["sdr"]}))
        if row.score and "sdr" in row.score.values
        else row
        for slot, row in results.rows.items()
    }
    [found] = [caution for caution in cautions(replace(results, rows=rows)) if caution.kind == "different_n"]
    assert "fewer sdr, si_sdr scores than others (of 7 clips: small 6)" in found.message


def test_caution_on_one_clip_is_singular() -> None:
    message = kinds(example_run.results())["lag"].message
    assert "small in 1 clip, by up to +3 samples" in message


def in_pieces(results: Results, clip_id: str, models: tuple[str, ...]) -> Results:
    """Return results in which PESQ of a clip is a mean over pieces for some models."""
    rows = {
        slot: replace(row, score=replace(row.score, reasons={"pesq_wb": "mean of 3 pieces"}))
        if row.score and slot[0] == clip_id and slot[1] in models
        else row
        for slot, row in results.rows.items()
    }
    return replace(results, rows=rows)


def test_caution_pesq_pieces_counts_the_clips_and_the_others() -> None:
    results = example_run.results()
    found = kinds(in_pieces(results, "set/p287_001", results.models))
    assert found["pesq_pieces"].n_clips == 1
    assert "such as set/p287_001" in found["pesq_pieces"].message
    n_whole = example_run.N_PAIRED - 2  # one more clip has no score at all
    assert "their value of pesq_wb is the mean over pieces, see ref_status" in found["pesq_pieces"].message
    assert f"; the other {n_whole} clip(s) are computed whole" in found["pesq_pieces"].message
    assert "pesq_mixed" not in found


def test_caution_pesq_mixed_names_the_models_in_pieces() -> None:
    found = kinds(in_pieces(example_run.results(), "set/p287_001", ("good",)))
    assert (found["pesq_mixed"].models, found["pesq_mixed"].n_clips) == (("good",), 1)


def test_caution_pesq_pieces_is_absent_where_no_clip_was_cut() -> None:
    assert not {"pesq_pieces", "pesq_mixed"} & set(kinds(example_run.results()))


def test_caution_precision_gives_the_error_of_each_model_that_is_not_in_float32() -> None:
    results = example_run.results()
    facts = {"small": {"precision": "bf16", "snr_to_float32_db": 41.26}}
    found = kinds(replace(results, header={**results.header, "precisions": facts}))["precision"]
    assert found.models == ("small",)
    assert "small in bf16: 41.3 dB SNR" in found.message
