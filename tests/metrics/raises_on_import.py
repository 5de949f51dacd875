"""A plug-in whose import fails with an error of its own."""

raise RuntimeError("no driver")
