"""Test sets of papers are recognised as a whole, and nothing else is mistaken for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.clips import test_sets
from seinfer.clips.test_sets import KNOWN_SETS, recognise, set_digest
from seinfer.core.records import Clip

RATE = 16000
[DNS, VOICEBANK] = KNOWN_SETS


def dns_clips() -> list[Clip]:
    """Return clips with names as in the DNS challenge of 2020."""
    names = [f"clnsp{i}_door_{i}_1_snr{i % 21}_tl-{15 + i % 21}_fileid_{2 * i}" for i in range(150)]
    return [Clip(f"no_reverb/{name}", f"/set/{name}.wav", "", RATE, 1, 10 * RATE) for name in names]


def voicebank_clips() -> list[Clip]:
    names = [f"p232_{i:03}" for i in range(400)] + [f"p257_{i:03}" for i in range(424)]
    return [Clip(name, f"/in/noisy/{name}.wav", f"/in/clean/{name}.wav", RATE, 1, 2 * RATE) for name in names]


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> list[Clip]:
    """Return the clips of a stand-in for the DNS set, which then has their digest."""
    clips = dns_clips()
    monkeypatch.setattr(test_sets, "KNOWN_SETS", (replace(DNS, digest=set_digest(clips)), VOICEBANK))
    return clips


def test_recognise_the_whole_set_in_any_order_and_container_finds_it(dns: list[Clip]) -> None:
    flac = [replace(clip, clip_id=f"x/{i}", noisy_path=clip.noisy_path[:-3] + "flac") for i, clip in enumerate(dns)]
    for clips in (dns, dns[::-1], flac):
        found = recognise(clips)
        assert found and found.set_id == "dns2020-no-reverb"
    found = recognise(voicebank_clips())
    assert found and found.set_id == "voicebank-demand"


def test_recognise_a_part_or_a_changed_set_finds_none(dns: list[Clip]) -> None:
    changed = [
        dns[1:],
        [*dns, dns[0]],
        [*dns[1:], dns[1]],
        [replace(dns[0], n_samples=8 * RATE), *dns[1:]],
        [replace(clip, sample_rate=48000, n_samples=480000) for clip in dns],
        [replace(dns[0], noisy_path=dns[0].noisy_path.replace("snr0", "snr1")), *dns[1:]],
        [replace(dns[0], noisy_path="/set/fan.wav"), *dns[1:]],
        voicebank_clips()[1:],
        [],
    ]
    assert [recognise(clips) for clips in changed] == [None] * len(changed)


def test_recognise_another_set_of_the_same_form_finds_none() -> None:
    assert recognise(dns_clips()) is None  # the digest is that of the real files
