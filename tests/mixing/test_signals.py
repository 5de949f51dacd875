"""Mixing: the draws, and the arithmetic of a pair, each against an independent statement of it."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.audio.levels import rms_db, speech_level
from seinfer.core.errors import AudioError
from seinfer.mixing.draws import Draws
from seinfer.mixing.signals import Voice, mix, reverberated, stretch
from tests.audio.test_levels import level_by_definition
from tests.helpers import lag_samples, peak_dbfs, snr_db

from .mixtures import RATE, TOLERANCE_DB, Floats, pink, room, speech

STEP_16 = 2.0**-15
SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0)


def as_voice(signal: Floats) -> Voice:
    return Voice(signal, signal)


# --- draws


def test_draws_are_these_for_ever() -> None:
    # A test set that is made again after an update must be the same one.
    assert Draws(7).fraction("noise", "a.wav take 0") == 0.3846071844825616
    assert Draws(0).ranked("x", ["a", "b", "c", "d"]) == ["b", "d", "a", "c"]
    given_db = {"a": 5.0, "b": -5.0, "c": 0.0, "d": 5.0, "e": -5.0, "f": 0.0}
    assert Draws(0).balanced("abcdef", (-5.0, 0.0, 5.0)) == given_db


def test_draws_fractions_are_uniform_and_depend_on_seed_and_name() -> None:
    drawn = [Draws(seed).fraction("noise", f"clip{i}") for seed in range(4) for i in range(500)]
    assert all(0 <= fraction < 1 for fraction in drawn)
    # Five standard deviations of the count in a tenth of 2000 uniform numbers.
    assert all(abs(count - 200) < 5 * math.sqrt(180) for count in np.histogram(drawn, 10, (0, 1))[0])
    assert len(set(drawn)) == len(drawn)


@given(n_drawers=st.integers(0, 60), n_candidates=st.integers(1, 7), seed=st.integers())
def test_draws_balanced_counts_differ_by_one_at_most(n_drawers: int, n_candidates: int, seed: int) -> None:
    drawers = [f"clip{i}" for i in range(n_drawers)]
    given_to = Draws(seed).balanced(drawers, range(n_candidates))
    assert set(given_to) == set(drawers)
    count = Counter(given_to.values())
    assert max(count[c] for c in range(n_candidates)) - min(count[c] for c in range(n_candidates)) <= 1


@pytest.mark.parametrize("n_drawers", [20, 100, 300])
def test_draws_balanced_an_added_drawer_moves_few_others(n_drawers: int) -> None:
    drawers = [f"clip{i}" for i in range(n_drawers)]
    moved = []
    for seed in range(15):
        before, after = (Draws(seed).balanced(names, SNRS_DB) for names in (drawers, [*drawers, "new"]))
        moved.append(sum(before[name] != after[name] for name in drawers))
    assert np.mean(moved) < 3
    assert max(moved) <= 6


@settings(max_examples=30)
@given(names=st.sets(st.text(max_size=5), min_size=2, max_size=6), seed=st.integers())
def test_draws_ranked_order_of_the_rest_survives_a_candidate_that_goes(names: set[str], seed: int) -> None:
    everything = Draws(seed).ranked("clip", names)
    for gone in names:
        assert Draws(seed).ranked("clip", names - {gone}) == [name for name in everything if name != gone]


# --- one pair


@pytest.mark.parametrize("wanted_db", SNRS_DB)
@pytest.mark.parametrize("sample_rate", [8_000, 48_000])
def test_mix_has_the_snr_and_level_of_the_request_after_rounding_to_16_bits(sample_rate: int, wanted_db: float) -> None:
    voice = as_voice(speech(1.5, sample_rate))
    made = mix(voice, pink(len(voice.heard)), sample_rate, wanted_db, -26.0, STEP_16)
    noise = made.noisy[0].astype(np.float64) - made.clean[0]
    measure = level_by_definition if sample_rate == RATE else lambda *a: (speech_level(*a).active_db, 0)
    active_db = measure(made.clean[0].astype(np.float64), sample_rate)[0]
    noise_db = 20 * math.log10(np.sqrt(np.mean(noise**2)))
    assert active_db == pytest.approx(-26, abs=TOLERANCE_DB)
    assert active_db - noise_db == pytest.approx(wanted_db, abs=TOLERANCE_DB)
    assert made.gain_db == 0


def test_mix_difference_of_the_files_is_the_noise_to_half_a_step() -> None:
    voice, noise = as_voice(speech()), pink(2 * RATE)
    made = mix(voice, noise, RATE, 7.0, -26.0, STEP_16)
    difference = made.noisy[0].astype(np.float64) - made.clean[0]
    expected = noise * 10 ** ((-26 - 7 - rms_db(noise)) / 20)
    assert np.max(np.abs(difference - expected)) <= 0.5 * STEP_16 * (1 + 1e-9)
    for samples in (made.noisy, made.clean):
        assert np.array_equal(samples * 2.0**15, np.rint(samples * 2.0**15))  # what a 16-bit file holds exactly


def test_mix_keeps_the_level_of_the_speech_where_it_is_asked_to() -> None:
    signal = np.rint(speech() * 2.0**15) / 2.0**15
    made = mix(as_voice(signal), pink(len(signal)), RATE, 5.0, speech_level(signal, RATE).active_db, STEP_16)
    assert np.array_equal(made.clean[0], signal.astype(np.float32))


@pytest.mark.parametrize(("level_db", "wanted_db"), [(-3.0, 10.0), (-26.0, -30.0), (0.0, 0.0)])
def test_mix_turns_both_files_down_alike_instead_of_clipping(level_db: float, wanted_db: float) -> None:
    signal, noise = speech(), pink(2 * RATE)
    made = mix(as_voice(signal), noise, RATE, wanted_db, level_db, STEP_16)
    assert made.gain_db < -1
    assert max(peak_dbfs(made.noisy), peak_dbfs(made.clean)) == pytest.approx(-1, abs=0.01)  # dB
    assert made.level_db == pytest.approx(level_db + made.gain_db)
    assert speech_level(made.clean[0], RATE).active_db == pytest.approx(made.level_db, abs=TOLERANCE_DB)
    difference = made.noisy[0].astype(np.float64) - made.clean[0]
    assert made.level_db - rms_db(difference) == pytest.approx(wanted_db, abs=TOLERANCE_DB)


@pytest.mark.parametrize(("level_db", "wanted_db", "what"), [(-26.0, 60.0, "noise"), (-26.0, -80.0, "speech")])
def test_mix_what_16_bits_cannot_hold_is_an_error_and_24_bits_hold_it(
    level_db: float, wanted_db: float, what: str
) -> None:
    voice, noise = as_voice(speech()), pink(2 * RATE)
    with pytest.raises(AudioError, match=f"the {what} would have -.* too little for the steps") as caught:
        mix(voice, noise, RATE, wanted_db, level_db, STEP_16)
    assert caught.value.reason == "below_resolution"
    fine = mix(voice, noise, RATE, wanted_db, level_db, 2.0**-23)
    difference = fine.noisy[0].astype(np.float64) - fine.clean[0]
    assert fine.level_db - rms_db(difference) == pytest.approx(wanted_db, abs=TOLERANCE_DB)


def test_mix_silent_noise_is_an_error() -> None:
    with pytest.raises(AudioError, match="level of -inf dBov") as caught:
        mix(as_voice(speech()), np.zeros(2 * RATE), RATE, 0.0, -26.0, STEP_16)
    assert caught.value.reason == "silent"


# --- rooms


@pytest.mark.parametrize("delay_samples", [0, 57, 2000])
def test_reverberated_direct_path_comes_out_where_it_went_in(delay_samples: int) -> None:
    signal, response = speech(), room(RATE, delay_samples)
    everything = np.convolve(signal, response)[delay_samples : delay_samples + len(signal)]
    early_response = response.copy()
    early_response[delay_samples + 1 + RATE // 20 :] = 0
    targets = {
        "reverberant": everything,
        "early": np.convolve(signal, early_response)[delay_samples : delay_samples + len(signal)],
        "dry": -0.8 * signal,
    }
    for target, expected in targets.items():
        voice = reverberated(signal, response, RATE, target)
        assert snr_db(reference=everything, estimate=voice.heard) > 200  # dB
        assert snr_db(reference=expected, estimate=voice.target) > 200  # dB
        assert lag_samples(reference=-signal, estimate=voice.target) == 0
    tail = targets["reverberant"] - targets["early"]
    assert rms_db(tail) < rms_db(targets["early"]) - 3  # there is late sound that the early target leaves out


def test_mix_noisy_file_does_not_depend_on_the_target() -> None:
    made = [
        mix(reverberated(speech(), room(RATE), RATE, target), pink(2 * RATE), RATE, 5.0, -26.0, STEP_16)
        for target in ("reverberant", "early", "dry")
    ]
    assert made[0].gain_db == made[1].gain_db == made[2].gain_db == 0
    assert np.array_equal(made[0].noisy, made[1].noisy) and np.array_equal(made[0].noisy, made[2].noisy)
    noise = made[0].noisy[0].astype(np.float64) - made[0].clean[0]
    active_db = speech_level(made[0].clean[0], RATE).active_db  # of the speech as it is heard
    assert active_db - rms_db(noise) == pytest.approx(5, abs=TOLERANCE_DB)


# --- stretches


@given(fraction=st.floats(0, 1, exclude_max=True), n_samples=st.integers(1, 4 * RATE))
def test_stretch_is_a_piece_of_the_signal_that_starts_on_the_grid(fraction: float, n_samples: int) -> None:
    signal = pink(4 * RATE).astype(np.float32)
    piece, start = stretch(signal, RATE, n_samples, fraction)
    assert start % (RATE // 100) == 0
    assert np.array_equal(piece, signal[start : start + n_samples])
    assert len(piece) == n_samples


@given(fraction=st.floats(0, 1, exclude_max=True))
def test_stretch_is_no_pause_of_the_signal(fraction: float) -> None:
    signal = pink(20 * RATE, seed=1, level_db=-70).astype(np.float32)
    signal[10 * RATE : 12 * RATE] = pink(2 * RATE)
    piece, _ = stretch(signal, RATE, RATE, fraction)
    assert rms_db(piece) > rms_db(signal) - 20.1  # dB


def test_stretch_every_start_is_drawn() -> None:
    signal = pink(2 * RATE).astype(np.float32)
    starts = {stretch(signal, RATE, RATE, fraction)[1] for fraction in np.linspace(0, 1, 1000, endpoint=False)}
    assert starts == set(range(0, RATE + 1, RATE // 100))


@pytest.mark.parametrize("fraction", [0.0, 0.37, 0.999])
@pytest.mark.parametrize("n_samples", [RATE + 1, 5 * RATE + 3])
def test_stretch_of_a_short_signal_repeats_it_without_a_seam(fraction: float, n_samples: int) -> None:
    tone = np.cos(2 * np.pi * 100.5 * np.arange(RATE) / RATE)  # half a period is left over at the end
    piece, start = stretch(tone.astype(np.float32), RATE, n_samples, fraction)
    assert len(piece) == n_samples
    period = RATE - round(0.02 * RATE)
    assert np.array_equal(piece[period:], piece[:-period])
    assert 0 <= start < period
    steepest = 2 * np.pi * 100.5 / RATE
    assert np.max(np.abs(np.diff(piece))) < 2.5 * steepest  # a plain repetition would jump by 25 of these


def test_stretch_repetition_keeps_the_level_of_noise() -> None:
    levels_db = []
    for seed in range(40):
        noise = np.random.default_rng(seed).standard_normal(RATE).astype(np.float32)
        piece, _ = stretch(noise, RATE, 2 * RATE, 0.0)
        levels_db.append(rms_db(piece[: round(0.02 * RATE)]))
    # 40 fades of 160 samples each: the mean power has a standard deviation of 0.08 dB.
    assert 10 * math.log10(np.mean(10 ** (np.array(levels_db) / 10))) == pytest.approx(0, abs=0.3)
