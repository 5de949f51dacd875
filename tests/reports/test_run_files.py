"""Every file of a run folder, byte for byte. `python -m tests.reports.test_run_files` writes the golden ones anew."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from seinfer.reports.run_files import write_reports
from tests.reports import example_run

GOLDEN = Path(__file__).parent / "golden"
SETTINGS = {"baseline": "small", "by": ["noise", "snr_db"], "dnsmos_csv": True}
FILES = (
    *("run.json", "clips.csv", "per_clip.csv", "summary.csv", "pairwise.csv", "failures.csv"),
    *("blind_report.csv", "dnsmos.csv"),
)
COLUMNS = {
    "clips.csv": "clip_id noisy_path clean_path has_ref sample_rate channels duration_s snr_db source track noise "
    "device distance gender emotion language category_raw noisy_sha256",
    "per_clip.csv": "run_id clip_id model model_sha256 status error sample_rate_in model_sample_rate sample_rate_out "
    "duration_s lag_samples len_diff_samples gain_db clipped_samples score_sample_rate sdr si_sdr pesq_wb pesq_nb stoi "
    "estoi csig cbak covl ssnr ref_status dnsmos_sig dnsmos_bak dnsmos_ovrl dnsmos_p808 pdnsmos_sig pdnsmos_bak "
    "pdnsmos_ovrl dnsmos_n_hops dnsmos_n_used dnsmos_tiled wall_s rtf peak_rss_mib sdr_delta si_sdr_delta "
    "pesq_wb_delta pesq_nb_delta stoi_delta estoi_delta csig_delta cbak_delta covl_delta ssnr_delta dnsmos_sig_delta "
    "dnsmos_bak_delta dnsmos_ovrl_delta dnsmos_p808_delta pdnsmos_sig_delta pdnsmos_bak_delta pdnsmos_ovrl_delta",
    "summary.csv": "model metric group_key group_value n n_common n_failed mean median std ci95_lo ci95_hi ci_method "
    "delta_mean delta_ci95_lo delta_ci95_hi win_rate p_holm rank tie_band",
    "pairwise.csv": "metric model_a model_b n mean_diff ci95_lo ci95_hi wilcoxon_p p_holm note",
    "dnsmos.csv": "filename len_in_sec sr num_hops OVRL_raw SIG_raw BAK_raw OVRL SIG BAK P808_MOS",
}


def write(folder: Path, **options: object) -> Path:
    folder.mkdir()
    write_reports(folder, example_run.results(report=SETTINGS, **options))
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


@pytest.mark.parametrize("name", FILES)
def test_file_of_a_made_run_is_the_golden_one_byte_for_byte(tmp_path: Path, name: str) -> None:
    assert (write(tmp_path / "out") / name).read_bytes() == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize(("n_paired", "n_blind"), [(8, 0), (0, 2), (8, 2)])
def test_files_have_one_schema_with_and_without_references_and_mixed(
    tmp_path: Path, n_paired: int, n_blind: int
) -> None:
    out = write(tmp_path / "out", n_paired=n_paired, n_blind=n_blind)
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    for name, columns in COLUMNS.items():
        header = (out / name).read_text(encoding="utf-8").split("\n")[0]
        further = ",room" if name == "clips.csv" and n_paired else ""  # the made set's own category
        assert header == columns.replace(" ", ",") + further, name


def test_files_hold_no_nan_inf_or_carriage_return(tmp_path: Path) -> None:
    for path in write(tmp_path / "out").glob("*.csv"):
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


def test_per_clip_says_why_each_figure_is_absent(tmp_path: Path) -> None:
    out = write(tmp_path / "out", metrics=(*example_run.METRICS, "dnsmos_ovrl"))
    found = {(row["clip_id"], row["model"]): row for row in rows(out / "per_clip.csv")}
    assert list(found) == sorted(found)
    assert found["set/p287_005", "good"]["ref_status"] == "pesq_wb: pesq_crash"
    assert found["set/p287_006", "small"]["status"] == "failed"
    assert found["set/p287_007", "noisy"]["error"] == "truncated: the file ends early, in the middle"
    assert found["wild/0", "good"]["ref_status"] == "no_reference"
    assert found["wild/0", "noisy"]["ref_status"] == "no_reference; dnsmos_ovrl: too_short"
    assert found["wild/0", "good"]["dnsmos_sig_delta"] == ""  # noisy has none
    assert found["wild/1", "good"]["dnsmos_sig_delta"] == "1.000000"
    assert found["wild/1", "good"]["dnsmos_tiled"] == "true"


def test_summary_groups_have_all_rows_and_macro_is_the_mean_over_groups(tmp_path: Path) -> None:
    found = [row for row in rows(write(tmp_path / "out") / "summary.csv") if row["metric"] == "sdr"]
    own = {row["group_value"]: row for row in found if row["model"] == "good" and row["group_key"] == "noise"}
    assert list(own) == ["fan", "street", "(none)", "(micro)", "(macro)"]
    # Common clips 0..5: fan 0, 3; street 1, 4; none 2, 5.
    assert (own["fan"]["n_common"], own["street"]["n_common"], own["(none)"]["n_common"]) == ("2", "2", "2")
    assert float(own["(macro)"]["mean"]) == pytest.approx(
        (float(own["fan"]["mean"]) + float(own["street"]["mean"])) / 2, abs=1e-6
    )
    assert own["(micro)"]["n_common"] == "4"
    snr = [row["group_value"] for row in found if row["model"] == "good" and row["group_key"] == "snr_db"]
    assert snr == ["0..5", "5..10", "10..15", "15..20", "(micro)", "(macro)"]


def test_pairwise_puts_the_baseline_behind_the_others_and_noisy_last(tmp_path: Path) -> None:
    pairs = [(row["model_a"], row["model_b"]) for row in rows(write(tmp_path / "out") / "pairwise.csv")]
    assert set(pairs) == {("good", "small"), ("good", "noisy"), ("small", "noisy")}


def test_run_json_holds_the_warnings_and_settings(tmp_path: Path) -> None:
    document = json.loads((write(tmp_path / "out") / "run.json").read_text(encoding="utf-8"))
    assert document["report"] == SETTINGS
    assert {warning["kind"] for warning in document["warnings"]} == {"in_domain", "different_n", "lag", "clipped"}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_reports(GOLDEN, example_run.results(report=SETTINGS))
