"""Metrics: one module per metric family, each a pure function of keyword-only (reference, estimate, sample_rate).

`table` lists the metrics without importing their modules. `evaluate` computes several for one pair of signals.
Dependencies within this folder: errors <- signals <- pair <- metric families; metric <- table; and compute <- evaluate,
which use both.

A package adds a metric with `from seinfer.metrics import Metric, MetricError` and the entry-point group
"seinfer.metrics" (see `table`).
"""

from .errors import REASONS, REMARKS, MetricError
from .metric import Metric, is_available, why_unavailable
from .table import METRICS, MetricTable, load_table

__all__ = [
    "METRICS",
    "REASONS",
    "REMARKS",
    "Metric",
    "MetricError",
    "MetricTable",
    "is_available",
    "load_table",
    "why_unavailable",
]
