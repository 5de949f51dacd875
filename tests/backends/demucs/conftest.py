"""Fixtures of the tests of Demucs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def _inference() -> Iterator[None]:
    """Compute without gradients, with one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(threads)
