"""The source that was read, with what came in since: for when it is known, and the events behind an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from expansion.memory.account import Arrival
from expansion.memory.source import InMemory
from expansion.react.heard import Heard
from expansion.usage.facts import naive
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.carriers import Bringing, Keys
from expansion.usage.storage.rollup import Column, properties_of
from expansion.usage.storage.segments import EVENT_COLUMNS


@dataclass(frozen=True, kw_only=True)
class Growing(InMemory):
    """Some accounts of it are in memory."""

    heard: Heard

    def bringing(self, sources: Sequence[str]) -> Bringing:
        known = super().bringing(sources)
        if not self.heard.count:
            return known
        covered, ever = self.heard.covered(known.covered), partial(self._ever, known)
        return replace(known, covered=covered, ever=ever, heard=self.heard.newest)

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        """What is stored, and what came in of this account."""
        stored = super().events_of(account_id, columns, since)
        arrived = self.of_account(account_id).arrived
        if not arrived:
            return stored
        came = arrived_sql(arrived, sorted(properties_of(columns)))
        return f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {part}' for part in (stored, came) if part)})"

    def _ever(self, known: Bringing, events: tuple[str, ...], by: datetime) -> Iterator[Keys]:
        """Those that brought an event, with who did since."""
        if not events:
            yield from (*known.ever(events, by), *(frozenset({name}) for name in self.heard.by_source))
        for event in events:
            came = self.heard.brought(event, by)
            yield from (keys | came for keys in known.ever((event,), by))


def arrived_sql(events: Iterable[Arrival], properties: Sequence[str]) -> str:
    """SQL for events that came in, as the store gives its own."""
    names = [name.strip() for name in EVENT_COLUMNS.split(",")]
    rows = ", ".join(f"({', '.join(_cells(event, properties))})" for event in events)
    return f"(SELECT * FROM (VALUES {rows}) AS came({', '.join([*names, *map(column_of, properties)])}))"


def _cells(event: Arrival, properties: Sequence[str]) -> Iterator[str]:
    yield from (quote(event.event_id), quote(event.event))
    yield from (f"TIMESTAMP {quote(str(naive(moment)))}" for moment in (event.ts, event.received_at or event.ts))
    yield from (quote(event.account_id), quote(event.user_id))
    for name in properties:
        text = event.texts.get(name)
        yield f"{'NULL' if text is None else quote(text)}::VARCHAR"
