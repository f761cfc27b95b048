"""Pulls one source as a run does, into a store and a ledger of its own, and says what is known afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from expansion.contract import FactRecord
from expansion.ledger.store import open_ledger
from expansion.records.outcomes import OutcomeRecord
from expansion.usage.facts import add_facts, facts_sql
from expansion.usage.forms.properties import column_of
from expansion.usage.identity.former_ids import Said
from expansion.usage.identity.merges import merges_said
from expansion.usage.storage.marks import is_mark
from integrations.kit.declare import Connected, SourceBase
from jobs.place import Place
from jobs.pull import Pull, Pulled, pull_one
from jobs.settings import Settings
from jobs.systems import Systems

_POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
account: {name: f0}
owners: {fallback: dana@seller.example}
tiers:
  add_on: {title: An add-on, worth: {flat: 1}, likely: 10%}
"""


@cache
def empty_ledger() -> bytes:
    """Made once: its tables take longer than everything else."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(f"sqlite:///{path}").close()
        return path.read_bytes()


@dataclass
class Run:
    """A folder with definitions that ask for `pull`; each pull opens it anew, as each run does."""

    folder: Path
    pull: Pull
    kinds: Mapping[str, str] = field(default_factory=dict)  # of the fields that are not text
    first_pull_days: int = 30
    records: Mapping[str, str] = field(default_factory=dict)  # of accounts that were pulled before, by their ids there

    def __post_init__(self) -> None:
        shared = self.folder / "playbooks/shared"
        if shared.is_dir():
            return
        shared.mkdir(parents=True)
        (self.folder / "playbooks/triggers").mkdir()
        fields = self.pull.names if self.pull.what == "facts" else ("Name",)
        source = self.pull.source if self.pull.what == "facts" else "salesforce.account"
        facts = (
            f"  f{number}: {{from: {source}, field: {name}, kind: {self.kinds.get(name, 'text')}}}\n"
            for number, name in enumerate(fields)
        )
        (shared / "facts.yaml").write_text("facts:\n" + "".join(facts))
        told = f"outcomes: [{{from: {self.pull.source}}}]\n" if self.pull.what == "outcomes" else ""
        (shared / "policy.yaml").write_text(_POLICY + told)
        if self.pull.what in ("events", "merges", "outcomes"):
            home = self.folder / ".expansion"
            home.mkdir()
            (home / "ledger.db").write_bytes(empty_ledger())
        if self.records:
            source, long_ago = f"{self.pull.source.partition('.')[0]}.account", datetime(2026, 1, 1, tzinfo=UTC)
            told = [FactRecord(source, account, {}, remote_id=record) for record, account in self.records.items()]
            add_facts(self._open().store, source, told, long_ago, full="accounts")

    def copy(self, name: str) -> Run:
        """The same, in a folder of its own."""
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder)
        return Run(folder, self.pull, self.kinds, self.first_pull_days, self.records)

    def pulled(self, source: SourceBase, now: datetime) -> Pulled:
        """Pull and store."""
        place = self._open(source)
        try:
            return pull_one(place, self.pull, now)
        finally:
            place.close()

    def known(self) -> dict[Any, Any]:
        """What is known now: fields of accounts and people, who is in a cohort, the events, or who has another id."""
        if self.pull.what == "merges":
            return {(one.of, one.former_id): one.id for one in self._merges()}
        if self.pull.what == "outcomes":
            return {one.remote_id: (one.account_id, one.kind, one.amount) for one in self._outcomes()}
        return self.events() if self.pull.what == "events" else self._facts()

    def stored(self) -> list[Any]:
        """Everything that is kept, with its moments."""
        if self.pull.what == "events":
            return sorted(self.events().items())
        if self.pull.what == "merges":
            return sorted(self._merges(), key=repr)
        if self.pull.what == "outcomes":
            return self._outcomes()
        place = self._open()
        rows = place.store.connect().execute(f"SELECT * FROM {facts_sql(place.store, place.stored)}").fetchall()
        return sorted(rows, key=repr)

    def marks(self) -> Any:
        """How far it was read: of events the ledger's cursor and the spans that are known; of the rest the pulls."""
        place = self._open()
        try:
            what = self.pull.what
            name = f"{what}:{self.pull.source}" if what in ("merges", "outcomes") else self.pull.source
            cursor = place.ledger.cursor(name) if place.has_ledger else None  # made only where events are
            return cursor, place.stored.covered, place.stored.pulls
        finally:
            place.close()

    def _merges(self) -> list[Said]:
        place = self._open()
        return merges_said(place.store, place.stored)

    def _outcomes(self) -> list[OutcomeRecord]:
        place = self._open()
        try:
            return place.ledger.outcomes()
        finally:
            place.close()

    def _facts(self) -> dict[Any, Any]:
        place = self._open()
        rows = place.store.connect().execute(
            "SELECT field, account_id, user_id, arg_max_null(value, (since, seen_at)) "
            f"FROM {facts_sql(place.store, place.stored)} GROUP BY ALL"
        )
        return {tuple(whose): value for *whose, value in rows.fetchall() if not is_mark(value)}

    def events(self) -> dict[Any, Any]:
        place = self._open()
        segments = place.stored.segments
        names = sorted({name for segment in segments for name in segment.properties})
        if (events := place.store.events_of(segments, names)) is None:
            return {}
        columns = ", ".join(["event_id", "event", "ts", "seen_at", "account_id", "user_id", *map(column_of, names)])
        rows = place.store.connect().execute(f"SELECT {columns} FROM {events}").fetchall()
        return {key: tuple(rest) for key, *rest in rows}

    def _open(self, source: SourceBase | None = None) -> Place:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings knows it
            playbooks=self.folder / "playbooks",
            home=self.folder / ".expansion",
            first_pull_days=self.first_pull_days,
        )
        place = Place(settings)
        system = self.pull.source.partition(".")[0]
        connected = {} if source is None else {system: Connected(sources={self.pull.source: source})}
        place.systems = Systems(lambda: None, _connected=connected)
        return place
