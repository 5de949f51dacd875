from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from seinfer.analysis.leaderboard import leaderboard
from seinfer.analysis.results import Results, Row
from seinfer.core.records import BASELINE
from seinfer.reports.csv import CLIPS, PER_CLIP, as_csv, per_clip_row, write_clips, write_per_clip
from tests.helpers import rows
from tests.reports import example_run


def per_clip(folder: Path, results: Results) -> dict[tuple[str, str], dict[str, str]]:
    """Write per_clip.csv and return (clip_id, model) -> row."""
    write_per_clip(results, folder / "per_clip.csv")
    return {(row["clip_id"], row["model"]): row for row in rows(folder / "per_clip.csv")}


def test_clips_has_one_row_per_clip_and_further_categories_at_the_end(tmp_path: Path) -> None:
    write_clips(example_run.results(), tmp_path / "clips.csv")
    found = {row["clip_id"]: row for row in rows(tmp_path / "clips.csv")}
    assert len(found) == example_run.N_PAIRED + example_run.N_BLIND
    assert list(found["wild/0"]) == [*CLIPS, "room"]
    paired, blind = found["set/p287_001"], found["wild/0"]
    assert (paired["has_ref"], paired["noise"], paired["room"], paired["snr_db"]) == (
        "true",
        "street",
        "kitchen",
        "2.5",
    )
    assert (blind["has_ref"], blind["emotion"], blind["room"]) == ("false", "calm, then not", "")


def test_per_clip_gives_the_reason_of_each_missing_score(tmp_path: Path) -> None:
    found = per_clip(tmp_path, example_run.results(metrics=(*example_run.METRICS, "dnsmos_ovrl")))
    assert list(found) == sorted(found)
    assert found["set/p287_005", "good"]["ref_status"] == "pesq_wb: pesq_crash"
    assert found["set/p287_006", "small"]["status"] == "failed"
    assert found["set/p287_007", "noisy"]["error"] == "truncated: the file ends early, in the middle"
    assert found["wild/0", "good"]["ref_status"] == "no_reference"
    assert found["wild/0", "noisy"]["ref_status"] == "no_reference; dnsmos_ovrl: too_short"
    assert found["wild/0", "good"]["dnsmos_sig_delta"] == ""  # the noisy clip has no score
    assert found["wild/1", "good"]["dnsmos_sig_delta"] == "1.000000"
    assert found["wild/1", "good"]["dnsmos_tiled"] == "true"


def test_per_clip_delta_is_the_difference_to_the_noisy_row(tmp_path: Path) -> None:
    found = per_clip(tmp_path, example_run.results())
    good, noisy = found["set/p287_003", "good"], found["set/p287_003", BASELINE]
    assert float(good["sdr_delta"]) == float(good["sdr"]) - float(noisy["sdr"]) == 6.1875
    assert noisy["sdr_delta"] == "0.000000"
    assert (good["rtf"], good["clipped_samples"], good["model_sha256"]) == ("0.800000", "120", "good-digest")


def test_per_clip_of_files_from_another_program_has_no_cells_about_processing(tmp_path: Path) -> None:
    results = example_run.results()
    models = {**results.header["models"], "good": {**results.header["models"]["good"], "folder": "/theirs"}}
    found = per_clip(tmp_path, replace(results, header={**results.header, "models": models}))
    row = found["set/p287_003", "good"]
    names = ("model_sample_rate", "clipped_samples", "wall_s", "rtf", "peak_rss_mib", "batch_size")
    assert [row[name] for name in names] == [""] * len(names)
    assert (row["sample_rate_in"], row["sample_rate_out"], row["status"]) == ("16000", "16000", "ok")


def test_per_clip_row_of_a_failed_clip_has_no_scores() -> None:
    results = example_run.results()
    cells = per_clip_row(results, results.rows["set/p287_006", "small"])
    assert list(cells) == list(PER_CLIP)
    assert (cells["status"], cells["ref_status"]) == ("failed", "")
    assert str(cells["error"]).startswith("worker_crash: ")
    assert all(cells[name] is None for name in ("sdr", "sdr_delta", "lag_samples", "wall_s", "sample_rate_out"))


def test_per_clip_metric_without_a_fixed_column_follows_the_fixed_columns(tmp_path: Path) -> None:
    results = replace(example_run.results(), computed=("sdr", "plugged"))
    scored: dict[tuple[str, str], Row] = {}
    for key, row in results.rows.items():
        values = {"plugged": 3.0 if key[1] == "good" else 1.0}
        scored[key] = replace(row, score=replace(row.score, values=values)) if row.score else row
    found = per_clip(tmp_path, replace(results, rows=scored))["set/p287_000", "good"]
    assert list(found)[-2:] == ["plugged", "plugged_delta"]
    assert (found["plugged"], found["plugged_delta"]) == ("3.000000", "2.000000")


def test_as_csv_has_one_column_per_number_and_a_row_for_a_model_not_run() -> None:
    text = as_csv(leaderboard(example_run.results()), example_run.METRICS, {"absent": "weights missing"})
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["model"] for row in found] == ["noisy", "good", "small", "absent"]
    good, absent = found[1], found[3]
    assert (good["sdr"], good["sdr_tie_band"], good["weights_bytes"]) == ("12.406250", "a", "6000000")
    assert (absent["status"], absent["sdr"]) == ("not run: weights missing", "")


def test_as_csv_without_any_model_that_ran_has_model_and_status_only() -> None:
    assert as_csv([], ["sdr"], {"absent": "weights missing"}) == "model,status\nabsent,not run: weights missing\n"
