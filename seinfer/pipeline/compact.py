"""Records of many clips in little memory: 100,000 clips with several models must fit into one process.

A record as a Python object takes about 1 KiB, most of it for the fields and texts that are objects of their own. Here
each record is one byte string, in the format of `marshal`, and becomes an object only while somebody uses it. The bytes
never leave this process: the journal on disk is JSON.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import fields
from operator import attrgetter
from typing import TypeVar

from ..core.records import Enhancement, Score

R = TypeVar("R", bound=Enhancement | Score)
Slot = tuple[str, str]
"""(clip_id, model)."""


class CompactRecords(MutableMapping[Slot, tuple[str, R]]):
    """Slot -> (fingerprint of what a record depends on, the record); ordered by model, then as added."""

    def __init__(self, kind: type[R]) -> None:
        """Prepare an empty mapping for records of one type, the first two fields of which are clip_id and model."""
        self._kind = kind
        self._values_of = attrgetter(*[field.name for field in fields(kind)][2:])
        self._of_model: dict[str, dict[str, bytes]] = {}

    def __getitem__(self, slot: Slot) -> tuple[str, R]:
        clip_id, model = slot
        try:
            packed = self._of_model[model][clip_id]
        except KeyError:
            raise KeyError(slot) from None
        key, values = marshal.loads(packed)
        return key, self._kind(clip_id, model, *values)

    def __setitem__(self, slot: Slot, item: tuple[str, R]) -> None:
        clip_id, model = slot
        key, record = item
        packed = marshal.dumps((key, self._values_of(record)))
        self._of_model.setdefault(model, {})[sys.intern(clip_id)] = packed

    def __delitem__(self, slot: Slot) -> None:
        clip_id, model = slot
        try:
            del self._of_model[model][clip_id]
        except KeyError:
            raise KeyError(slot) from None

    def __contains__(self, slot: object) -> bool:
        return isinstance(slot, tuple) and len(slot) == 2 and slot[0] in self._of_model.get(slot[1], ())

    def __iter__(self) -> Iterator[Slot]:
        return ((clip_id, model) for model, packed in self._of_model.items() for clip_id in packed)

    def __len__(self) -> int:
        return sum(map(len, self._of_model.values()))

    @property
    def records(self) -> Mapping[Slot, R]:
        """The same records without the fingerprints, also those that are added later."""
        return _Records(self)


class _Records(Mapping[Slot, R]):
    """See `CompactRecords.records`."""

    def __init__(self, items: CompactRecords[R]) -> None:
        self._items = items

    def __getitem__(self, slot: Slot) -> R:
        return self._items[slot][1]

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
