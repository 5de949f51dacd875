"""Every file of a run folder that is made from rows."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..analysis.cautions import cautions
from ..analysis.leaderboard import leaderboard
from ..analysis.results import Results
from ..core.files import write_json
from .blind_report_csv import write_blind_report, write_official
from .csv import write_clips, write_per_clip
from .failures_csv import write_failures
from .summary_csv import write_pairwise, write_summary


def write_reports(folder: Path, results: Results) -> None:
    """Write the files; the same rows and settings give the same bytes.

    Raises:
        RunFolderError: one cannot be written.
    """
    warnings = [asdict(caution) for caution in cautions(results)]
    write_json(folder / "run.json", {**results.header, "warnings": warnings})
    write_clips(results, folder / "clips.csv")
    write_per_clip(results, folder / "per_clip.csv")
    write_failures(results, folder / "failures.csv")
    write_summary(results, leaderboard(results), folder / "summary.csv")
    write_pairwise(results, folder / "pairwise.csv")
    write_blind_report(results, folder / "blind_report.csv")
    if results.settings.dnsmos_csv:
        write_official(results, folder / "dnsmos.csv")
    else:
        (folder / "dnsmos.csv").unlink(missing_ok=True)  # an older one would tell of other rows
