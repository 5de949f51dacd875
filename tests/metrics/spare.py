"""A metric whose packages are only half installed, and the packages that a test pretends to have."""

from __future__ import annotations

import subprocess
import sys

from seinfer.metrics import Metric


def anything(*, reference: object, estimate: object, sample_rate: int) -> float:
    return 1.0


LONELY = Metric(
    name="lonely",
    unit="",
    function=f"{__name__}:anything",
    method="of a test",
    source="none",
    needs_reference=False,
    extra="spare",
    distribution="lonely-metrics",
)


def modules_after(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
