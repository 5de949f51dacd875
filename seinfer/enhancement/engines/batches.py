"""Which clips share a batch: clips of similar length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence


def group_by_length(lengths_s: Sequence[float], *, max_clips: int, max_batch_s: float) -> list[list[int]]:
    """Group clips of similar length, longest first so that the last group to run is a short one.

    Args:
        lengths_s: length of each clip in seconds.
        max_clips: most clips in a group.
        max_batch_s: most seconds in a group, padding counted; a longer clip is a group of its own.

    Returns:
        Groups of indices into `lengths_s`. Every index is in exactly one group.
    """
    groups: list[list[int]] = []
    longest_s = 0.0
    for index in sorted(range(len(lengths_s)), key=lambda i: (-lengths_s[i], i)):
        group = groups[-1] if groups else None
        if group is None or len(group) >= max_clips or (len(group) + 1) * longest_s > max_batch_s:
            groups.append([index])
            longest_s = lengths_s[index]
        else:
            group.append(index)
    return groups
