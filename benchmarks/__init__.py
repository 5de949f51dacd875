"""Measurements behind the claims about speed and memory; see README.md in this folder.

Each benchmark compares things that run in turn on the same machine, and prints ratios: `python -m benchmarks.NAME` in
the root of the repository.
"""
