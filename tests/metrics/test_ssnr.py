"""Segmental SNR: known noise, pauses, and what delay and gain cost."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.metrics.ssnr import ssnr

from .composite_parts import CLEAN, compute
from .signals import late


def test_ssnr_known_noise_is_its_snr() -> None:
    reference = np.random.default_rng(0).standard_normal(16_000)
    assert compute(ssnr, reference, 0.9 * reference) == pytest.approx(20, abs=1e-9)


def test_ssnr_pause_of_the_reference_counts_minus_10_db() -> None:
    reference = np.random.default_rng(0).standard_normal(16_000)
    reference[8000:] = 0
    estimate = reference + 1e-9
    frames_db = [35] * 63 + [-10] * 63
    assert compute(ssnr, reference, estimate) == pytest.approx(np.mean(frames_db), abs=1)


def test_ssnr_late_or_quiet_estimate_falls() -> None:
    assert compute(ssnr, CLEAN, late(CLEAN, 1)) < 30
    assert compute(ssnr, CLEAN, 0.5 * CLEAN) < 7
