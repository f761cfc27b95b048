"""For when events are known by what came in, by who pushed it; told as the store tells it of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from expansion.memory.account import Arrival
from expansion.usage.facts import naive
from expansion.usage.pushed.journal import SOURCE
from expansion.usage.storage.spans import Spans, joined


@dataclass
class OfSource:
    """What arrived a day late or more says nothing of the others of its day, unless most of it is like that."""

    late: Spans = ()
    on_time: Spans = ()
    counts: tuple[int, int] = (0, 0)  # late, on time
    first: dict[str, datetime] = field(default_factory=dict)  # by name, when the first arrived

    def add(self, event: Arrival) -> None:
        seen = naive(event.received_at or event.ts)
        self.first[event.event] = min(seen, self.first.get(event.event, seen))
        is_late = (event.received_at or event.ts) > event.ts + timedelta(days=1)
        moment = (event.ts, event.ts)
        if is_late:
            self.late = joined([*self.late, moment])
        else:
            self.on_time = joined([*self.on_time, moment])
        self.counts = (self.counts[0] + is_late, self.counts[1] + (not is_late))

    @property
    def spans(self) -> Spans:
        late, on_time = self.counts
        return self.on_time if on_time >= late else joined([*self.on_time, *self.late])


@dataclass
class Heard:
    """Of all who push."""

    by_source: dict[str, OfSource] = field(default_factory=dict)
    until: datetime | None = None  # when the newest happened
    count: int = 0

    def add(self, event: Arrival) -> None:
        self.by_source.setdefault(event.source or SOURCE, OfSource()).add(event)
        self.until = max(self.until or event.ts, event.ts)
        self.count += 1

    def covered(self, known: Mapping[str, Spans]) -> dict[str, Spans]:
        """For when events are known, with what was known before."""
        came = {name: joined([*known.get(name, ()), *one.spans]) for name, one in self.by_source.items()}
        return {**known, **came}

    @property
    def newest(self) -> dict[str, datetime]:
        """When the newest event happened, by source."""
        return {name: one.spans[-1][1] for name, one in self.by_source.items() if one.spans}

    def brought(self, event: str, by: datetime) -> frozenset[str]:
        """Who brought such an event by a moment."""
        return frozenset(name for name, one in self.by_source.items() if event in one.first and one.first[event] <= by)
