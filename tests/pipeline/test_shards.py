"""Which clips belong to which shard of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.core.errors import UsageError
from seinfer.core.records import Clip
from seinfer.pipeline.shards import Shard, clips_digest, parse_shard, require_own_folder, shard_facts
from tests.helpers import write_paired_set

NAMES = st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=8), min_size=7, unique=True)


def clips_of(names: Sequence[str]) -> list[Clip]:
    return [Clip(name, f"/in/{name}.wav") for name in sorted(names)]


@given(names=NAMES, count=st.integers(1, 7))
def test_shards_of_any_clips_are_a_split_into_equal_parts_that_needs_only_the_names(
    names: list[str], count: int
) -> None:
    clips = clips_of(names)
    shards = [Shard(index, count).select(clips) for index in range(1, count + 1)]
    assert sorted(clip.clip_id for shard in shards for clip in shard) == [clip.clip_id for clip in clips]
    sizes = {len(shard) for shard in shards}
    assert max(sizes) - min(sizes) <= 1
    elsewhere = [replace(clip, noisy_path="/other/place.wav", n_samples=1) for clip in reversed(clips)]
    for index, shard in enumerate(shards, start=1):
        found = Shard(index, count).select(elsewhere)
        assert {clip.clip_id for clip in found} == {clip.clip_id for clip in shard}


def test_shard_of_known_names_is_the_same_on_every_machine() -> None:
    clips = clips_of([f"c{i}" for i in range(8)])
    assert [[clip.clip_id for clip in Shard(index, 3).select(clips)] for index in (1, 2, 3)] == [
        ["c1", "c3", "c4"],
        ["c0", "c2", "c7"],
        ["c5", "c6"],
    ]


def test_shard_of_names_with_a_pattern_has_a_share_of_each_kind() -> None:
    clips = clips_of([f"{i:04}" for i in range(400)])  # every fourth clip at one SNR, for example
    kinds = [int(clip.clip_id) % 4 for clip in Shard(1, 4).select(clips)]
    assert len(kinds) == 100
    assert min(kinds.count(kind) for kind in range(4)) > 10


def test_shard_with_fewer_clips_than_shards_is_refused_for_every_shard() -> None:
    for index in (1, 3):
        with pytest.raises(UsageError, match=f"--shard {index}/3: there are only 2 clips.*at most 2 shards"):
            Shard(index, 3).select(clips_of(["a", "b"]))


def test_parse_shard_returns_what_str_wrote() -> None:
    assert parse_shard("2/8") == Shard(2, 8)
    assert str(Shard(2, 8)) == "2/8"
    assert parse_shard("") is None


@pytest.mark.parametrize(
    "text", ["0/3", "4/3", "1", "1/0", "0/0", "a/b", "1/3/4", "-1/3", " 1/3", "1/3\n", "1.0/3", "²/3"]
)
def test_parse_shard_of_another_form_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="expected i/n with i from 1 to n") as error:
        parse_shard(text)
    assert ("job array 1-N" in str(error.value)) == (text == "0/3")


def test_clips_digest_depends_on_names_categories_and_references_but_not_on_folders() -> None:
    clip = Clip("a", "/in/a.wav", "/clean/a.wav", category={"noise": "fan"})
    same = replace(clip, noisy_path="/tmp/a.wav", clean_path="/tmp/c.wav", n_samples=5)
    others = [replace(clip, clip_id="b"), replace(clip, clean_path=""), replace(clip, category={"noise": "car"})]
    assert clips_digest([clip]) == clips_digest([same])
    assert len({clips_digest([one]) for one in (clip, *others)}) == 4


def test_shard_facts_have_the_same_samples_in_every_shard_and_others_for_other_files(tmp_path: Path) -> None:
    paths = sorted((write_paired_set(tmp_path, 6) / "noisy").iterdir())
    clips = [Clip(path.stem, str(path)) for path in paths]
    first, second = (shard_facts(Shard(index, 2), clips, has_cost=False) for index in (1, 2))
    assert {**first, "index": 2} == second
    assert len(first["samples"]) == 4
    for path in paths:
        path.write_bytes(path.read_bytes() + b"\0")
    changed = shard_facts(Shard(1, 2), clips, has_cost=False)
    assert changed["samples"].keys() == first["samples"].keys()
    assert not changed["samples"].items() & first["samples"].items()


def test_require_own_folder_refuses_another_shard_and_accepts_the_same() -> None:
    header = {"shard": {"index": 1, "count": 4}}
    for shard in (None, Shard(1, 4), Shard(1, 8)):
        require_own_folder(header, shard, "out")
    require_own_folder({}, Shard(2, 4), "out")
    with pytest.raises(UsageError, match=r"out contains shard 1/4 and this is shard 2/4; .* --out out-2"):
        require_own_folder(header, Shard(2, 4), "out")
