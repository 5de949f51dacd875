"""Stands for a plug-in whose import fails as foreign code may."""

raise RuntimeError("no driver")
