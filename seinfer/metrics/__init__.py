"""Metrics, one module a family: pure functions of keyword-only (reference, estimate, sample_rate)."""
