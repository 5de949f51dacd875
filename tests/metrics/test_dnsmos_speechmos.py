"""DNSMOS against the package speechmos itself: the same networks, with its own windows and the features of librosa.

`test_dnsmos` compares with recorded scores of Microsoft's script; here the code of the package runs next to ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from seinfer.metrics import METRICS
from seinfer.metrics.evaluate import evaluate

from .oracleclips import dnsmos_clip
from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

ORACLE = 1e-5  # MOS
# Ours -> the package's name.
P835 = {"dnsmos_sig": "sig_mos", "dnsmos_bak": "bak_mos", "dnsmos_ovrl": "ovrl_mos", "dnsmos_p808": "p808_mos"}
P835_PERSONALISED = {"pdnsmos_sig": "sig_mos", "pdnsmos_bak": "bak_mos", "pdnsmos_ovrl": "ovrl_mos"}
RAW = {"dnsmos_sig_raw": "sig_mos", "dnsmos_bak_raw": "bak_mos", "dnsmos_ovrl_raw": "ovrl_mos"}
MODELS = pytest.mark.parametrize(
    ("columns", "model_type"), [(P835, "dnsmos"), (P835_PERSONALISED, "dnsmos_personalized")]
)
pytestmark = [
    # librosa finds the lowest mel bands of P.808 empty; the script has the same bands.
    pytest.mark.filterwarnings("ignore:Empty filters detected:UserWarning"),
    # One process compiles librosa's functions.
    pytest.mark.xdist_group("speechmos"),
]


@pytest.fixture(scope="module")
def speechmos() -> Iterator[ModuleType]:
    """Import the package's own code, and release its networks after the tests of this module."""
    from speechmos import dnsmos

    yield dnsmos
    dnsmos.dnsmos = None


def ours(clip: Floats, names: Any) -> dict[str, float]:
    metrics = [METRICS[name] for name in names]
    found = evaluate(reference=None, estimate=clip, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert found.reasons == {}
    return found.values


def require_equal(speechmos: ModuleType, clip: Floats, columns: dict[str, str], model_type: str) -> None:
    expected = speechmos.run(clip, SAMPLE_RATE, model_type)
    for name, value in ours(clip, columns).items():
        assert value == pytest.approx(expected[columns[name]], abs=ORACLE), name


# Below 9.01 s a clip is repeated: 2.5 s have 1 window, 4 s have 7, of 9 that the package begins. 12 s have 3.
@MODELS
@pytest.mark.parametrize("duration_s", [2.5, 4.0, 9.01, 12.0])
def test_dnsmos_synthetic_clip_equals_speechmos(
    speechmos: ModuleType, columns: dict[str, str], model_type: str, duration_s: float
) -> None:
    require_equal(speechmos, dnsmos_clip(duration_s), columns, model_type)


@MODELS
@pytest.mark.parametrize("clip", [0, 1, 3])
def test_dnsmos_real_clip_equals_speechmos(
    speechmos: ModuleType, vctk: list[tuple[Floats, Floats]], columns: dict[str, str], model_type: str, clip: int
) -> None:
    clean, noisy = vctk[clip]
    require_equal(speechmos, clean if clip % 2 else noisy, columns, model_type)


@MODELS
@pytest.mark.parametrize("duration_s", [9.7, 12.3])
def test_dnsmos_long_real_clip_equals_speechmos(
    speechmos: ModuleType,
    vctk: list[tuple[Floats, Floats]],
    columns: dict[str, str],
    model_type: str,
    duration_s: float,
) -> None:
    together = np.concatenate([noisy for _, noisy in vctk])
    require_equal(speechmos, together[: round(duration_s * SAMPLE_RATE)], columns, model_type)


@pytest.mark.parametrize("snr_db", [30, 0])
def test_dnsmos_noise_equals_speechmos(speechmos: ModuleType, snr_db: float) -> None:
    clip = 0.3 * with_noise(noise_syllables(3), snr_db)
    require_equal(speechmos, clip, P835, "dnsmos")


@pytest.mark.parametrize("duration_s", [5.0, 20.0])
def test_dnsmos_raw_columns_and_windows_equal_speechmos(
    speechmos: ModuleType, monkeypatch: pytest.MonkeyPatch, duration_s: float
) -> None:
    windows: list[Any] = []

    def unmapped(self: Any, *raw_and_kind: Any) -> tuple[Any, ...]:
        windows.append(raw_and_kind)
        return raw_and_kind[:3]

    monkeypatch.setattr(speechmos.DNSMOS, "get_polyfit_val", unmapped)
    clip = dnsmos_clip(duration_s)
    require_equal(speechmos, clip, RAW, "dnsmos")
    assert ours(clip, ["dnsmos_n_used"])["dnsmos_n_used"] == len(windows)
