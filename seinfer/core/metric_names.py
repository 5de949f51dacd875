"""Names of the metrics, for the folders below `metrics`: models.toml names the metric of each published figure.

`metrics/table.py` describes the metrics; a test compares the two lists.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

GROUP = "seinfer.metrics"
"""Entry-point group by which other packages add metrics; the name of an entry is the name of its metric."""

METRIC_NAMES = (
    *("sdr", "si_sdr", "pesq_wb", "pesq_nb", "pesq_nb_raw", "stoi", "estoi", "csig", "cbak", "covl", "ssnr", "lsd"),
    *("speech_attenuation", "residual_noise"),
    *("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808", "pdnsmos_sig", "pdnsmos_bak", "pdnsmos_ovrl"),
    *("distillmos", "nisqa", "nisqa_noi", "nisqa_dis", "nisqa_col", "nisqa_loud", "scoreq", "wer", "wer_deletions"),
)
"""The metrics of seinfer itself by which models are compared, in the order of the columns."""


@cache
def metric_names() -> tuple[str, ...]:
    """Return the names of our metrics, then those of installed packages."""
    return (*METRIC_NAMES, *sorted(entry.name for entry in entry_points(group=GROUP)))
