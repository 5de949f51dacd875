"""All files of a run folder that are computed from its rows: run.json, the CSV files, and report.html if asked for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..analysis.cautions import cautions
from ..analysis.leaderboard import leaderboard
from ..analysis.results import Results
from ..core.files import write_json
from .blind_report_csv import write_blind_report
from .costs_csv import write_costs
from .csv import write_clips, write_per_clip
from .dnsmos_csv import write_dnsmos
from .failures_csv import write_failures
from .html.report import REPORT_HTML, write_html_report
from .pairwise_csv import write_pairwise
from .summary_csv import write_summary


def write_reports(folder: Path, results: Results) -> None:
    """Write the files; the same rows and settings give the same bytes.

    Raises:
        RunFolderError: a file cannot be written.
        MissingExtraError: the settings ask for report.html, and a package of the extra report is not installed.
    """
    warnings = [asdict(caution) for caution in cautions(results)]
    write_json(folder / "run.json", {**results.header, "warnings": warnings})
    write_clips(results, folder / "clips.csv")
    write_per_clip(results, folder / "per_clip.csv")
    write_costs(results, folder / "costs.csv")
    write_failures(results, folder / "failures.csv")
    write_summary(results, leaderboard(results), folder / "summary.csv")
    write_pairwise(results, folder / "pairwise.csv")
    write_blind_report(results, folder / "blind_report.csv")
    if results.settings.dnsmos_csv:
        write_dnsmos(results, folder / "dnsmos.csv")
    else:
        (folder / "dnsmos.csv").unlink(missing_ok=True)  # one from an earlier run would contain other rows
    if results.settings.html:
        write_html_report(folder, results)
    else:
        (folder / REPORT_HTML).unlink(missing_ok=True)
