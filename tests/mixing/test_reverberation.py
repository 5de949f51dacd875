"""Speech in a room: alignment, and the content of the clean file."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.audio.levels import rms_db, speech_level
from seinfer.mixing.mixture import mix
from seinfer.mixing.reverberation import reverberate
from tests.helpers import lag_samples, snr_db

from .mixtures import RATE, TOLERANCE_DB, pink, room, speech

STEP_16 = 2.0**-15


@pytest.mark.parametrize("delay_samples", [0, 57, 2000])
def test_reverberate_keeps_the_direct_path_aligned(delay_samples: int) -> None:
    signal, response = speech(), room(RATE, delay_samples)
    reverberant = np.convolve(signal, response)[delay_samples : delay_samples + len(signal)]
    early_response = response.copy()
    early_response[delay_samples + 1 + RATE // 20 :] = 0
    targets = {
        "reverberant": reverberant,
        "early": np.convolve(signal, early_response)[delay_samples : delay_samples + len(signal)],
        "dry": -0.8 * signal,
    }
    for target, expected in targets.items():
        found = reverberate(signal, response, RATE, target)
        assert snr_db(reference=reverberant, estimate=found.in_noisy) > 200  # dB
        assert snr_db(reference=expected, estimate=found.in_clean) > 200  # dB
        assert lag_samples(reference=-signal, estimate=found.in_clean) == 0
    tail = targets["reverberant"] - targets["early"]
    assert rms_db(tail) < rms_db(targets["early"]) - 3  # the early target has no late reverberation


def test_reverberate_noisy_file_does_not_depend_on_the_target() -> None:
    made = [
        mix(reverberate(speech(), room(RATE), RATE, target), pink(2 * RATE), RATE, 5.0, -26.0, STEP_16)
        for target in ("reverberant", "early", "dry")
    ]
    assert made[0].gain_db == made[1].gain_db == made[2].gain_db == 0
    assert np.array_equal(made[0].noisy, made[1].noisy) and np.array_equal(made[0].noisy, made[2].noisy)
    noise = made[0].noisy[0].astype(np.float64) - made[0].clean[0]
    active_db = speech_level(made[0].clean[0], RATE).active_db  # of the reverberant speech
    assert active_db - rms_db(noise) == pytest.approx(5, abs=TOLERANCE_DB)
