"""Which events ever came, and which properties they had: none in a window is only none where such events come at all.

Each segment has a small file that says so, made when the segment is stored; one without it is asked itself until a run
makes the file. A file holds names and moments and no value, so that it can name nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import REST, column_of

ANY = ""  # in place of an event's name: of whatever event; in place of a property's: the event itself
Pair = tuple[str, str]  # an event and a property
Row = tuple[str, str, int, datetime]  # event, property, how many, when the first arrived (UTC, without saying so)
MOST_SUGGESTED = 2_000  # names among which one that may be meant is looked for

NO_NAMES = (
    "SELECT NULL::VARCHAR AS event, NULL::VARCHAR AS property, NULL::BIGINT AS rows, NULL::TIMESTAMP AS first_seen, "
    "NULL::TIMESTAMP AS last_ts WHERE false"
)


def names_sql(events: str, properties: Sequence[str], *, rest: bool = False) -> str:
    """SQL for the names in a relation of events with a column for each of these properties, in one pass over it."""
    columns = [column_of(name) for name in properties]
    counted = "".join(
        f", count({column}) AS c{n}, min(CASE WHEN {column} IS NOT NULL THEN seen_at END) AS s{n}"
        for n, column in enumerate(columns)
    )
    wide = (
        f"SELECT event, count(*) AS rows, min(seen_at) AS seen, max(ts) AS last{counted} FROM {events} GROUP BY event"
    )
    parts = [f"SELECT event, '{ANY}' AS property, rows, seen AS first_seen, last AS last_ts FROM wide"]
    parts += [
        f"SELECT event, {quote(name)}, c{n}, s{n}, NULL::TIMESTAMP FROM wide WHERE c{n} > 0"
        for n, name in enumerate(properties)
    ]
    if rest:
        keys = f"SELECT event, seen_at, unnest(json_keys({REST})) AS property FROM {events}"
        parts.append(f"SELECT event, property, count(*), min(seen_at), NULL::TIMESTAMP FROM ({keys}) GROUP BY 1, 2")
    return f"WITH wide AS MATERIALIZED ({wide}) {' UNION ALL '.join(parts)}"


@dataclass
class Names:
    """The names of a store or a warehouse, read as they are asked for. `read` gives the rows of some pairs, or more."""

    read: Callable[[Collection[Pair]], Iterable[Row]]
    read_events: Callable[[], Iterable[tuple[str, datetime]]]  # the commonest first
    read_properties: Callable[[str], Iterable[tuple[str, datetime]]]
    _first: dict[Pair, datetime] = field(default_factory=dict)
    _looked: set[Pair] = field(default_factory=set)
    _came: dict[Pair, datetime] = field(default_factory=dict)  # since it was read
    _events: list[tuple[str, datetime]] | None = None

    def look(self, pairs: Iterable[Pair]) -> None:
        """Read what is to be asked, at once."""
        new = set(pairs) - self._looked
        if not new:
            return
        self._looked |= new
        for event, name, _, first in self.read(sorted(new)):
            for pair in {(event, name), (ANY, name)} & new:
                self._first[pair] = min(first, self._first.get(pair, first))

    def first(self, event: str, name: str = ANY) -> datetime | None:
        """When the first event of this name (with this property) arrived; None where none ever did."""
        self.look([(event, name)])
        moments = [found[event, name] for found in (self._first, self._came) if (event, name) in found]
        return min(moments, default=None)

    def add(self, event: str, properties: Iterable[str], seen_at: datetime) -> None:
        """One event more, which came in after all was read."""
        for name in (ANY, *properties):
            for pair in ((event, name), (ANY, name)):
                self._came[pair] = min(seen_at, self._came.get(pair, seen_at))

    def events(self, by: datetime) -> list[str]:
        """The names of events that had arrived by a moment, the commonest first."""
        if self._events is None:
            self._events = list(self.read_events())
        came = [event for (event, name), seen in self._came.items() if event and not name and seen <= by]
        return list(dict.fromkeys([*(event for event, first in self._events if first <= by), *came]))

    def properties(self, event: str, by: datetime) -> list[str]:
        """The properties that events of a name had by a moment."""
        return [name for name, first in self.read_properties(event) if first <= by]


def chosen(pairs: Collection[Pair]) -> str:
    """SQL for the rows of a relation of names that tell of these pairs."""
    events = sorted({event for event, _ in pairs if event != ANY})
    anywhere = sorted({name for event, name in pairs if event == ANY})
    parts = [f"event IN ({', '.join(map(quote, events))})"] if events else []
    parts += [f"property IN ({', '.join(map(quote, anywhere))})"] if anywhere else []
    return " OR ".join(parts) or "false"


def merged(relation: str, where: str) -> str:
    """SQL for the names of several segments as one."""
    return (
        "SELECT event, property, CAST(sum(rows) AS BIGINT) AS rows, min(first_seen) AS first_seen, "
        f"max(last_ts) AS last_ts FROM {relation} WHERE {where} GROUP BY event, property"
    )
