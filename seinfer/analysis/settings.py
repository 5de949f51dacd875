"""What a user may choose about the tables of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMATS = ("table", "md", "csv", "json", "latex")
EMBED_LIMIT_MB = 30.0


@dataclass(frozen=True)
class TableSettings:
    """Settings of the tables. Those of `as_header` are kept with the run, in run.json under "report".

    Attributes:
        format: one of FORMATS.
        sort: a metric, "name" or a cost; empty for the mean rank over the metrics.
        metrics: names of the metrics that are printed; empty for all.
        baseline: a model that every other model is compared with, in addition to noisy; empty for none.
        by: categories by which summary.csv is grouped.
        dnsmos_csv: whether dnsmos.csv is written.
        html: whether report.html is written.
        embed_limit_mb: largest size of the audio inside report.html, in MB; if it takes more, the page links files.
        all_rows: whether models that are not installed have a row.
        is_verbose: whether the lines below the table give the method in full.
    """

    format: str = "table"
    sort: str = ""
    metrics: tuple[str, ...] = ()
    baseline: str = ""
    by: tuple[str, ...] = ()
    dnsmos_csv: bool = False
    html: bool = False
    embed_limit_mb: float = EMBED_LIMIT_MB
    all_rows: bool = False
    is_verbose: bool = False

    def as_header(self) -> dict[str, Any]:
        """Return the settings that run.json keeps, as JSON values."""
        return {
            "baseline": self.baseline,
            "by": list(self.by),
            "dnsmos_csv": self.dnsmos_csv,
            "html": self.html,
            "embed_limit_mb": self.embed_limit_mb,
        }

    @staticmethod
    def of(header: Mapping[str, Any]) -> TableSettings:
        """Return the settings that the header of a run keeps; the rest has its default."""
        kept = header.get("report", {})
        return TableSettings(
            baseline=str(kept.get("baseline", "")),
            by=tuple(kept.get("by", ())),
            dnsmos_csv=bool(kept.get("dnsmos_csv", False)),
            html=bool(kept.get("html", False)),
            embed_limit_mb=float(kept.get("embed_limit_mb", EMBED_LIMIT_MB)),
        )
