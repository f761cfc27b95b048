"""Where a run works: the settings, the usage store, the ledger and its clock; and by what, and with which systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import integrations
from expansion.contract import Catalog
from expansion.evaluate.results import Answers
from expansion.evaluate.source import Source
from expansion.explain.evaluator import StoreEvaluator
from expansion.history.over import answers_over
from expansion.language.model.mistakes import Mistakes
from expansion.language.model.models import Trigger
from expansion.language.yaml.files import Folder
from expansion.ledger import agreement as clocks
from expansion.ledger import newest as newest_run
from expansion.ledger.allowances import Allowances, open_allowances
from expansion.ledger.clock import LedgerClock
from expansion.ledger.database import LedgerError
from expansion.ledger.holders import Holder, is_alive
from expansion.ledger.store import Ledger, open_ledger
from expansion.private_files import private_folder
from expansion.usage.ahead import newest_pull
from expansion.usage.identity.former_ids import FormerIds
from expansion.usage.identity.merges import ids_and_parts, ids_known
from expansion.usage.identity.parted import Part
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.manifest import Manifest
from expansion.usage.storage.store import UsageStore
from jobs.clock import instant
from jobs.definitions import Definitions, read_definitions
from jobs.event_store import EventStore, event_store
from jobs.settings import Settings, own_settings
from jobs.systems import Systems


@dataclass
class Place:
    """Opened once per run. What is not asked for is not opened."""

    settings: Settings = field(default_factory=own_settings)
    looking: bool = False  # nothing is made by it: a folder without a ledger has none afterwards

    @cached_property
    def catalog(self) -> Catalog:
        return integrations.catalog()

    @cached_property
    def definitions(self) -> Definitions:
        """Those of its folder, by which it acts; raises Mistakes with every mistake of every file."""
        return read_definitions(self.files, self.catalog)

    @property
    def definitions_hash(self) -> str | None:
        """What tells them from others; None where they cannot be read."""
        try:
            return self.definitions.hash
        except Mistakes:
            return None

    @property
    def files(self) -> Folder:
        """Where they are read."""
        return Folder(self.settings.playbooks)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of policy.yaml; UTC where the definitions cannot be read."""
        try:
            return self.definitions.zone
        except Mistakes:
            return ZoneInfo("UTC")

    @cached_property
    def systems(self) -> Systems:
        return Systems(self._allowance)

    @cached_property
    def store(self) -> UsageStore:
        if not self.looking:
            private_folder(self.settings.home)
        return UsageStore(self._usage)

    @property
    def stored(self) -> Manifest:
        """What the usage store lists, read without opening or making one."""
        return manifests.load(self._usage)

    @property
    def _usage(self) -> Path:
        return self.settings.home / "usage"

    @property
    def has_ledger(self) -> bool:
        """Whether there is one already; of a database elsewhere that is taken for granted."""
        return self.settings.ledger_url is not None or (self.settings.home / "ledger.db").exists()

    @cached_property
    def ledger(self) -> Ledger:
        if not self.looking:
            private_folder(self.settings.home)
        return open_ledger(self._ledger_url)

    @cached_property
    def allowances(self) -> Allowances:
        """The calls that all workers share, in the ledger's database, whose tables the ledger makes."""
        assert self.ledger
        return open_allowances(self._ledger_url, instant)

    def _allowance(self) -> Allowances | None:
        """None where the ledger cannot be opened. A run has ended by then; doctor asks the systems all the same."""
        try:
            return self.allowances
        except LedgerError:
            return None

    @cached_property
    def clock(self) -> LedgerClock:
        """The clock by which the ledger's leases and waits are judged, the same for all workers."""
        return LedgerClock(self.ledger.engine, instant)

    def now(self) -> datetime:
        """What time it is for the ledger."""
        return self.clock.now()

    def agree(self) -> str | None:
        """Raises ClocksDisagree before anything is written by a clock that must be wrong; or what is worth a word."""
        now, here = self.clock.seen(), self.clock.here()
        clocks.must_agree(here, now)
        clocks.must_be_past(now, self.newest())
        return clocks.skewed(here, now)

    def begin(self) -> str | None:
        """Before anything is written: do the clocks agree, and is this the ledger that this machine worked with?"""
        newest = next(iter(self.ledger.runs(1)), None)
        newest_run.must_not_be_older(self.settings.home, self.settings.ledger, newest.id if newest else 0)
        return self.agree()

    def begun(self, run_id: int) -> None:
        """Remember outside the ledger that it has come as far as this run."""
        newest_run.note(self.settings.home, self.settings.ledger, run_id, self.now())

    def newest(self) -> dict[str, datetime]:
        """The latest moments that earlier runs wrote down, by what they are of."""
        pull = newest_pull(self.stored)
        return self.ledger.newest() | ({"a pull of facts": pull} if pull else {})

    @cached_property
    def holder(self) -> Holder:
        return Holder(self._holders)

    @property
    def _holders(self) -> Path:
        return self.settings.home / "holders"

    @cached_property
    def _ledger_url(self) -> str:
        if self.looking and not self.has_ledger:
            return f"sqlite:///{Path(self._nowhere.name) / 'ledger.db'}"
        return self.settings.ledger

    @cached_property
    def _nowhere(self) -> TemporaryDirectory[str]:
        """For an empty ledger that goes again."""
        return TemporaryDirectory(prefix="expansion-")

    def is_alive(self, holder: str) -> bool:
        """False only for a process that certainly is no more."""
        return is_alive(holder, self._holders)

    @cached_property
    def events(self) -> EventStore:
        """Where the events are that triggers are asked over."""
        return event_store(self.settings, self.store)

    def ids(self, as_of: datetime) -> FormerIds:
        """Who has another id than before, as it is known at a moment."""
        return ids_known(self.store, self.stored, as_of)

    def parted(self, as_of: datetime) -> Sequence[Part]:
        """Whose events count for another account, and since when, as it is known at a moment."""
        return ids_and_parts(self.store, self.stored, as_of)[1].parts

    def evaluator(self, definitions: Definitions, as_of: datetime) -> StoreEvaluator:
        """The evaluator over what is known at a moment."""
        return StoreEvaluator(self._relations(as_of), definitions.vocabulary, as_of)

    def answers_over(
        self, definitions: Definitions, triggers: Sequence[Trigger], moments: Sequence[datetime]
    ) -> Iterator[tuple[datetime, dict[str, Answers]]]:
        """What these triggers are answered at each of many moments, which ascend: as the evaluator of each says."""
        return answers_over(self._relations, definitions.vocabulary, triggers, moments)

    def _relations(self, as_of: datetime) -> Source:
        return self.events.relations(as_of, looking=self.looking)

    def close(self) -> None:
        for name in ("allowances", "ledger", "holder", "events"):
            if name in self.__dict__:
                getattr(self, name).close()
        if "_nowhere" in self.__dict__:
            self._nowhere.cleanup()
