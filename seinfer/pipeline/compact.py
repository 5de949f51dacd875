"""Records of many clips in little memory: 100,000 clips with several models must fit into one process.

A record as a Python object takes about 1 KiB, most of it for the fields and texts that are objects of their own. Here
each record is one byte string, in the format of `marshal`, and becomes an object only while somebody uses it. The bytes
never leave this process: the journal on disk is JSON.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import fields
from operator import attrgetter
from typing import TypeVar, cast

from ..core.records import Enhancement, Score
from .packed_bytes import PackedBytes

R = TypeVar("R", bound=Enhancement | Score)
Slot = tuple[str, str]
"""(clip_id, model)."""
_NONE = -1
"""Place of a record that does not exist."""


class RecordStore:
    """What the records of one journal share: the numbers of its clips, and the bytes of all records.

    Attributes:
        numbers: clip_id -> number, from 0 on, in the order in which the clips were added.
        packed: the records as bytes.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.packed = PackedBytes()


class CompactRecords(MutableMapping[Slot, tuple[str, R]]):
    """Slot -> (fingerprint of what a record depends on, the record); ordered by model, then as added."""

    def __init__(self, kind: type[R], store: RecordStore | None = None) -> None:
        """Prepare an empty mapping.

        Args:
            kind: type of the records; its first two fields are clip_id and model.
            store: shared with other records of the same clips; None for one of its own.
        """
        self._kind = kind
        self._values_of = attrgetter(*[field.name for field in fields(kind)][2:])
        self._store = store or RecordStore()
        self._places: dict[str, array[int]] = {}  # model -> place of each clip's record, by number of the clip

    def __getitem__(self, slot: Slot) -> tuple[str, R]:
        key, values = marshal.loads(self._store.packed.get(self._place(slot)))  # ignores the bytes that follow
        return key, self._kind(*slot, *values)

    def __setitem__(self, slot: Slot, item: tuple[str, R]) -> None:
        clip_id, model = slot
        key, record = item
        numbers, packed = self._store.numbers, self._store.packed
        number = numbers.setdefault(clip_id, len(numbers))
        places = self._places.setdefault(model, array("q"))
        places.extend([_NONE] * (number + 1 - len(places)))
        first = packed.first_place(places[number]) if places[number] != _NONE else None
        places[number] = packed.add(marshal.dumps((key, self._values_of(record))), first)

    def __delitem__(self, slot: Slot) -> None:
        self._place(slot)
        self._places[slot[1]][self._store.numbers[slot[0]]] = _NONE

    def __contains__(self, slot: object) -> bool:
        try:
            self._place(cast(Slot, slot))
        except (KeyError, TypeError, ValueError):
            return False
        return True

    def __iter__(self) -> Iterator[Slot]:
        clip_ids, first_place = list(self._store.numbers), self._store.packed.first_place
        for model, places in self._places.items():
            found = sorted((first_place(place), number) for number, place in enumerate(places) if place != _NONE)
            for _, number in found:
                yield clip_ids[number], model

    def __len__(self) -> int:
        return sum(len(places) - places.count(_NONE) for places in self._places.values())

    def _place(self, slot: Slot) -> int:
        """Return the place of a record; KeyError if there is none."""
        clip_id, model = slot
        try:
            place = self._places[model][self._store.numbers[clip_id]]
        except LookupError:  # an IndexError if no later clip has a record of this model
            place = _NONE
        if place == _NONE:
            raise KeyError(slot)
        return place

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
