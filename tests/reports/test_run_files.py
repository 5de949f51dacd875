"""Every file of a run folder, byte for byte. `python -m tests.reports.test_run_files` rewrites the golden files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from seinfer.reports.run_files import write_reports
from tests.helpers import rows
from tests.reports import example_run

GOLDEN = Path(__file__).parent / "golden"
SETTINGS = {"baseline": "small", "by": ["noise", "snr_db"], "dnsmos_csv": True}
FILES = (
    *("run.json", "clips.csv", "per_clip.csv", "summary.csv", "pairwise.csv", "failures.csv"),
    *("blind_report.csv", "dnsmos.csv", "costs.csv"),
)
COLUMNS = {
    "clips.csv": "clip_id noisy_path clean_path has_ref sample_rate channels duration_s snr_db source track noise "
    "device distance gender emotion language category_raw noisy_sha256",
    "per_clip.csv": "run_id clip_id model model_sha256 status error sample_rate_in model_sample_rate sample_rate_out "
    "duration_s lag_samples len_diff_samples gain_db clipped_samples score_sample_rate sdr si_sdr pesq_wb pesq_nb stoi "
    "estoi csig cbak covl ssnr ref_status dnsmos_sig dnsmos_bak dnsmos_ovrl dnsmos_p808 pdnsmos_sig pdnsmos_bak "
    "pdnsmos_ovrl dnsmos_n_hops dnsmos_n_used dnsmos_tiled wall_s rtf peak_rss_mib sdr_delta si_sdr_delta "
    "pesq_wb_delta pesq_nb_delta stoi_delta estoi_delta csig_delta cbak_delta covl_delta ssnr_delta dnsmos_sig_delta "
    "dnsmos_bak_delta dnsmos_ovrl_delta dnsmos_p808_delta pdnsmos_sig_delta pdnsmos_bak_delta pdnsmos_ovrl_delta "
    "batch_size",
    "summary.csv": "model metric group_key group_value n n_common n_failed mean median std ci95_lo ci95_hi ci_method "
    "delta_mean delta_ci95_lo delta_ci95_hi win_rate p_adjusted rank tie_band delta_ci_method",
    "pairwise.csv": "metric model_a model_b n mean_diff ci95_lo ci95_hi ci_method p_adjusted note",
    "costs.csv": "model status error rtf rtf_low rtf_high n_repeats machine batch_size batch_rtf batch_rtf_low "
    "batch_rtf_high batch_machine peak_rss_mib batch_peak_rss_mib clip_id clip_s device threads processor slowdown "
    "cpu_share load_average",
    "dnsmos.csv": "filename len_in_sec sr num_hops OVRL_raw SIG_raw BAK_raw OVRL SIG BAK P808_MOS",
}


def write_example(folder: Path, **options: Any) -> Path:
    folder.mkdir()
    write_reports(folder, example_run.results(report=SETTINGS, costs=example_run.MEASURED, **options))
    return folder


@pytest.mark.parametrize("name", FILES)
def test_file_of_the_example_run_equals_the_golden_file_byte_for_byte(tmp_path: Path, name: str) -> None:
    assert (write_example(tmp_path / "out") / name).read_bytes() == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize(("n_paired", "n_blind"), [(8, 0), (0, 2), (8, 2)])
def test_files_with_and_without_references_have_the_same_columns(tmp_path: Path, n_paired: int, n_blind: int) -> None:
    out = write_example(tmp_path / "out", n_paired=n_paired, n_blind=n_blind)
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    for name, columns in COLUMNS.items():
        header = (out / name).read_text(encoding="utf-8").split("\n")[0]
        further = ",room" if name == "clips.csv" and n_paired else ""  # a category of the example run
        assert header == columns.replace(" ", ",") + further, name


def test_files_contain_no_nan_inf_or_carriage_return(tmp_path: Path) -> None:
    for path in write_example(tmp_path / "out").glob("*.csv"):
        assert b"\r" not in path.read_bytes()
        for row in rows(path):
            numbers = [float(cell) for cell in row.values() if _is_number(cell)]
            assert all(math.isfinite(number) for number in numbers), path.name


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_run_json_contains_the_warnings_and_settings(tmp_path: Path) -> None:
    document = json.loads((write_example(tmp_path / "out") / "run.json").read_text(encoding="utf-8"))
    assert document["report"] == SETTINGS
    assert {warning["kind"] for warning in document["warnings"]} == {"in_domain", "different_n", "lag", "clipped"}


def test_write_reports_without_dnsmos_csv_removes_the_file_of_an_earlier_run(tmp_path: Path) -> None:
    out = write_example(tmp_path / "out")
    assert (out / "dnsmos.csv").exists()
    write_reports(out, example_run.results())
    assert not (out / "dnsmos.csv").exists()


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_reports(GOLDEN, example_run.results(report=SETTINGS, costs=example_run.MEASURED))
