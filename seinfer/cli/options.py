"""The options about tables that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..reports.options import TableOptions

Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Format = Annotated[str, typer.Option("--format", help="table, md, csv, json or latex.")]
Sort = Annotated[
    str, typer.Option("--sort", help="A metric, name, rtf, parameters, size or memory; by default the mean rank.")
]
Baseline = Annotated[
    str | None, typer.Option("--baseline", metavar="NAME", help="Also hold every model against this one.")
]
By = Annotated[
    str | None,
    typer.Option("--by", help="Group summary.csv by columns of clips.csv, such as noise,device,snr,duration."),
]
DnsmosCsv = Annotated[
    bool | None,
    typer.Option("--dnsmos-csv/--no-dnsmos-csv", help="Also write dnsmos.csv, in the form of Microsoft's script."),
]


def tables(
    format_: str,
    json: bool,
    sort: str = "",
    baseline: str | None = None,
    by: str | None = None,
    dnsmos_csv: bool | None = None,
) -> TableOptions:
    """Put the options together."""
    from ..reports.options import TableOptions

    return TableOptions("json" if json else format_, sort, baseline, by, dnsmos_csv)
