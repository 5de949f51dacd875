"""Metrics, one module a family: pure functions of keyword-only (reference, estimate, sample_rate).

`table` lists them without importing any; `evaluate` runs several on one pair of signals.
"""

from .metric import REASONS, REMARKS, Metric, MetricError, is_available, why_not
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
    "why_not",
]
