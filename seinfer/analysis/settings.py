"""What a user may choose about tables: what is kept with the run, and what only concerns the look of one printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FORMATS = ("table", "md", "csv", "json", "latex")


@dataclass(frozen=True)
class ReportSettings:
    """What the files of a run folder depend on beside its rows; stands in run.json under "report".

    Attributes:
        baseline: a model that the others are held against beside noisy; empty for none.
        by: categories that the summary is grouped by.
        dnsmos_csv: whether dnsmos.csv is written.
    """

    baseline: str = ""
    by: tuple[str, ...] = ()
    dnsmos_csv: bool = False

    def as_header(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {**asdict(self), "by": list(self.by)}

    @staticmethod
    def of(header: Mapping[str, Any]) -> ReportSettings:
        """Read the settings of a run; older runs have none."""
        kept = header.get("report", {})
        return ReportSettings(
            str(kept.get("baseline", "")), tuple(kept.get("by", ())), bool(kept.get("dnsmos_csv", False))
        )


@dataclass(frozen=True)
class Display:
    """How a comparison is printed.

    Attributes:
        format: one of FORMATS.
        sort: a metric, "name" or a cost; empty for the mean rank over the metrics.
        metrics: those that are shown; empty for all.
    """

    format: str = "table"
    sort: str = ""
    metrics: Sequence[str] = ()
