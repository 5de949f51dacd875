"""Scores of real clips that were computed once with other programs."""

from __future__ import annotations

import pytest

from seinfer.metrics import METRICS
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference

from .signals import SAMPLE_RATE, Floats, late

# Noisy against clean, p287_001 to p287_006: mir_eval, torchmetrics, pesq, pystoi, DeepFilterNet's sepm, URGENT;
# the raw score of P.862 is pesq_mos of the ITU's C code in pesq, before it is mapped.
NOISY = {
    "sdr": (12.855, 9.012, 4.255, -0.684, 14.572, 9.520),
    "si_sdr": (12.752, 8.982, 4.236, -0.808, 14.546, 9.498),
    "pesq_wb": (1.7623, 1.3397, 1.1676, 1.1227, 1.5964, 1.4879),
    "pesq_nb": (2.471, 1.999, 1.578, 1.374, 2.301, 2.122),
    "pesq_nb_raw": (2.75677, 2.38330, 1.93025, 1.60000, 2.63115, 2.48898),
    "stoi": (0.84580, 0.86240, 0.77250, 0.67509, 0.93540, 0.91002),
    "estoi": (0.61801, 0.67725, 0.51320, 0.35705, 0.77966, 0.72061),
    "csig": (2.82247, 2.67852, 2.30069, 1.90400, 3.13857, 2.99446),
    "cbak": (2.26221, 2.08371, 1.71921, 1.44190, 2.58116, 2.32800),
    "covl": (2.22768, 1.93640, 1.63804, 1.40359, 2.33623, 2.20856),
    "ssnr": (1.95867, 2.60792, -0.83946, -4.26587, 6.73555, 3.59206),
    "lsd": (3.49333, 2.85840, 3.61179, 3.82738, 2.75820, 3.16995),
}
TOLERANCE = {"sdr": 0.002, "si_sdr": 0.002, "pesq_wb": 0.002, "pesq_nb": 0.002, "stoi": 0.0002, "estoi": 0.0002}
TOLERANCE |= {"csig": 0.0005, "cbak": 0.0001, "covl": 0.0005, "ssnr": 0.0001, "lsd": 0.0001, "pesq_nb_raw": 0.0001}

# delay in samples -> scores of the clean signal plus a quarter of the noise, p287_005
SHIFTED = {
    0: {"si_sdr": 26.6, "sdr": 26.6, "pesq_wb": 2.737, "stoi": 0.978},
    1: {"si_sdr": 11.1, "sdr": 26.6, "pesq_wb": 2.737, "stoi": 0.978},
    160: {"si_sdr": -14.9, "sdr": 26.6, "pesq_wb": 2.737, "stoi": 0.824},
    320: {"si_sdr": -17.8, "sdr": 26.6, "pesq_wb": 2.737, "stoi": 0.638},
    480: {"si_sdr": -27.2, "sdr": 26.6, "pesq_wb": 2.717, "stoi": 0.502},
    512: {"si_sdr": -27.8, "sdr": 14.5, "pesq_wb": 2.717, "stoi": 0.480},
    -1: {"si_sdr": 11.1, "sdr": 14.5, "pesq_wb": 2.737, "stoi": 0.978},
}
SHIFTED_TOLERANCE = {
    "si_sdr": 0.06,
    "sdr": 0.06,
    "pesq_wb": 0.002,
    "stoi": 0.001,
}  # half of the last digit, and the cut end of the clip
OURS = ("speech_attenuation", "residual_noise")  # no other program computes them; see test_removed_speech
COMPARING = [metric for metric in METRICS.values() if metric.needs_reference and metric.name not in OURS]


@pytest.mark.parametrize("clip", range(6))
def test_evaluate_noisy_clip_equals_recorded_scores(vctk: list[tuple[Floats, Floats]], clip: int) -> None:
    clean, noisy = vctk[clip]
    found = evaluate(
        reference=Reference(clean, SAMPLE_RATE), estimate=noisy, sample_rate=SAMPLE_RATE, metrics=COMPARING
    )
    assert found.reasons == {}
    assert list(found.values) == list(NOISY)
    for name, scores in NOISY.items():
        assert found.values[name] == pytest.approx(scores[clip], abs=TOLERANCE[name]), name


@pytest.mark.parametrize("shift", SHIFTED)
def test_evaluate_late_clip_equals_recorded_scores(vctk: list[tuple[Floats, Floats]], shift: int) -> None:
    clean, noisy = vctk[4]
    estimate = late(0.75 * clean + 0.25 * noisy, shift)
    metrics = [METRICS[name] for name in SHIFTED[shift]]
    found = evaluate(
        reference=Reference(clean, SAMPLE_RATE), estimate=estimate, sample_rate=SAMPLE_RATE, metrics=metrics
    )
    for name, score in SHIFTED[shift].items():
        assert found.values[name] == pytest.approx(score, abs=SHIFTED_TOLERANCE[name]), name
