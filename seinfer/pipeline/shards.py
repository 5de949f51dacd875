"""Part of the clips of a run, for runs on several machines that share nothing but a file system (`--shard i/n`).

The clips are put in the order of the SHA-256 of their clip_id and dealt out in turn: the clip at position k (from 0)
goes to shard k mod n + 1. So the shards have equally many clips (one more or less), a pattern in the names, such as
every fourth clip at one SNR, does not end up in one shard, and no file is opened to find the shard of a clip. The split
depends only on the list of clip_ids: it is the same on every machine. With another list, clips may change their shard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..clips.discovery import inspect
from ..core.errors import UsageError
from ..core.hashing import fingerprint
from ..core.records import Clip

_N_SAMPLES = 4
_FORM = re.compile(r"([0-9]{1,9})/([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """Shard `index` of `count`, counted from 1. The costs of the models are measured in shard 1 only.

    Attributes:
        index: 1 to `count`.
        count: number of shards.
    """

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def measures_costs(self) -> bool:
        """Whether this shard measures the cost of each model; once is enough for a run."""
        return self.index == 1

    def select(self, clips: Sequence[Clip]) -> tuple[Clip, ...]:
        """Return the clips of this shard, in the order of the list.

        Raises:
            UsageError: there are fewer clips than shards, so that a shard would be empty.
        """
        if self.count > len(clips):
            raise UsageError(
                f"--shard {self}: there are only {len(clips)} clips, so some shards would be empty; "
                f"expected at most {len(clips)} shards"
            )
        own = {clip.clip_id for clip in _dealt(clips)[self.index - 1 :: self.count]}
        return tuple(clip for clip in clips if clip.clip_id in own)


def parse_shard(text: str) -> Shard | None:
    """Return the value of --shard, in the form "i/n"; None for an empty text.

    Raises:
        UsageError: it has another form, or i is not from 1 to n.
    """
    if not text:
        return None
    found = _FORM.fullmatch(text)
    index, count = map(int, found.groups()) if found else (0, 0)
    if 1 <= index <= count:
        return Shard(index, count)
    hint = "; shards count from 1: use for example a job array 1-N, not 0-N" if found and index == 0 and count else ""
    raise UsageError(f"--shard is {text!r}; expected i/n with i from 1 to n, such as 2/8{hint}")


def shard_facts(shard: Shard, clips: Sequence[Clip], *, has_cost: bool) -> dict[str, Any]:
    """Return what run.json says of a shard, from which `merge` knows the other shards of the run.

    Args:
        shard: the shard.
        clips: all clips of the run.
        has_cost: whether this shard measures costs.

    Returns:
        index, count; n_clips and clips: number and digest of all clips of the run; samples: clip_id -> digest of its
        files, for the same few clips in each shard, so that shards of two data sets with equal names are told apart.
    """
    samples = inspect(_dealt(clips)[:_N_SAMPLES])
    return {
        "index": shard.index,
        "count": shard.count,
        "n_clips": len(clips),
        "clips": clips_digest(clips),
        "samples": {clip.clip_id: fingerprint(clip.noisy_sha256, clip.clean_sha256) for clip in samples},
        "has_cost": has_cost,
    }


def clips_digest(clips: Sequence[Clip]) -> str:
    """Return a digest of a list of clips: of their names and categories, and of which have a clean file.

    The folders do not count: each machine may have its own copy of the clips.
    """
    return fingerprint(sorted((clip.clip_id, bool(clip.clean_path), dict(clip.category)) for clip in clips))


def require_own_folder(header: Mapping[str, Any], shard: Shard | None, out: object) -> None:
    """Check that a run folder is not that of another shard, whose results `merge` would then not find.

    Raises:
        UsageError: it is.
    """
    earlier = header.get("shard")
    if shard and earlier and earlier["index"] != shard.index:
        raise UsageError(
            f"--out {out} contains shard {earlier['index']}/{earlier['count']} and this is shard {shard}; "
            f"give each shard a folder of its own, such as --out {out}-{shard.index}"
        )


def _dealt(clips: Sequence[Clip]) -> list[Clip]:
    """Return clips in the order in which they are dealt out."""
    return sorted(clips, key=lambda clip: sha256(clip.clip_id.encode("utf-8", "surrogatepass")).digest())
