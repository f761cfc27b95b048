"""Where events are: in the usage store; or in a warehouse, and beside it in the usage store those that sources sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from logging import getLogger
from typing import Protocol

from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.source import Source
from expansion.explain.evaluator import build_rollups
from expansion.language.model.models import Trigger
from expansion.usage.compaction import put_together
from expansion.usage.pushed.folding import Folded
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from expansion.warehouse.beside import Beside
from expansion.warehouse.source import WarehouseSource
from expansion.warehouse.table import load_table
from integrations.warehouse.client import SqlWarehouse, connect
from jobs.settings import Settings

log = getLogger(__name__)


class EventStore(Protocol):
    """What triggers are asked over."""

    def prepare(self, vocabulary: Vocabulary, triggers: Collection[Trigger]) -> None:
        """Bring in what was pushed, and bring up to date what makes these triggers cheap to ask."""
        ...

    def relations(self, as_of: datetime, *, looking: bool = False) -> Source:
        """What is known at a moment. `looking`: what was pushed is seen without being brought in."""
        ...

    def close(self) -> None: ...


@dataclass
class StoredEvents:
    """All events are in the usage store."""

    store: UsageStore

    def prepare(self, vocabulary: Vocabulary, triggers: Collection[Trigger]) -> None:
        bring_in(self.store)
        build_rollups(self.store, vocabulary, triggers)

    def relations(self, as_of: datetime, *, looking: bool = False) -> StoreRelations:
        return StoreRelations.of(self.store, as_of, with_pushed=looking)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class WarehouseEvents:
    """Events are in a warehouse. Those of the usage store count as well, and one that both have counts once."""

    settings: Settings
    store: UsageStore

    @cached_property
    def warehouse(self) -> SqlWarehouse:
        assert self.settings.engine_url is not None, "made only where it is set"
        return connect(self.settings.engine_url.get_secret_value())

    def prepare(self, vocabulary: Vocabulary, triggers: Collection[Trigger]) -> None:
        bring_in(self.store)
        if self.store.manifest().segments:
            build_rollups(self.store, vocabulary, triggers)

    def relations(self, as_of: datetime, *, looking: bool = False) -> Source:
        stored = StoreRelations.of(self.store, as_of, with_pushed=looking)
        there = WarehouseSource.of(self.warehouse, load_table(self.settings.engine_map), stored, as_of)
        return Beside.with_store(there) if stored.manifest.segments else there

    def close(self) -> None:
        if "warehouse" in self.__dict__:
            self.warehouse.close()


def bring_in(store: UsageStore) -> Folded:
    """What was pushed since the last time; and many small files into few. What was set aside is said, with where."""
    folded = Journal(store.root).fold(store)
    for source, one in folded.by_source.items():
        if one.new_rejects:
            why = "; ".join(f"{reason} ({count:,})" for reason, count in one.rejects.items())
            what = f"{one.new_rejects:,} of what was pushed were set aside"
            log.warning("%s: %s: %s. They are listed in %s", source, what, why, one.report)
    for cohort, came in folded.half.items():
        log.warning(
            "%s: %s pages have come; until the rest is there, nobody is taken to have come or left", cohort, came
        )
    put_together(store)
    return folded


def event_store(settings: Settings, store: UsageStore) -> EventStore:
    """The one that the settings name."""
    return StoredEvents(store) if settings.engine_url is None else WarehouseEvents(settings, store)
