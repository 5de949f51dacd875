"""Real clips for the metric tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from seinfer.models import extras

from .signals import SAMPLE_RATE, Floats


@pytest.fixture(scope="session")
def vctk(shared: Path) -> list[tuple[Floats, Floats]]:
    """Clean and noisy signal of p287_001 to p287_006 at 16 kHz."""
    return [(_read(shared, "clean", i), _read(shared, "noisy", i)) for i in range(1, 7)]


def _read(shared: Path, kind: str, index: int) -> Floats:
    signal, sample_rate = soundfile.read(shared / "clips" / "vctk16k" / kind / f"p287_{index:03}.wav")
    assert sample_rate == SAMPLE_RATE
    return signal


@pytest.fixture
def spare_packages(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Replace package metadata: every extra needs the packages first and second; installed are those in the result."""
    installed = {"first": "1.0"}
    monkeypatch.setattr(extras, "extra_packages", lambda owner, extra: ("first", "second"))
    monkeypatch.setattr(extras, "version_of", lambda name: installed.get(name, ""))
    return installed
