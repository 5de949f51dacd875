"""The plan of a test set: names, SNRs and noises of the pairs."""

from __future__ import annotations

from pathlib import Path

from seinfer.mixing.plan import PlannedPair, plan_pairs
from seinfer.mixing.random_draws import RandomDraws
from seinfer.mixing.request import MixRequest
from seinfer.mixing.sources import Source, SourcePool, read_recording

NOISES = ("n0.wav", "n1.wav", "n2.wav")


def plan(n_speech: int, **settings: object) -> list[PlannedPair]:
    request = MixRequest(Path("s"), Path("n"), Path("o"), **settings)  # type: ignore[arg-type]
    draws = RandomDraws(request.seed)
    speech = [Source(f"s{index}.wav", f"s{index}", Path(f"s{index}.wav")) for index in range(n_speech)]
    pool = SourcePool("noise", [Source(name, name, Path(name)) for name in NOISES], read_recording, draws)
    return plan_pairs(request, speech, pool, draws)


def test_plan_pairs_uses_each_speech_file_once_with_all_noises_in_order_of_preference() -> None:
    pairs = plan(10)
    assert sorted(pair.clip_id for pair in pairs) == [f"s{index}" for index in range(10)]
    assert all(sorted(pair.noises) == list(NOISES) for pair in pairs)
    assert sorted(pair.snr_db for pair in pairs) == [-5, -5, 0, 0, 5, 5, 10, 10, 15, 15]


def test_plan_pairs_with_several_noises_numbers_the_clips_from_1() -> None:
    pairs = plan(1, per_speech=3)
    assert {pair.clip_id: pair.use.number for pair in pairs} == {"s0_n1": 0, "s0_n2": 1, "s0_n3": 2}
    assert pairs[0].noises == pairs[1].noises == pairs[2].noises


def test_plan_pairs_at_every_snr_names_the_snr() -> None:
    pairs = plan(1, is_every_snr=True, snrs_db=(-5.0, 2.5))
    assert {pair.clip_id: pair.snr_db for pair in pairs} == {"s0_snr-5": -5.0, "s0_snr2.5": 2.5}
    assert pairs[0].use == pairs[1].use


def test_plan_pairs_groups_pairs_by_their_noise() -> None:
    noises = [pair.noises[pair.use.number % 3] for pair in plan(20, per_speech=2)]
    assert noises == sorted(noises)
