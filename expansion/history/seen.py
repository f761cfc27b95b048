"""One view of the store, as it was known at each of many moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from expansion.evaluate.relations import StoreRelations
from expansion.usage.identity.former_ids import FormerIds, former_ids
from expansion.usage.identity.merges import merges_said
from expansion.usage.identity.parted import Parted, parted

Ids = tuple[FormerIds, Parted]


@dataclass(frozen=True)
class Stretch:
    """Moments one after another at which accounts and people go by the same ids. Its store is seen at each of them on
    one connection: what is registered there for one moment is not there for the next."""

    moments: Sequence[datetime]
    stored: StoreRelations  # with the ids of all these moments

    def at(self, moment: datetime) -> StoreRelations:
        """The store as it was known at one of them."""
        return replace(self.stored, known_by=moment)


@dataclass(frozen=True)
class Seen:
    """A view of a store that is read once: what comes in meanwhile is not seen at the later moments only."""

    stored: StoreRelations

    def stretches(self, moments: Sequence[datetime]) -> Iterator[Stretch]:
        """Moments in order, cut where an id changed."""
        for (ids, parts), some in groupby(moments, self._ids):
            together = list(some)
            yield Stretch(together, replace(self.stored, known_by=together[-1], ids=ids, parted=parts))

    def _ids(self, moment: datetime) -> Ids:
        ids = former_ids(self._said, moment)
        return ids, parted(self._said, moment, ids)

    @cached_property
    def _said(self) -> list:  # type: ignore[type-arg]
        return merges_said(self.stored.store, self.stored.manifest)
