"""The result of pairing."""

from __future__ import annotations

from seinfer.clips.pairing.clip_set import ClipSet, sorted_clips
from seinfer.core.records import Clip


def test_sorted_clips_are_in_the_order_of_their_ids() -> None:
    clips = [Clip("b", "/1.wav"), Clip("a/c", "/2.wav"), Clip("a", "/3.wav")]
    assert [clip.clip_id for clip in sorted_clips(clips)] == ["a", "a/c", "b"]


def test_clip_set_of_a_blind_set_has_no_rule_and_no_unused_files() -> None:
    found = ClipSet((Clip("a", "/a.wav"),))
    assert (found.rule, found.why, found.notes, found.unused) == ("", "", (), ())


def test_clip_set_first_takes_the_first_clips_and_notes_it() -> None:
    found = ClipSet(tuple(Clip(name, f"/{name}.wav") for name in "abc"), notes=("x",))
    assert [clip.clip_id for clip in found.first(2).clips] == ["a", "b"]
    assert found.first(2).notes == ("x", "only the first 2 of 3 clips, in the order of clip_id (--limit)")
    assert found.first(3) == found.first(9) == found.first(None) == found
