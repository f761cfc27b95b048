"""Pulls tables as a run does, into a store and a ledger of its own, and says what is known afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from expansion.usage.facts import facts_sql
from expansion.usage.forms.properties import column_of
from expansion.usage.identity.merges import merges_said
from expansion.usage.storage.marks import is_mark
from integrations.kit.declare import Connected
from integrations.warehouse.sources import EVERY
from jobs.place import Place
from jobs.pull import Pulled, pull_one, pulls
from jobs.settings import Settings
from jobs.systems import Systems
from tests.integrations.pulling import empty_ledger

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
_POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
account: {name: f0}
owners: {fallback: dana@seller.example}
tiers:
  add_on: {title: An add-on, worth: {flat: 1}, likely: 10%}
"""
FACTS = """\
events:
  - {from: warehouse.events, account: account_id}
facts:
  f0: {from: warehouse.accounts, field: plan, kind: text, title: Plan}
"""


@dataclass
class Desk:
    """A folder with definitions and maps of tables; each pull opens it anew, as each run does."""

    folder: Path
    urls: dict[str, str]
    facts: str = FACTS
    now: datetime = NOW
    pulled: list[Pulled] = field(default_factory=list)

    def __post_init__(self) -> None:
        shared = self.folder / "playbooks/shared"
        shared.mkdir(parents=True)
        (self.folder / "playbooks/triggers").mkdir()
        (self.folder / "sources").mkdir()
        home = self.folder / ".expansion"
        home.mkdir()
        (home / "ledger.db").write_bytes(empty_ledger())
        (shared / "facts.yaml").write_text(self.facts)
        (shared / "policy.yaml").write_text(_POLICY)

    def map(self, name: str, text: str) -> None:
        (self.folder / f"sources/{name}.yaml").write_text(text)

    def pull(self, stopping: Any = lambda: False) -> list[Pulled]:
        """All that facts.yaml and the maps name; an hour passes."""
        self.now += timedelta(hours=1)
        place = self.open()
        try:
            self.pulled = [pull_one(place, one, self.now, stopping) for one in pulls(place)]
            return self.pulled
        finally:
            place.close()

    def well(self) -> list[Pulled]:
        """A pull of which nothing is to be told."""
        found = [one.problem for one in self.pull() if one.problem]
        assert found == []
        return self.pulled

    def said(self) -> str:
        """What the last pull had to say, in order."""
        return "\n".join(text for one in self.pulled for text in (*([one.problem] if one.problem else []), *one.notes))

    def events(self) -> dict[str, tuple[Any, ...]]:
        """The stored events, by id: name, moment, account, user, properties."""
        place = self.open()
        segments = place.stored.segments
        names = sorted({name for segment in segments for name in segment.properties})
        if (events := place.store.events_of(segments, names)) is None:
            return {}
        columns = ", ".join(["event_id", "event", "ts", "account_id", "user_id", *map(column_of, names)])
        rows = place.store.connect().execute(f"SELECT {columns} FROM {events}").fetchall()
        assert len(rows) == len({row[0] for row in rows}), "each event once"
        return {row[0]: (row[1], f"{row[2]:%m-%d %H:%M}", *row[3:]) for row in rows}

    def known(self, field: str = "plan") -> dict[str, str | None]:
        """What is known now of each account."""
        place = self.open()
        rows = place.store.connect().execute(
            "SELECT account_id, arg_max_null(value, (since, seen_at)) "
            f"FROM {facts_sql(place.store, place.stored)} WHERE field = '{field}' GROUP BY ALL ORDER BY ALL"
        )
        return {account: None if value is None or is_mark(value) else value for account, value in rows.fetchall()}

    def history(self, field: str = "plan") -> list[str]:
        """What was known of each account, since when, and until when where that was said."""
        place = self.open()
        rows = place.store.connect().execute(
            f"SELECT account_id, value, since, until FROM {facts_sql(place.store, place.stored)} "
            f"WHERE field = '{field}' ORDER BY account_id, since"
        )
        return [_period(*row) for row in rows.fetchall()]

    def merges(self) -> dict[str, str]:
        """Who has which id since, as it was said."""
        store = self.open().store
        return {one.former_id: one.id for one in merges_said(store, store.manifest())}

    def cursor(self, key: str) -> str | None:
        place = self.open()
        try:
            return place.ledger.cursor(key)
        finally:
            place.close()

    def open(self) -> Place:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings knows it
            playbooks=self.folder / "playbooks",
            home=self.folder / ".expansion",
            sources=self.folder / "sources",
        )
        place = Place(settings)
        sources = {kind.name: kind(self.folder / "sources", self.urls) for kind in EVERY}
        place.systems = Systems(lambda: None, _connected={"warehouse": Connected(sources=sources)})
        return place


def _period(account: str, value: str | None, since: datetime, until: datetime | None) -> str:
    known = "not known" if value is None or is_mark(value) else value
    return f"{account} {known} from {since:%m-%d}" + (f" until {until:%m-%d}" if until else "")
